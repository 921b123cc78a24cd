// SPDX-License-Identifier: LGPL-2.1-or-later
/* Calls that can be asked for in another way: through socketcall or ipc. */
#include <stdio.h>
#include <string.h>

#include "policy/arch.h"
#include "policy/doc.h"

#define NAMED_MAX 3 /* ABIs in a message */

static bool has_rule_for(const struct doc_policy *p, const char *name)
{
	for (size_t i = 0; i < p->n_rules; i++)
		if (doc_rule_names(&p->rules[i], name))
			return true;
	return false;
}

/* "x86, mips and others": how many there are hangs on libseccomp */
static void join_arches(uint32_t set, char *buf, size_t size)
{
	int more = __builtin_popcount(set) - NAMED_MAX, named = 0;
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < n_arches && named < NAMED_MAX; i++)
		if (set >> i & 1)
			n += (size_t)snprintf(buf + n, size - n, "%s%s",
					      named++ ? ", " : "",
					      arches[i].name);
	if (more > 0)
		(void)snprintf(buf + n, size - n, " and others");
}

struct multiplexer {
	const char *name;
	uint32_t arches; /* that have it; none where the policy has a rule */
};

static struct multiplexer look_for(const struct doc_policy *p, const char *name)
{
	struct multiplexer m = { .name = name };
	bool ruled = has_rule_for(p, name);

	for (size_t i = 0; i < n_arches && !ruled; i++)
		if (arch_number(&arches[i], name) >= 0)
			m.arches |= arch_bit(&arches[i]);
	return m;
}

/* The rule's first call that @m does, too. */
static void check_rule(struct doc *d, const struct doc_rule *r,
		       const struct multiplexer *m)
{
	uint32_t set = m->arches & (r->match.arches ?: UINT32_MAX);
	char names[96];

	for (size_t i = 0; i < r->n_syscalls && set; i++) {
		const char *by = arch_multiplexer(r->syscalls[i].name);

		if (!by || strcmp(by, m->name) != 0)
			continue;
		join_arches(set, names, sizeof(names));
		doc_complain(d, DIAG_WARNING, r->syscalls[i].node,
			     "on %s this call also goes through %s, for which "
			     "there is no rule",
			     names, by);
		return;
	}
}

void doc_check_mux(struct doc *d, const struct doc_policy *p)
{
	const struct multiplexer m[] = { look_for(p, "socketcall"),
					 look_for(p, "ipc") };

	if (p->def.kind != VERDICT_CONTINUE) /* which they get, too */
		return;
	for (size_t i = 0; i < p->n_rules; i++)
		for (size_t k = 0; k < ARRAY_SIZE(m); k++)
			if (doc_denies(&p->rules[i]) && !p->rules[i].advisory)
				check_rule(d, &p->rules[i], &m[k]);
}
