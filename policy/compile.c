// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From a checked policy to its arena: tables built one by one in growing
 * buffers, laid out behind the header, written into a memfd and sealed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <seccomp.h>

#include "policy/arch.h"
#include "policy/doc.h"
#include "policy/gate.h"

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

struct table {
	char *data;
	size_t n, each, room;
};

/* The tables in the order of the arena. */
enum { NRS, CALLS, GATES, RULES, DEVICES, NAMES, VALUES, IDS, TEXT, TABLES };

struct compiler {
	const struct doc_policy *p;
	struct table t[TABLES];
	struct arena head;
	const char **calls; /* the distinct syscalls, borrowed names */
	size_t n_calls;
	int error;
};

/* Return: the index of the first of @n new elements */
static uint32_t append(struct compiler *c, int which, const void *what, size_t n)
{
	struct table *t = &c->t[which];
	size_t first = t->n;

	if (t->n + n > t->room) {
		size_t room = (t->n + n) * 2;
		char *more = reallocarray(t->data, room, t->each);

		if (!more) {
			c->error = -ENOMEM;
			return 0;
		}
		t->data = more;
		t->room = room;
	}
	if (n)
		memcpy(t->data + first * t->each, what, n * t->each);
	t->n += n;
	return (uint32_t)first;
}

/* -- numbers ----------------------------------------------------------------------- */

static void add_numbers(struct compiler *c, const char *name, uint32_t call)
{
	for (size_t i = 0; i < n_arches; i++) {
		int nr = arch_number(&arches[i], name);
		struct arena_nr one = {
			.arch = arches[i].audit_arch,
			.nr = (uint32_t)nr,
			.call = call,
			.abi = (uint32_t)i,
		};

		if (nr >= 0)
			append(c, NRS, &one, 1);
	}
}

static int compare_nrs(const void *a, const void *b)
{
	const struct arena_nr *x = a, *y = b;

	if (x->arch != y->arch)
		return x->arch < y->arch ? -1 : 1;
	return x->nr < y->nr ? -1 : x->nr > y->nr;
}

/* -- rules ------------------------------------------------------------------------- */

static void add_devices(struct compiler *c, const struct doc_match *m,
			struct arena_rule *r)
{
	r->first_device = (uint32_t)c->t[DEVICES].n;
	r->n_devices = (uint32_t)m->n_devices;
	for (size_t i = 0; i < m->n_devices; i++) {
		struct arena_device one = { m->devices[i].major,
					    m->devices[i].first_minor,
					    m->devices[i].last_minor };

		append(c, DEVICES, &one, 1);
	}
}

static void add_names(struct compiler *c, const struct doc_match *m,
		      struct arena_rule *r)
{
	r->first_name = (uint32_t)c->t[NAMES].n;
	r->n_names = (uint32_t)m->n_names;
	for (size_t i = 0; i < m->n_names; i++) {
		const struct doc_name *n = &m->names[i];
		struct arena_name one = {
			.text = append(c, TEXT, n->text, n->bytes),
			.bytes = (uint32_t)n->bytes,
			.kind = n->glob	    ? ARENA_NAME_GLOB
				: n->prefix ? ARENA_NAME_PREFIX
					    : ARENA_NAME_EXACT,
		};

		append(c, NAMES, &one, 1);
	}
}

static void add_values(struct compiler *c, const struct doc_match *m,
		       struct arena_rule *r)
{
	r->first_value = (uint32_t)c->t[VALUES].n;
	r->n_values = (uint32_t)m->n_values;
	for (size_t i = 0; i < m->n_values; i++) {
		const struct doc_value *v = &m->values[i];
		struct arena_value one = {
			.text = append(c, TEXT, v->text, v->bytes),
			.bytes = (uint32_t)v->bytes,
		};

		append(c, VALUES, &one, 1);
	}
}

/* Return: the index of the first */
static uint32_t add_ids(struct compiler *c, const struct doc_id *ids, size_t n)
{
	uint32_t first = (uint32_t)c->t[IDS].n;

	for (size_t i = 0; i < n; i++) {
		struct arena_id one = { ids[i].first, ids[i].last };

		append(c, IDS, &one, 1);
	}
	return first;
}

