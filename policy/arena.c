// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "policy/call.h"
#include "policy/decide.h"
#include "policy/gate.h"
#include "policy/layout.h"

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

/* [first, first + n) within a table of @limit? */
static bool within(uint32_t first, uint32_t n, uint32_t limit)
{
	return first <= limit && n <= limit - first;
}

static bool span_ok(const struct arena *a, struct arena_span s, size_t each)
{
	return s.offset % 8 == 0 && s.offset >= sizeof(*a) &&
	       s.offset <= a->bytes && s.n <= (a->bytes - s.offset) / each;
}

static bool verdict_ok(const struct verdict *v)
{
	switch (v->kind) {
	case VERDICT_ERRNO:
		return v->error > 0 && v->error <= 4095;
	case VERDICT_RETURN:
	case VERDICT_CONTINUE:
		return true;
	default:
		return false;
	}
}

static bool nrs_ok(const struct arena *a)
{
	const struct arena_nr *nr = arena_at(a, a->nrs);

	for (uint32_t i = 0; i < a->nrs.n; i++) {
		if (nr[i].call >= a->calls.n || nr[i].abi >= 32)
			return false;
		if (i &&
		    (nr[i - 1].arch > nr[i].arch ||
		     (nr[i - 1].arch == nr[i].arch && nr[i - 1].nr >= nr[i].nr)))
			return false;
	}
	return true;
}

static bool calls_ok(const struct arena *a)
{
	const struct arena_call *c = arena_at(a, a->calls);

	for (uint32_t i = 0; i < a->calls.n; i++)
		if (c[i].id >= CALL_IDS ||
		    !within(c[i].first_rule, c[i].n_rules, a->rules.n) ||
		    !within(c[i].name, c[i].name_bytes, a->text.n))
			return false;
	return true;
}

static bool gates_ok(const struct arena *a)
{
	const struct arena_gate *g = arena_at(a, a->gates);

	for (uint32_t i = 0; i < a->gates.n; i++)
		if (g[i].at > PROBE_AT_MAX)
			return false;
	return a->gates.n == a->rules.n;
}

static bool rules_ok(const struct arena *a)
{
	const struct arena_rule *r = arena_at(a, a->rules);

	for (uint32_t i = 0; i < a->rules.n; i++)
		if ((r[i].flags & ~(uint32_t)ARENA_RULE_FLAGS) ||
		    r[i].index > INT32_MAX || r[i].unopenable >= UNOPENABLES ||
		    !verdict_ok(&r[i].verdict) ||
		    !within(r[i].first_device, r[i].n_devices, a->devices.n) ||
		    !within(r[i].first_name, r[i].n_names, a->names.n) ||
		    !within(r[i].first_value, r[i].n_values, a->values.n) ||
		    !within(r[i].first_uid, r[i].n_uids, a->ids.n) ||
		    !within(r[i].first_gid, r[i].n_gids, a->ids.n) ||
		    !within(r[i].first_directory, r[i].n_directories,
			    a->names.n))
			return false;
	return true;
}

static bool names_ok(const struct arena *a)
{
	const struct arena_name *n = arena_at(a, a->names);

	for (uint32_t i = 0; i < a->names.n; i++)
		if (n[i].kind > ARENA_NAME_GLOB ||
		    !within(n[i].text, n[i].bytes, a->text.n))
			return false;
	return true;
}

static bool values_ok(const struct arena *a)
{
	const struct arena_value *v = arena_at(a, a->values);

	for (uint32_t i = 0; i < a->values.n; i++)
		if (v[i].bytes > DECIDE_VALUE_MAX_BYTES ||
		    !within(v[i].text, v[i].bytes, a->text.n))
			return false;
	return true;
}

static bool arena_ok(const struct arena *a, size_t bytes)
{
	return a->magic == ARENA_MAGIC && a->version == ARENA_VERSION &&
	       a->bytes == bytes && verdict_ok(&a->fail) &&
	       verdict_ok(&a->without_continue) &&
	       a->without_continue.kind == VERDICT_ERRNO && verdict_ok(&a->def) &&
	       span_ok(a, a->nrs, sizeof(struct arena_nr)) &&
	       span_ok(a, a->calls, sizeof(struct arena_call)) &&
	       span_ok(a, a->gates, sizeof(struct arena_gate)) &&
	       span_ok(a, a->rules, sizeof(struct arena_rule)) &&
	       span_ok(a, a->devices, sizeof(struct arena_device)) &&
	       span_ok(a, a->names, sizeof(struct arena_name)) &&
	       span_ok(a, a->values, sizeof(struct arena_value)) &&
	       span_ok(a, a->ids, sizeof(struct arena_id)) &&
	       span_ok(a, a->text, 1) && nrs_ok(a) && calls_ok(a) &&
	       gates_ok(a) && rules_ok(a) && names_ok(a) && values_ok(a);
}

int arena_map(int fd, const struct arena **ret_arena)
{
	struct stat st;
	const struct arena *a;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0) /* EINVAL: no memfd at all */
		return errno == EINVAL ? -EPROTO : -errno;
	if ((seals & SEALS) != SEALS)
		return -EPROTO;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size < (off_t)sizeof(*a) || st.st_size > ARENA_MAX_BYTES)
		return -EPROTO;
	a = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (a == MAP_FAILED)
		return -errno;
	if (!arena_ok(a, (size_t)st.st_size)) {
		(void)munmap((void *)a, (size_t)st.st_size);
		return -EPROTO;
	}
	*ret_arena = a;
	return 0;
}

const struct arena *arena_unmap(const struct arena *a)
{
	if (a)
		(void)munmap((void *)a, a->bytes);
	return NULL;
}
