// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A "continue" that ends in EPERM whoever asks, in a container with a user
 * namespace of its own: what the kernel allows by a capability of the initial
 * one only.  Sometimes that is meant, as an exception to what a later rule
 * emulates; then nothing is said.
 */
#include <stdio.h>
#include <string.h>

#include "policy/doc.h"

#define TRUSTED "trusted."

/* Calls that ask capable() before they look at any argument. */
static const struct {
	const char *name, *capability;
} privileged[] = {
	{ "acct", "CAP_SYS_PACCT" },
	{ "delete_module", "CAP_SYS_MODULE" },
	{ "finit_module", "CAP_SYS_MODULE" },
	{ "init_module", "CAP_SYS_MODULE" },
	{ "kexec_file_load", "CAP_SYS_BOOT" },
	{ "kexec_load", "CAP_SYS_BOOT" },
	{ "swapoff", "CAP_SYS_ADMIN" },
	{ "swapon", "CAP_SYS_ADMIN" },
	{ "vhangup", "CAP_SYS_TTY_CONFIG" },
};

/* Character device 0:0, an overlay's whiteout, is for everybody. */
static bool may_be_whiteout(const struct doc_match *m)
{
	if (!(m->types & DOC_TYPE_BIT(S_IFCHR)))
		return false;
	for (size_t i = 0; i < m->n_devices; i++)
		if (m->devices[i].major == 0 && m->devices[i].first_minor == 0)
			return true;
	return m->n_devices == 0;
}

static bool is_device_only(const struct doc_match *m)
{
	const uint32_t devices = DOC_TYPE_BIT(S_IFCHR) | DOC_TYPE_BIT(S_IFBLK);

	return m->types && !(m->types & ~devices) && !may_be_whiteout(m);
}

static bool is_trusted_only(const struct doc_match *m)
{
	for (size_t i = 0; i < m->n_names; i++)
		if (m->names[i].bytes < strlen(TRUSTED) ||
		    strncmp(m->names[i].text, TRUSTED, strlen(TRUSTED)) != 0)
			return false;
	return m->n_names != 0;
}

/* Not to read one: that gives ENODATA. */
static bool writes_attribute(enum call_id id)
{
	return call_has(id, ARG_NAME) && !call_has(id, ARG_OUT) &&
	       !call_has(id, ARG_ARGS_OUT);
}

static const char *capability_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(privileged); i++)
		if (strcmp(privileged[i].name, name) == 0)
			return privileged[i].capability;
	return NULL;
}

/* Return: NULL: it may do more than fail, as far as can be seen */
static const char *why_eperm(const struct doc_rule *r,
			     const struct doc_syscall *s, char *buf, size_t size)
{
	const char *capability = capability_of(s->name);

	if (call_family_of(s->id) == FAMILY_MKNOD && is_device_only(&r->match))
		return "makes a device node";
	if (writes_attribute(s->id) && is_trusted_only(&r->match))
		return "sets or removes a \"trusted.\" attribute";
	if (!capability)
		return NULL;
	(void)snprintf(buf, size, "has the host's %s, which %s needs",
		       capability, s->name);
	return buf;
}

static bool is_emulated_later(const struct doc_policy *p, size_t at,
			      const char *name)
{
	for (size_t i = at + 1; i < p->n_rules; i++)
		for (size_t k = 0; k < p->rules[i].n_syscalls; k++)
			if (p->rules[i].emulate &&
			    strcmp(p->rules[i].syscalls[k].name, name) == 0)
				return true;
	return false;
}

/* All its calls are: else the rule has a use. */
void doc_check_continue(struct doc *d, const struct doc_policy *p, size_t at)
{
	const struct doc_rule *r = &p->rules[at];
	const char *why = NULL;
	char buf[96];

	if (r->emulate || r->verdict.kind != VERDICT_CONTINUE || r->match.broken)
		return;
	for (size_t i = 0; i < r->n_syscalls; i++) {
		why = why_eperm(r, &r->syscalls[i], buf, sizeof(buf));
		if (!why || is_emulated_later(p, at, r->syscalls[i].name))
			return;
	}
	if (why)
		doc_complain(
			d, DIAG_WARNING, r->action_node,
			"always ends in EPERM: in a user namespace nobody %s",
			why);
}
