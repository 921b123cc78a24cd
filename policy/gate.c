// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/gate.h"

#include "policy/doc.h"

/* With more bits of 64 set a gate that compares one of them is mostly open. */
#define BITS_MAX 16

/* No gate of a rule may be shut to a call that the rule matches. */
static struct arena_gate open_gate(void)
{
	return (struct arena_gate){ .at = offsetof(struct probe, device) };
}

/* Open where the probe's one bit is among these. */
static struct arena_gate gate_of_bits(size_t at, uint64_t bits)
{
	return (struct arena_gate){ .at = (uint32_t)at, .mask = ~bits };
}

/* The leading bits that a whole range has in common. */
static uint64_t common_bits(uint64_t first, uint64_t last)
{
	uint64_t differ = first ^ last, mask = UINT64_MAX;

	for (; differ; differ >>= 1)
		mask <<= 1;
	return mask;
}

/* -- devices ------------------------------------------------------------------- */

/* The inverse of dev_major() and dev_minor(). */
static uint32_t encode(uint32_t major, uint32_t minor)
{
	return (major & 0xfff) << 8 | (minor & 0xff) | (minor & 0xfff00) << 12;
}

static struct arena_gate device_gate(const struct doc_device *d)
{
	uint32_t mask = encode(UINT32_MAX, (uint32_t)common_bits(d->first_minor,
								 d->last_minor));

	return (struct arena_gate){
		.at = offsetof(struct probe, device),
		.mask = mask,
		.key = encode(d->major, d->first_minor) & mask,
	};
}

/* The bits that all of the match's devices have in common. */
static struct arena_gate devices_gate(const struct doc_match *m)
{
	struct arena_gate g = device_gate(&m->devices[0]);

	for (size_t i = 1; i < m->n_devices; i++) {
		struct arena_gate one = device_gate(&m->devices[i]);

		g.mask &= one.mask & ~(g.key ^ one.key);
		g.key &= g.mask;
	}
	return g;
}

static size_t count_devices(const struct doc_match *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n_devices && n <= BITS_MAX; i++)
		n += (size_t)m->devices[i].last_minor -
		     m->devices[i].first_minor + 1;
	return n;
}

static uint64_t device_bits(const struct doc_device *d)
{
	uint64_t bits = 0;

	for (uint32_t i = 0; i <= d->last_minor - d->first_minor; i++)
		bits |= probe_bit(
			probe_mix(0, encode(d->major, d->first_minor + i)));
	return bits;
}

static struct arena_gate gate_of_devices(const struct doc_match *m)
{
	uint64_t bits = 0;

	if (m->n_devices == 1 || count_devices(m) > BITS_MAX)
		return devices_gate(m);
	for (size_t i = 0; i < m->n_devices; i++)
		bits |= device_bits(&m->devices[i]);
	return gate_of_bits(offsetof(struct probe, device_bit), bits);
}

/* -- names --------------------------------------------------------------------- */

static bool is_exact(const struct doc_name *n)
{
	return !n->glob && !n->prefix;
}

/* How many bytes stand at the beginning of each name that it means? */
static size_t literal_bytes(const struct doc_name *n)
{
	size_t i = 0;

	while (i < n->bytes && i < PROBE_NAME_BYTES &&
	       !(n->glob && (n->text[i] == '*' || n->text[i] == '?')))
		i++;
	return i;
}

/* The last bytes that all such names begin with. */
static struct arena_gate beginning_gate(const struct doc_name *n)
{
	struct arena_gate g = { .mask = 0 };
	size_t bytes = literal_bytes(n), first = 0;
	char ones[sizeof(g.mask)];

	if (bytes > sizeof(g.key)) {
		first = bytes - sizeof(g.key);
		bytes = sizeof(g.key);
	}
	memset(ones, 0xff, sizeof(ones));
	memcpy(&g.mask, ones, bytes);
	memcpy(&g.key, n->text + first, bytes);
	g.at = (uint32_t)(offsetof(struct probe, text) + first);
	return g;
}

static struct arena_gate gate_of_names(const struct doc_match *m)
{
	const struct doc_name *n = m->names;
	uint64_t bits = 0;

	if (m->n_names == 1 && is_exact(n))
		return (struct arena_gate){
			.at = offsetof(struct probe, name),
			.mask = UINT64_MAX,
			.key = probe_name(n->text, n->bytes),
		};
	if (m->n_names == 1)
		return beginning_gate(n);
	for (size_t i = 0; i < m->n_names; i++) {
		if (!is_exact(&n[i]) || i == BITS_MAX)
			return open_gate();
		bits |= probe_bit(probe_name(n[i].text, n[i].bytes));
	}
	return gate_of_bits(offsetof(struct probe, name_bit), bits);
}

/* -- the rest ------------------------------------------------------------------ */

static struct arena_gate gate_of_registers(const struct doc_match *m)
{
	if (doc_has_size(m))
		return (struct arena_gate){
			.at = offsetof(struct probe, size),
			.mask = common_bits(m->min_size, m->max_size),
			.key = m->min_size & common_bits(m->min_size, m->max_size),
		};
	return (struct arena_gate){
		.at = offsetof(struct probe, bits),
		.mask = (uint64_t)(m->flags.all | m->flags.none) << 32 |
			m->mode.all | m->mode.none,
		.key = (uint64_t)m->flags.all << 32 | m->mode.all,
	};
}

struct arena_gate gate_of(const struct doc_match *m)
{
	struct arena_gate g = m->n_devices ? gate_of_devices(m)
			      : m->n_names ? gate_of_names(m)
					   : gate_of_registers(m);

	g.types = m->types ?: UINT32_MAX;
	return g;
}