static void add_caller(struct compiler *c, const struct doc_match *m,
		       struct arena_rule *r)
{
	r->first_uid = add_ids(c, m->uids, m->n_uids);
	r->n_uids = (uint32_t)m->n_uids;
	r->first_gid = add_ids(c, m->gids, m->n_gids);
	r->n_gids = (uint32_t)m->n_gids;
	r->caps = m->caps;
}

static void add_directories(struct compiler *c, const struct doc_match *m,
			    struct arena_rule *r)
{
	r->first_directory = (uint32_t)c->t[NAMES].n;
	r->n_directories = (uint32_t)m->n_directories;
	for (size_t i = 0; i < m->n_directories; i++) {
		const struct doc_name *n = &m->directories[i];
		struct arena_name one = {
			.text = append(c, TEXT, n->text, n->bytes),
			.bytes = (uint32_t)n->bytes,
			.kind = n->prefix ? ARENA_NAME_PREFIX : ARENA_NAME_EXACT,
		};

		append(c, NAMES, &one, 1);
	}
}

static uint32_t caller_flags(const struct doc_match *m)
{
	return (m->n_uids ? ARENA_MATCH_UID : 0) |
	       (m->n_gids ? ARENA_MATCH_GID : 0) |
	       (m->caps ? ARENA_MATCH_CAPS : 0) |
	       (m->root == DOC_ROOT ? ARENA_MATCH_ROOT : 0) |
	       (m->root == DOC_NOT_ROOT ? ARENA_MATCH_NOT_ROOT : 0) |
	       (m->n_directories ? ARENA_MATCH_DIRECTORY : 0);
}

static uint32_t rule_flags(const struct doc_rule *r)
{
	const struct doc_match *m = &r->match;

	return (r->emulate ? ARENA_EMULATE : 0) | (r->log ? ARENA_LOG : 0) |
	       (m->n_devices ? ARENA_MATCH_DEVICE : 0) |
	       (m->n_names ? ARENA_MATCH_NAME : 0) |
	       (m->n_values ? ARENA_MATCH_VALUE : 0) | caller_flags(m);
}

static void add_rule(struct compiler *c, const struct doc_rule *r, size_t index)
{
	const struct arena_gate gate = gate_of(&r->match);
	struct arena_rule one = {
		.flags = rule_flags(r),
		.index = (uint32_t)index,
		.abis = r->match.arches ?: UINT32_MAX,
		.types = r->match.types ?: UINT32_MAX,
		.unopenable = r->unopenable,
		.mode = r->match.mode,
		.call_flags = r->match.flags,
		.min_size = r->match.min_size,
		.max_size = r->match.max_size,
		.verdict = r->verdict,
	};

	add_devices(c, &r->match, &one);
	add_names(c, &r->match, &one);
	add_values(c, &r->match, &one);
	add_caller(c, &r->match, &one);
	add_directories(c, &r->match, &one);
	append(c, RULES, &one, 1);
	append(c, GATES, &gate, 1);
}

static bool has_call(const struct doc_rule *r, const char *name)
{
	for (size_t i = 0; i < r->n_syscalls; i++)
		if (strcmp(r->syscalls[i].name, name) == 0)
			return true;
	return false;
}

static void note_needs(struct compiler *c, const struct doc_rule *r,
		       enum call_id id, struct arena_call *call)
{
	call->needs_name |= r->match.n_names != 0;
	call->needs_args |=
		call_is_packed(id) && (r->emulate || r->match.n_values);
	c->head.reads_memory |= r->log || doc_is_pointed_to(&r->match) ||
				doc_has_caller(&r->match) || call->needs_args;
	if (r->emulate)
		c->head.families |= FAMILY_BIT(call_family_of(id));
}

/* Does a rule for the call deny it, or the default where it comes to that? */
static bool is_closed(const struct compiler *c, const char *name)
{
	for (size_t i = 0; i < c->p->n_rules; i++) {
		const struct doc_rule *r = &c->p->rules[i];

		if (!has_call(r, name))
			continue;
		if (doc_denies(r) && !r->advisory)
			return true;
		if (doc_matches_all(&r->match))
			return false;
	}
	return c->p->def.kind != VERDICT_CONTINUE;
}

