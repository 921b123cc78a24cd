// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/decide.h"

#include <string.h>

#include "policy/gate.h"
#include "policy/glob.h"
#include "policy/layout.h"

/* Return: NULL where no rule names it */
static const struct arena_nr *find_call(const struct arena *a, uint32_t arch,
					uint32_t nr)
{
	const struct arena_nr *nrs = arena_at(a, a->nrs);
	uint64_t want = (uint64_t)arch << 32 | nr;
	uint32_t lo = 0, hi = a->nrs.n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		uint64_t key = (uint64_t)nrs[mid].arch << 32 | nrs[mid].nr;

		if (key == want)
			return &nrs[mid];
		if (key < want)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

void decide_plan(const struct arena *a, uint32_t arch, uint32_t nr,
		 struct decide_plan *ret)
{
	const struct arena_call *c = arena_at(a, a->calls);
	const struct arena_nr *found = find_call(a, arch, nr);

	*ret = (struct decide_plan){ .id = CALL_OTHER, .call_index = UINT32_MAX };
	if (!found)
		return;
	ret->call_index = found->call;
	ret->abi = found->abi;
	ret->id = c[found->call].id;
	ret->needs_name = c[found->call].needs_name;
	ret->needs_args = c[found->call].needs_args;
}

static bool device_matches(const struct arena *a, const struct arena_rule *r,
			   uint32_t dev)
{
	const struct arena_device *d = arena_at(a, a->devices);
	uint32_t major = dev_major(dev), minor = dev_minor(dev);

	d += r->first_device;
	for (uint32_t i = 0; i < r->n_devices; i++)
		if (d[i].major == major && minor >= d[i].first_minor &&
		    minor <= d[i].last_minor)
			return true;
	return false;
}

static bool one_name_matches(const struct arena_name *n, const char *text,
			     const char *name, size_t bytes)
{
	switch ((enum arena_name_kind)n->kind) {
	case ARENA_NAME_EXACT:
		return bytes == n->bytes && memcmp(name, text, bytes) == 0;
	case ARENA_NAME_PREFIX:
		return bytes >= n->bytes && memcmp(name, text, n->bytes) == 0;
	case ARENA_NAME_GLOB:
		return glob_match(text, n->bytes, name, bytes);
	}
	return false;
}

static bool name_matches(const struct arena *a, const struct arena_rule *r,
			 const char *name, size_t bytes)
{
	const struct arena_name *n = arena_at(a, a->names);
	const char *text = arena_at(a, a->text);

	if (!name)
		return false;
	n += r->first_name;
	for (uint32_t i = 0; i < r->n_names; i++)
		if (one_name_matches(&n[i], text + n[i].text, name, bytes))
			return true;
	return false;
}

/* Is one of the rule's values as long, and where @bytes are given, the same? */
static bool value_matches(const struct arena *a, const struct arena_rule *r,
			  uint64_t size, const void *bytes)
{
	const struct arena_value *v = arena_at(a, a->values);
	const char *text = arena_at(a, a->text);

	v += r->first_value;
	for (uint32_t i = 0; i < r->n_values; i++)
		if (v[i].bytes == size &&
		    (!bytes || memcmp(bytes, text + v[i].text, size) == 0))
			return true;
	return false;
}

static bool registers_match(const struct arena *a, const struct arena_rule *r,
			    uint32_t abi, const struct call *c)
{
	if (!(r->abis >> (abi & 31) & 1) ||
	    !(r->types >> (c->mode >> 12 & 15) & 1))
		return false;
	if (!bits_hold(&r->mode, c->mode) || !bits_hold(&r->call_flags, c->flags))
		return false;
	if (c->size < r->min_size || c->size > r->max_size)
		return false;
	if ((r->flags & ARENA_MATCH_DEVICE) && !device_matches(a, r, c->dev))
		return false;
	return !(r->flags & ARENA_MATCH_VALUE) ||
	       value_matches(a, r, c->size, NULL);
}

/* All of @r but the bytes of its values: how many they are is a register. */
static bool rule_matches(const struct arena *a, const struct arena_rule *r,
			 uint32_t abi, const struct facts *f, size_t name_bytes)
{
	return registers_match(a, r, abi, f->call) &&
	       (!(r->flags & ARENA_MATCH_NAME) ||
		name_matches(a, r, f->name, name_bytes));
}

static bool id_matches(const struct arena *a, uint32_t first, uint32_t n,
		       uint32_t id)
{
	const struct arena_id *ids = arena_at(a, a->ids);

	ids += first;
	for (uint32_t i = 0; i < n; i++)
		if (id >= ids[i].first && id <= ids[i].last)
			return id != UINT32_MAX;
	return false;
}

static bool caller_matches(const struct arena *a, const struct arena_rule *r,
			   const struct facts_caller *c)
{
	if (!c)
		return !(r->flags & ARENA_EMULATE) &&
		       r->verdict.kind != VERDICT_CONTINUE;
	if ((r->flags & ARENA_MATCH_UID) &&
	    !id_matches(a, r->first_uid, r->n_uids, c->uid))
		return false;
	if ((r->flags & ARENA_MATCH_GID) &&
	    !id_matches(a, r->first_gid, r->n_gids, c->gid))
		return false;
	if ((r->flags & ARENA_MATCH_ROOT) && c->uid != 0)
		return false;
	if ((r->flags & ARENA_MATCH_NOT_ROOT) && c->uid == 0)
		return false;
	return (c->caps & r->caps) == r->caps;
}

/* The directory itself; with a star, all below it too. */
static bool directory_matches(const struct arena *a, const struct arena_rule *r,
			      const char *directory)
{
	const struct arena_name *n = arena_at(a, a->names);
	const char *text = arena_at(a, a->text);
	size_t bytes = directory ? strlen(directory) : 0;

	n += r->first_directory;
	for (uint32_t i = 0; directory && i < r->n_directories; i++) {
		/* The root is written without its slash. */
		const char *rest = directory + n[i].bytes;

		if (bytes < n[i].bytes ||
		    memcmp(directory, text + n[i].text, n[i].bytes) != 0)
			continue;
		if (*rest == '\0' || (*rest == '/' && (n[i].kind != ARENA_NAME_EXACT ||
						      rest[1] == '\0')))
			return true;
	}
	return false;
}

/* Return: the fact that the rule needs and that was not read yet; DECIDE_DONE:
 * none, and *ret_matches is set */
static enum decide_status look(const struct arena *a, const struct arena_rule *r,
			       const struct facts *f, bool *ret_matches)
{
	*ret_matches = false;
	if (r->flags & ARENA_MATCH_CALLER) {
		if (!f->caller_read)
			return DECIDE_WANTS_CALLER;
		if (!caller_matches(a, r, f->caller))
			return DECIDE_DONE;
	}
	if (r->flags & ARENA_MATCH_VALUE) {
		if (!f->value_read)
			return DECIDE_WANTS_VALUE;
		if (!f->value || !value_matches(a, r, f->call->size, f->value))
			return DECIDE_DONE;
	}
	if (r->flags & ARENA_MATCH_DIRECTORY) {
		if (!f->directory_read)
			return DECIDE_WANTS_DIRECTORY;
		if (!directory_matches(a, r, f->directory))
			return DECIDE_DONE;
	}
	*ret_matches = true;
	return DECIDE_DONE;
}

static void decided_by(const struct arena_call *c, const struct arena_rule *r,
		       struct decision *ret)
{
	*ret = (struct decision){
		.emulate = r->flags & ARENA_EMULATE,
		.closed = c->closed && (r->flags & ARENA_EMULATE) &&
			  (r->flags & (ARENA_MATCH_NAME | ARENA_MATCH_VALUE)),
		.unopenable = r->unopenable,
		.log = r->flags & ARENA_LOG,
		.rule = (int32_t)r->index,
		.verdict = r->verdict,
	};
}

enum decide_status decide(const struct arena *a, const struct decide_plan *plan,
			  const struct facts *facts, struct decision *ret)
{
	const struct arena_call *c = arena_at(a, a->calls);
	const struct arena_gate *g = arena_at(a, a->gates);
	const struct arena_rule *r = arena_at(a, a->rules);
	uint32_t n = 0, type = facts->call->mode >> 12 & 15;
	size_t name_bytes = 0;
	enum decide_status status;
	struct probe probe;
	bool matches;

	if (plan->call_index < a->calls.n) {
		c += plan->call_index;
		g += c->first_rule;
		r += c->first_rule;
		n = c->n_rules;
		name_bytes = facts->name ? strlen(facts->name) : 0;
		probe_init(&probe, facts->call, facts->name, name_bytes);
	}
	for (; n; n--, g++, r++) {
		if (!gate_is_open(g, &probe, type) ||
		    !rule_matches(a, r, plan->abi, facts, name_bytes))
			continue;
		status = look(a, r, facts, &matches);
		if (status == DECIDE_DONE && !matches)
			continue;
		decided_by(c, r, ret);
		return status;
	}
	*ret = (struct decision){ .rule = -1, .verdict = a->def };
	return DECIDE_DONE;
}

void decide_call_name(const struct arena *a, const struct decide_plan *plan,
		      char *ret, size_t size)
{
	const struct arena_call *c = arena_at(a, a->calls);
	const char *text = arena_at(a, a->text);
	size_t n = 0;

	if (plan->call_index < a->calls.n) {
		c += plan->call_index;
		n = c->name_bytes < size ? c->name_bytes : size - 1;
		memcpy(ret, text + c->name, n);
	}
	ret[n] = '\0';
}

#define VALUE_BYTES_MAX 65536 /* limits.h XATTR_SIZE_MAX */

static bool is_get(uint32_t id)
{
	return id == CALL_getxattr || id == CALL_lgetxattr ||
	       id == CALL_fgetxattr || id == CALL_getxattrat;
}

bool decide_shows(const struct arena *a, uint32_t abi,
		  const struct facts_caller *caller, const char *name)
{
	const struct arena_call *c = arena_at(a, a->calls);

	for (uint32_t i = 0; i < a->calls.n; i++) {
		struct decide_plan plan = { .call_index = i, .abi = abi };
		struct call call = { .id = (enum call_id)c[i].id,
				     .size = VALUE_BYTES_MAX };
		struct facts f = { .call = &call,
				   .name = name,
				   .value_read = true,
				   .caller_read = true,
				   .caller = caller,
				   .directory_read = true };
		struct decision d;

		if (is_get(c[i].id) &&
		    decide(a, &plan, &f, &d) == DECIDE_DONE && d.emulate)
			return true;
	}
	return false;
}

uint32_t decide_families(const struct arena *a)
{
	return a->families;
}

bool decide_reads_memory(const struct arena *a)
{
	return a->reads_memory;
}

uint32_t decide_rate(const struct arena *a)
{
	return a->rate;
}

struct verdict decide_fail(const struct arena *a)
{
	return a->fail;
}

struct verdict decide_without_continue(const struct arena *a)
{
	return a->without_continue;
}
