// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/machine_check.h"

#include <stdio.h>
#include <string.h>

#include "lib/kfeat.h"
#include "policy/arch.h"
#include "policy/doc.h"

#define WARNING(d, node, ...) doc_complain(d, DIAG_WARNING, node, __VA_ARGS__)
#define ERROR(d, node, ...)   doc_complain(d, DIAG_ERROR, node, __VA_ARGS__)

/* -- the kernel ---------------------------------------------------------------- */

static bool has(uint32_t features, enum kfeat f)
{
	return features & KFEAT_BIT(f);
}

static bool is_missing(uint32_t features, enum call_id id)
{
	switch (id) {
	case CALL_setxattrat:
	case CALL_removexattrat:
	case CALL_getxattrat:
	case CALL_listxattrat:
		return !has(features, KFEAT_XATTRAT);
	default:
		return false;
	}
}

/* Those of a set are there for newer kernels, too. */
static void check_calls(struct doc *d, uint32_t features,
			const struct doc_rule *r)
{
	bool any = false;

	for (size_t i = 0; i < r->n_syscalls; i++)
		any |= !is_missing(features, r->syscalls[i].id);
	for (size_t i = 0; i < r->n_syscalls; i++) {
		const struct doc_syscall *s = &r->syscalls[i];

		if (is_missing(features, s->id) && !(s->of_set && any))
			WARNING(d, s->node,
				"this kernel has no %s (Linux 6.13 and newer "
				"have it): the call fails with ENOSYS",
				s->name);
	}
}

static void check_abi(struct doc *d, uint32_t features,
		      const struct doc_rule *r)
{
	if (r->match.arches && r->match.arches == arch_bit(arch_find("x32")) &&
	    !has(features, KFEAT_X32))
		WARNING(d, r->match.arch_node,
			"this kernel has no x32: no such call ever arrives");
}

/* Where nobody asked for it once is enough. */
static void check_bind(struct doc *d, uint32_t features,
		       const struct doc_rule *r, bool *said)
{
	bool asked = r->unopenable_node != LEX_NONE;

	if (has(features, KFEAT_BIND) || !doc_makes_nodes(r) || (*said && !asked) ||
	    (r->unopenable != UNOPENABLE_BIND && asked))
		return;
	WARNING(d, asked ? r->unopenable_node : r->action_node,
		"this kernel cannot bind a node over another (no open_tree or "
		"move_mount, Linux 5.2 and newer have them): use \"create\" or "
		"\"errno\" in \"unopenable\"");
	*said = true;
}

static void refuse_continue(struct doc *d, uint32_t node)
{
	ERROR(d, node,
	      "this kernel cannot let a call continue (Linux 5.5 and newer "
	      "can): add \"without_continue\": { \"errno\": \"EPERM\" } to the "
	      "policy");
}

/* A call that an emulation leaves to the kernel is not checked: without a
 * continue deputy answers it with EPERM. */
static void check_continue(struct doc *d, uint32_t features,
			   const struct doc_policy *p)
{
	if (has(features, KFEAT_CONTINUE) || p->bears_no_continue)
		return;
	for (size_t i = 0; i < p->n_rules; i++)
		if (!p->rules[i].emulate &&
		    p->rules[i].verdict.kind == VERDICT_CONTINUE)
			refuse_continue(d, p->rules[i].action_node);
	if (p->def.kind == VERDICT_CONTINUE)
		refuse_continue(d, p->default_node);
}

void policy_check_machine(const struct policy_set *s, uint32_t features,
			  struct diags *diags)
{
	struct doc *d = doc_of_set(s);
	bool said = false;

	d->diags = diags;
	for (size_t i = 0; i < d->n_policies; i++)
		check_continue(d, features, &d->policies[i]);
	for (size_t i = 0; i < d->n_policies; i++)
		for (size_t k = 0; k < d->policies[i].n_rules; k++) {
			const struct doc_rule *r = &d->policies[i].rules[k];

			if (!r->emulate)
				continue;
			check_calls(d, features, r);
			check_abi(d, features, r);
			check_bind(d, features, r, &said);
		}
	d->diags = NULL;
	diags_sort(diags);
}

/* -- the container's device cgroup ----------------------------------------------- */

static const char *refusal(int access)
{
	switch (access) {
	case 0:
		return "";
	case DEVICE_READ:
		return " for writing";
	default:
		return " for reading";
	}
}

/* The first minor of a range that is refused is told. */
static int check_device(struct doc *d, const struct doc_rule *r,
			const struct doc_device *device,
			const struct device_judge *j)
{
	uint32_t minor = device->first_minor, last = device->last_minor;
	uint32_t asked = 0;

	for (;;) {
		int r_open = j->may_open(j->ctx, r->match.type == S_IFBLK,
					 device->major, minor);

		if (r_open < 0)
			return r_open;
		if (r_open != (DEVICE_READ | DEVICE_WRITE)) {
			WARNING(d, device->node, "%s refuses to open %s %u:%u%s",
				j->name, r->match.type == S_IFBLK ? "b" : "c",
				device->major, minor, refusal(r_open));
			return 0;
		}
		if (minor == last)
			return 0;
		/* A range that is too long: its first minors, and the last. */
		minor = ++asked < j->minors_max ? minor + 1 : last;
	}
}

static int check_devices(struct doc *d, const struct doc_policy *p,
			 const struct device_judge *j)
{
	int r = 0;

	for (size_t i = 0; i < p->n_rules && r == 0; i++)
		for (size_t k = 0; doc_makes_nodes(&p->rules[i]) && r == 0 &&
				   k < p->rules[i].match.n_devices;
		     k++)
			r = check_device(d, &p->rules[i],
					 &p->rules[i].match.devices[k], j);
	return r;
}

int policy_check_devices(const struct policy_set *s, const char *policy,
			 const struct device_judge *j, struct diags *diags)
{
	struct doc *d = doc_of_set(s);
	int r = 0;

	d->diags = diags;
	for (size_t i = 0; i < d->n_policies && r == 0; i++)
		if (!policy || strcmp(policy, d->policies[i].name) == 0)
			r = check_devices(d, &d->policies[i], j);
	d->diags = NULL;
	diags_sort(diags);
	return r;
}
