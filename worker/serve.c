// SPDX-License-Identifier: LGPL-2.1-or-later
#include "worker/serve.h"

#include <asm/unistd.h>
#include <errno.h>
#include <linux/audit.h>
#include <string.h>

#include "lib/log.h"
#include "policy/decide.h"
#include "worker/emulate.h"
#include "worker/interrupted.h"
#include "worker/tracee.h"

static const char *verdict_text(const struct verdict *v)
{
	switch (v->kind) {
	case VERDICT_CONTINUE:
		return "continue";
	case VERDICT_RETURN:
		return "return";
	default:
		return "errno";
	}
}

/* The kernel takes a struct xattr_args of at most a page. */
#define ARGS_MAX_BYTES 4096

/* What one notification is about; the notification is a copy, too. */
struct work {
	struct seccomp_notif notif;
	struct call call;
	struct decide_plan plan;
	struct decision decision;
	struct facts facts;
};

static void set_phase(struct server *s, enum slot_phase phase)
{
	atomic_store_explicit(&s->slot->call.phase, phase, memory_order_release);
}

/* What a packed call keeps in memory, once. Left undone where the kernel will
 * refuse the call for it: EFAULT; EINVAL for a struct shorter than the first;
 * E2BIG for one longer than ours whose rest is not zero.
 * Return: enum tracee_status, or a negative errno of ours */
static int read_args(struct work *w)
{
	static char buf[ARGS_MAX_BYTES];
	struct call_args args;
	size_t bytes = w->call.args_size;
	int r;

	if (bytes < sizeof(args) || bytes > sizeof(buf))
		return TRACEE_OK;
	r = tracee_read((pid_t)w->notif.pid, w->call.args_addr, buf, bytes);
	if (r != TRACEE_OK)
		return r;
	for (size_t i = sizeof(args); i < bytes; i++)
		if (buf[i])
			return TRACEE_OK;
	memcpy(&args, buf, sizeof(args));
	call_unpack(&w->call, &args);
	return TRACEE_OK;
}

/* Decides on pointed-to arguments that are each read once, and only where the
 * policy looks at them. What cannot be read stays NULL and matches no rule: the
 * kernel will say EFAULT.
 * Return: 0, TRACEE_GONE, or a negative errno of ours */
static int decide_work(const struct arena *policy, struct work *w)
{
	static char name[XATTR_NAME_MAX_BYTES + 1];
	static char value[DECIDE_VALUE_MAX_BYTES];
	struct facts *f = &w->facts;
	pid_t tid = (pid_t)w->notif.pid;
	bool readable = tid != 0; /* else not visible from our pid namespace */
	int r = TRACEE_OK;

	*f = (struct facts){.call = &w->call, .value_read = !readable};
	if (readable && w->plan.needs_args)
		r = read_args(w);
	if (r < 0 || r == TRACEE_GONE)
		return r;
	if (readable && w->plan.needs_name) {
		r = tracee_read_str(tid, w->call.name_addr, name, sizeof(name));
		if (r == TRACEE_OK)
			f->name = name;
	}
	if (r < 0 || r == TRACEE_GONE)
		return r;
	if (decide(policy, &w->plan, f, &w->decision) == DECIDE_DONE)
		return 0;
	r = tracee_read(tid, w->call.value_addr, value, w->call.size);
	if (r < 0 || r == TRACEE_GONE)
		return r;
	f->value_read = true;
	if (r == TRACEE_OK)
		f->value = value;
	(void)decide(policy, &w->plan, f, &w->decision);
	return 0;
}

/* A filter is asked before the kernel sees that it has no such ABI: there, the
 * kernel's own answer (ENOSYS) is the exact one. */
static bool abi_exists(const struct server *s, const struct seccomp_data *d)
{
#ifdef __X32_SYSCALL_BIT
	if (d->arch == AUDIT_ARCH_X86_64 && (d->nr & __X32_SYSCALL_BIT))
		return s->home.has_x32;
#endif
	return true;
}

static struct emulation emulation; /* static: its groups are many */

static int act(struct server *s, struct work *w, bool recovering,
	       struct verdict *ret)
{
	struct emulation *e = &emulation;

	e->home = &s->home;
	e->listener = s->listener;
	e->slot = s->slot;
	e->policy = s->policy;
	e->id = w->notif.id;
	e->tid = (pid_t)w->notif.pid;
	e->call = &w->call;
	e->name = w->facts.name;
	e->value = w->facts.value;
	e->unopenable = w->decision.unopenable;
	e->recovering = recovering;
	e->again = interrupted_take(&s->home, e->tid, &w->notif.data, &e->made);
	return emulate(e, ret);
}

static void count(struct slot_counters *c, const struct work *w,
		  const struct verdict *v)
{
	if (v->kind == VERDICT_CONTINUE && w->decision.emulate)
		slot_count(&c->refused);
	else if (v->kind == VERDICT_CONTINUE)
		slot_count(&c->continued);
	else if (!w->decision.emulate)
		slot_count(&c->denied);
	else if (v->kind == VERDICT_RETURN)
		slot_count(&c->emulated);
	else
		slot_count(&c->failed);
}