static void add_call(struct compiler *c, const char *name)
{
	struct arena_call call = {
		.id = call_from_name(name),
		.first_rule = (uint32_t)c->t[RULES].n,
		.closed = is_closed(c, name),
		.name = append(c, TEXT, name, strlen(name)),
		.name_bytes = (uint32_t)strlen(name),
	};

	for (size_t i = 0; i < c->p->n_rules; i++) {
		const struct doc_rule *r = &c->p->rules[i];

		if (!has_call(r, name))
			continue;
		add_rule(c, r, i);
		note_needs(c, r, call.id, &call);
		call.n_rules++;
	}
	add_numbers(c, name, append(c, CALLS, &call, 1));
}

static bool is_known(const struct compiler *c, const char *name)
{
	for (size_t i = 0; i < c->n_calls; i++)
		if (strcmp(c->calls[i], name) == 0)
			return true;
	return false;
}

static void add_calls(struct compiler *c)
{
	size_t most = 0;

	for (size_t i = 0; i < c->p->n_rules; i++)
		most += c->p->rules[i].n_syscalls;
	c->calls = calloc(most ? most : 1, sizeof(*c->calls));
	if (!c->calls) {
		c->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < c->p->n_rules; i++)
		for (size_t k = 0; k < c->p->rules[i].n_syscalls; k++) {
			const char *name = c->p->rules[i].syscalls[k].name;

			if (is_known(c, name))
				continue;
			c->calls[c->n_calls++] = name;
			add_call(c, name);
		}
}

/* -- the memfd ----------------------------------------------------------------------- */

static int write_all(int fd, const void *data, size_t bytes, off_t at)
{
	const char *p = data;

	while (bytes) {
		ssize_t n = pwrite(fd, p, bytes, at);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			p += n;
			at += n;
			bytes -= (size_t)n;
		}
	}
	return 0;
}

static int write_arena(struct compiler *c, int fd)
{
	struct arena_span *const spans[TABLES] = {
		&c->head.nrs,	 &c->head.calls,   &c->head.gates,
		&c->head.rules,	 &c->head.devices, &c->head.names,
		&c->head.values, &c->head.ids,	   &c->head.text,
	};
	size_t at = (sizeof(c->head) + 7) & ~(size_t)7;
	int r = 0;

	for (int i = 0; i < TABLES && r == 0; i++) {
		const struct table *t = &c->t[i];

		if (at + t->n * t->each > ARENA_MAX_BYTES)
			return -EFBIG;
		*spans[i] = (struct arena_span){ (uint32_t)at, (uint32_t)t->n };
		r = write_all(fd, t->data, t->n * t->each, (off_t)at);
		at = (at + t->n * t->each + 7) & ~(size_t)7;
	}
	c->head.bytes = (uint32_t)at;
	if (r == 0)
		r = write_all(fd, &c->head, sizeof(c->head), 0);
	if (r == 0 && ftruncate(fd, (off_t)at) < 0)
		r = -errno;
	return r;
}

static int seal_arena(struct compiler *c)
{
	AUTO(fd_close)
	int fd = memfd_create("deputy-policy", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (fd < 0)
		return -errno;
	r = write_arena(c, fd);
	if (r == 0 && fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		r = -errno;
	return r < 0 ? r : TAKE_FD(fd);
}

int doc_compile(const struct doc *d, const struct doc_policy *p)
{
	struct compiler c = {
		.p = p,
		.t =
			{
				[NRS] = {.each = sizeof(struct arena_nr)},
				[CALLS] = {.each = sizeof(struct arena_call)},
				[GATES] = {.each = sizeof(struct arena_gate)},
				[RULES] = {.each = sizeof(struct arena_rule)},
				[DEVICES] = {.each = sizeof(struct arena_device)},
				[NAMES] = {.each = sizeof(struct arena_name)},
				[VALUES] = {.each = sizeof(struct arena_value)},
				[IDS] = {.each = sizeof(struct arena_id)},
				[TEXT] = {.each = 1},
			},
		.head = {.magic = ARENA_MAGIC,
			 .version = ARENA_VERSION,
			 .rate = p->rate,
			 .fail = p->fail,
			 .without_continue = p->without_continue,
			 .def = p->def},
	};
	int r;

	add_calls(&c);
	if (c.t[NRS].n)
		qsort(c.t[NRS].data, c.t[NRS].n, sizeof(struct arena_nr),
		      compare_nrs);
	c.head.reads_memory |= c.head.families != 0;
	r = c.error < 0 ? c.error : seal_arena(&c);
	for (int i = 0; i < TABLES; i++)
		free(c.t[i].data);
	free(c.calls);
	return r;
}
