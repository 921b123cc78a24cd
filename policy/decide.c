// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/decide.h"

#include <string.h>
#include <sys/stat.h>

#include "policy/layout.h"

/* Return: the index in the arena's calls, UINT32_MAX where no rule names it */
static uint32_t find_call(const struct arena *a, uint32_t arch, uint32_t nr)
{
	const struct arena_nr *nrs = arena_at(a, a->nrs);
	uint64_t want = (uint64_t)arch << 32 | nr;
	uint32_t lo = 0, hi = a->nrs.n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		uint64_t key = (uint64_t)nrs[mid].arch << 32 | nrs[mid].nr;

		if (key == want)
			return nrs[mid].call;
		if (key < want)
			lo = mid + 1;
		else
			hi = mid;
	}
	return UINT32_MAX;
}

void decide_plan(const struct arena *a, uint32_t arch, uint32_t nr,
		 struct decide_plan *ret)
{
	const struct arena_call *c = arena_at(a, a->calls);
	uint32_t i = find_call(a, arch, nr);

	*ret = (struct decide_plan){.id = CALL_OTHER, .call_index = i};
	if (i == UINT32_MAX)
		return;
	ret->id = c[i].id;
	ret->needs_name = c[i].needs_name;
	ret->needs_args = c[i].needs_args;
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

static bool name_matches(const struct arena *a, const struct arena_rule *r,
			 const char *name)
{
	const struct arena_name *n = arena_at(a, a->names);
	const char *text = arena_at(a, a->text);
	size_t bytes;

	if (!name)
		return false;
	bytes = strlen(name);
	n += r->first_name;
	for (uint32_t i = 0; i < r->n_names; i++)
		if ((n[i].prefix ? bytes >= n[i].bytes : bytes == n[i].bytes) &&
		    memcmp(name, text + n[i].text, n[i].bytes) == 0)
			return true;
	return false;
}

/* All of @r but the bytes of its value: their number is a register. */
static bool rule_matches(const struct arena *a, const struct arena_rule *r,
			 const struct facts *f)
{
	if ((r->flags & ARENA_MATCH_TYPE) && (f->call->mode & S_IFMT) != r->type)
		return false;
	if ((r->flags & ARENA_MATCH_DEVICE) && !device_matches(a, r, f->call->dev))
		return false;
	if ((r->flags & ARENA_MATCH_VALUE) && f->call->size != r->value_bytes)
		return false;
	return !(r->flags & ARENA_MATCH_NAME) || name_matches(a, r, f->name);
}

static bool value_matches(const struct arena *a, const struct arena_rule *r,
			  const struct facts *f)
{
	const char *text = arena_at(a, a->text);

	return f->value && memcmp(f->value, text + r->value, r->value_bytes) == 0;
}

static void decided_by(const struct arena_call *c, const struct arena_rule *r,
		       struct decision *ret)
{
	*ret = (struct decision){
		.emulate = r->flags & ARENA_EMULATE,
		.closed = c->closed &&
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
	const struct arena_rule *r = arena_at(a, a->rules);
	uint32_t n = 0;

	if (plan->call_index < a->calls.n) {
		c += plan->call_index;
		r += c->first_rule;
		n = c->n_rules;
	}
	for (; n; n--, r++) {
		if (!rule_matches(a, r, facts))
			continue;
		if (r->flags & ARENA_MATCH_VALUE) {
			if (!facts->value_read)
				return DECIDE_WANTS_VALUE;
			if (!value_matches(a, r, facts))
				continue;
		}
		decided_by(c, r, ret);
		return DECIDE_DONE;
	}
	*ret = (struct decision){.rule = -1, .verdict = a->def};
	return DECIDE_DONE;
}

static bool is_get(uint32_t id)
{
	return id == CALL_getxattr || id == CALL_lgetxattr ||
	       id == CALL_fgetxattr || id == CALL_getxattrat;
}

bool decide_shows(const struct arena *a, const char *name)
{
	const struct arena_call *c = arena_at(a, a->calls);

	for (uint32_t i = 0; i < a->calls.n; i++) {
		struct decide_plan plan = {.call_index = i};
		struct call call = {.id = (enum call_id)c[i].id};
		struct facts f = {.call = &call, .name = name};
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

struct verdict decide_fail(const struct arena *a)
{
	return a->fail;
}