static void log_call(const struct work *w, const struct verdict *v)
{
	log_event(
		LOG_NOTICE, "call", LOG_U("tid", w->notif.pid),
		LOG_S("syscall", call_name(w->call.id)),
		LOG_I("nr", w->notif.data.nr), LOG_U("arch", w->notif.data.arch),
		LOG_I("rule", w->decision.rule),
		LOG_S("name", w->facts.name ?: ""),
		LOG_S("action", w->decision.emulate ? "emulate" : "answer"),
		LOG_S("verdict", verdict_text(v)),
		LOG_I("value", v->kind == VERDICT_RETURN ? v->value : v->error));
}

/* To the kernel, which refuses in its own words; but it reads the name anew. */
static void leave(const struct server *s, struct work *w, struct verdict *ret)
{
	*ret = verdict_continue();
	if (!w->decision.closed)
		return;
	*ret = decide_fail(s->policy);
	w->decision.emulate = false; /* denied */
}

/* Decides and acts. Return: 0 with *ret set, EMULATE_GONE, or an errno of ours */
static int settle(struct server *s, struct work *w, bool recovering,
		  struct verdict *ret)
{
	int r;

	decide_plan(s->policy, w->notif.data.arch, (uint32_t)w->notif.data.nr,
		    &w->plan);
	call_decode(&w->notif.data, w->plan.id, &w->call);
	r = decide_work(s->policy, w);
	if (r != 0)
		return r < 0 ? r : EMULATE_GONE;
	*ret = w->decision.verdict;
	if (!w->decision.emulate)
		return 0;
	if (!recovering)
		set_phase(s, SLOT_DECIDED);
	*ret = decide_fail(s->policy);
	if (w->notif.pid == 0)
		return 0;
	if (!abi_exists(s, &w->notif.data)) {
		*ret = verdict_continue();
		return 0;
	}
	r = act(s, w, recovering, ret);
	if (r != EMULATE_LEAVE)
		return r;
	leave(s, w, ret);
	return 0;
}

/* The verdict stands in the slot: say it. Return: as listener_send() */
static int answer(struct server *s, uint64_t id)
{
	int r = listener_send(s->listener, id, &s->slot->call.verdict);

	if (r == LISTENER_GONE)
		slot_count(&s->slot->counters.gone);
	if (r >= 0)
		set_phase(s, SLOT_ANSWERED);
	return r;
}

static void keep(struct server *s, const struct work *w)
{
	interrupted_keep(&s->home, (pid_t)w->notif.pid, &w->notif.data,
			 &emulation.made);
}

int serve(struct server *s, bool recovering)
{
	static struct work w;
	struct verdict v = verdict_errno(EPERM);
	int r;

	w = (struct work){.notif = s->slot->call.notif.notif};
	emulation.again = false;
	r = settle(s, &w, recovering, &v);
	/* A thread on its way out fails us in many ways. */
	if (r < 0 && listener_id_valid(s->listener, w.notif.id) != LISTENER_OK)
		r = EMULATE_GONE;
	if (r == EMULATE_GONE) {
		slot_count(&s->slot->counters.gone);
		set_phase(s, SLOT_ANSWERED);
		if (w.decision.emulate && emulation.again)
			keep(s, &w); /* interrupted once more */
		return 0;
	}
	if (r < 0) {
		log_event(LOG_WARNING, "emulation-failed",
			  LOG_S("syscall", call_name(w.call.id)), LOG_E(r));
		v = decide_fail(s->policy);
	}
	s->slot->call.verdict = v;
	set_phase(s, SLOT_EFFECT_DONE);
	count(&s->slot->counters, &w, &v);
	r = answer(s, w.notif.id);
	if (r == LISTENER_GONE && w.decision.emulate && v.kind == VERDICT_RETURN)
		keep(s, &w);
	if (w.decision.log)
		log_call(&w, &v);
	return r < 0 ? r : 0;
}

int serve_recover(struct server *s)
{
	struct slot_call *call = &s->slot->call;
	uint32_t phase = atomic_load_explicit(&call->phase, memory_order_acquire);
	uint64_t id = call->notif.notif.id;

	if (phase == SLOT_IDLE || phase == SLOT_ANSWERED)
		return 0;
	/* Still zero: RECV had not returned. No longer valid: it was answered,
	 * or its caller is gone. */
	if ((id == 0 && call->notif.notif.pid == 0) ||
	    listener_id_valid(s->listener, id) != LISTENER_OK) {
		set_phase(s, SLOT_ANSWERED);
		return 0;
	}
	slot_count(&s->slot->counters.recovered);
	if (phase == SLOT_EFFECT_DONE) {
		int r = answer(s, id);

		return r < 0 ? r : 0;
	}
	return serve(s, phase == SLOT_EFFECT_BEGUN);
}
