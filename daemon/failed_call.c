// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/failed_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/log_budget.h"
#include "daemon/registry.h"
#include "lib/log.h"
#include "lib/own.h"
#include "policy/abi.h"
#include "policy/arch.h"
#include "policy/call_text.h"
#include "policy/policy.h"

#define CALL_BYTES 1024

/* -- who ------------------------------------------------------------------------------ */

/* Files of /proc that wait for nobody's memory. Return: the line behind @key, or
 * the first one (NULL); false where there is none */
static bool read_line(uint32_t pid, const char *file, const char *key, char *ret,
		      size_t size)
{
	size_t n = key ? strlen(key) : 0;
	char path[48], line[256];
	bool found = false;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%u/%s", pid, file);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f))
		found = n == 0 || strncmp(line, key, n) == 0;
	(void)fclose(f);
	if (!found)
		return false;
	line[strcspn(line, "\n")] = '\0';
	(void)snprintf(ret, size, "%s", line + n);
	return true;
}

/* user_namespaces(7): lines of "first inside, first outside, how many" */
static bool map_uid(uint32_t pid, unsigned uid, unsigned *ret)
{
	char path[48];
	unsigned in, out, n;
	bool found = false;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%u/uid_map", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (!found && fscanf(f, "%u %u %u", &in, &out, &n) == 3) {
		found = uid >= out && uid - out < n;
		*ret = in + (uid - out);
	}
	(void)fclose(f);
	return found;
}

/* The effective one, as the container sees it. */
static void tell_uid(uint32_t pid, char *ret, size_t size)
{
	unsigned uid, inside;
	char ids[64];

	if (!read_line(pid, "status", "Uid:", ids, sizeof(ids)) ||
	    sscanf(ids, "%*u %u", &uid) != 1)
		(void)snprintf(ret, size, "?");
	else if (!map_uid(pid, uid, &inside))
		(void)snprintf(ret, size, "unmapped");
	else
		(void)snprintf(ret, size, "%u", inside);
}

void failed_call_of(const struct seccomp_notif *n, struct failed_call *ret)
{
	*ret = (struct failed_call){ .known = true, .n = *n, .comm = "?",
				     .uid = "?" };
	if (n->pid == 0)
		return; /* not in sight from our pid namespace */
	(void)read_line(n->pid, "comm", NULL, ret->comm, sizeof(ret->comm));
	tell_uid(n->pid, ret->uid, sizeof(ret->uid));
}

void failed_call_of_slot(const struct session *s, uint64_t id,
			 struct failed_call *ret)
{
	const struct seccomp_notif n = s->slot->call.notif.notif;

	*ret = (struct failed_call){ .known = false };
	if (n.id != id)
		return;
	failed_call_of(&n, ret);
	ret->rule = atomic_load_explicit(&s->slot->call.rule,
					 memory_order_relaxed);
}

/* -- the line ------------------------------------------------------------------------- */

/* As the worker's line names it: -1 is the default. */
static const char *rule_text(uint32_t rule, char *buf, size_t size)
{
	if (rule == SLOT_RULE_UNKNOWN)
		return "?";
	(void)snprintf(buf, size, "%lld", (long long)rule - 2);
	return buf;
}

static void put_call(const struct seccomp_data *data, const char *name,
		     struct text *out)
{
	struct call_text *t = calloc(1, sizeof(*t));

	if (!t)
		return;
	t->id = call_from_name(name);
	t->data = *data;
	(void)snprintf(t->name, sizeof(t->name), "%s", name);
	while (t->n_args < CALL_TEXT_ARGS &&
	       call_arg_at(t->id, t->n_args) != ARG_NONE)
		t->args[t->n_args++].unread = true;
	call_put(t, 0, out);
	free(t);
}

void failed_call_log(const struct session *s, const struct failed_call *f,
		     const char *why, int error, const char *caller)
{
	const char *name = strerrorname_np(error);
	char call[CALL_BYTES], rule[16];
	struct text out = { call, sizeof(call), 0 };
	const struct seccomp_data *d = &f->n.data;
	AUTO(free_ptr) char *syscall = NULL;
	const char *suppressed;

	if (!log_budget_take(s->container->peer->uid, uv_now(s->registry->loop),
			     &suppressed))
		return;
	syscall = f->known ? arch_call_name(d->arch, (uint32_t)d->nr) : NULL;
	if (syscall)
		put_call(d, syscall, &out);
	call[out.len] = '\0';
	log_event(LOG_ERR, "call-failed", LOG_S("container", s->container->id),
		  LOG_S("policy", policy_name(s->container->policy)),
		  LOG_S("rule", rule_text(f->rule, rule, sizeof(rule))),
		  LOG_S("comm", f->known ? f->comm : "?"),
		  LOG_U("tid", f->n.pid), LOG_S("uid", f->known ? f->uid : "?"),
		  LOG_S("abi", f->known ? abi_name(d->arch, (uint32_t)d->nr) : "?"),
		  LOG_S("syscall", syscall ?: "?"),
		  LOG_S("result", name ?: "?"), LOG_S("why", why),
		  LOG_U("attempts", s->attempts), LOG_S("caller", caller),
		  LOG_S("suppressed", suppressed), LOG_T("call", call));
}
