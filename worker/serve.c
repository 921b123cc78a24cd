// SPDX-License-Identifier: LGPL-2.1-or-later
#include "worker/serve.h"

#include <asm/unistd.h>
#include <errno.h>
#include <linux/audit.h>

#include "lib/log.h"
#include "policy/decide.h"
#include "worker/call_log.h"
#include "worker/emulate.h"
#include "worker/interrupted.h"
#include "worker/work.h"

static void set_phase(struct server *s, enum slot_phase phase)
{
	atomic_store_explicit(&s->slot->call.phase, phase, memory_order_release);
}

/* A filter is asked before the kernel sees that it has no such ABI or call:
 * there, the kernel's own answer (ENOSYS) is the exact one. */
static bool call_exists(const struct server *s, const struct seccomp_data *d,
			enum call_id id)
{
#ifdef __X32_SYSCALL_BIT
	if (d->arch == AUDIT_ARCH_X86_64 && (d->nr & __X32_SYSCALL_BIT) &&
	    !s->home.has_x32)
		return false;
#endif
	switch (id) {
	case CALL_setxattrat:
	case CALL_removexattrat:
	case CALL_getxattrat:
	case CALL_listxattrat:
		return s->home.has_xattrat;
	default:
		return true;
	}
}

static struct emulation emulation; /* static: its groups are many */

/* For a handler that knows where the path ends. */
static int go_on_placed(struct emulation *e, const char *directory)
{
	struct work *w = e->placed_ctx;
	int r = work_decide_placed(w, directory);

	if (r != 0)
		return r < 0 ? r : EMULATE_GONE;
	if (!w->decision.emulate)
		return EMULATE_OTHER;
	e->unopenable = w->decision.unopenable;
	return EMULATE_DONE;
}

static int act(struct server *s, struct work *w, bool recovering,
	       struct verdict *ret)
{
	struct emulation *e = w->e;
	int r;

	e->abi = w->plan.abi;
	e->name = w->facts.name;
	e->value = w->facts.value;
	e->unopenable = w->decision.unopenable;
	e->recovering = recovering;
	if (recovering)
		log_event(LOG_NOTICE, "effect-recovered",
			  LOG_S("syscall", call_name(w->call.id)),
			  LOG_S("rule", emulate_rule(w->call.family)));
	e->again = interrupted_take(&s->home, e->tid, &w->notif.data, &e->made);
	e->placed = w->wants_directory ? go_on_placed : NULL;
	e->placed_ctx = w;
	r = emulate(e, ret);
	if (r != EMULATE_LEAVE || !e->placed || w->facts.directory_read)
		return r;
	/* It ended before the directory was found: nowhere. */
	r = go_on_placed(e, NULL);
	return r == EMULATE_DONE ? EMULATE_LEAVE : r;
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

/* To the kernel, which refuses in its own words; but it reads the name anew. */
static void leave(const struct server *s, struct work *w, struct verdict *ret)
{
	*ret = verdict_continue();
	if (!w->decision.closed)
		return;
	*ret = decide_fail(s->policy);
	w->decision.emulate = false; /* denied */
	emulate_fails(w->e, "the kernel might read another name, that a rule "
			    "denies");
}

/* Decides and acts. Return: 0 with *ret set, EMULATE_GONE, or an errno of ours */
static int settle(struct server *s, struct work *w, bool recovering,
		  struct verdict *ret)
{
	int r;

	decide_plan(s->policy, w->notif.data.arch, (uint32_t)w->notif.data.nr,
		    &w->plan);
	call_decode(&w->notif.data, w->plan.id, &w->call);
	r = work_decide(w);
	if (r != 0)
		return r < 0 ? r : EMULATE_GONE;
	atomic_store_explicit(&s->slot->call.rule,
			      (uint32_t)(w->decision.rule + 2),
			      memory_order_relaxed);
	*ret = w->decision.verdict;
	if (!w->decision.emulate)
		return 0;
	if (!recovering)
		set_phase(s, SLOT_DECIDED);
	*ret = decide_fail(s->policy);
	if (w->notif.pid == 0) {
		emulate_fails(w->e, "the caller is in no pid namespace that "
				    "deputy sees");
		return 0;
	}
	if (!call_exists(s, &w->notif.data, w->plan.id)) {
		*ret = verdict_continue();
		return 0;
	}
	r = act(s, w, recovering, ret);
	if (r == EMULATE_OTHER) {
		*ret = w->decision.verdict;
		return 0;
	}
	if (r != EMULATE_LEAVE)
		return r;
	leave(s, w, ret);
	return 0;
}

/* The verdict stands in the slot: say it. Return: as source_send() */
static int answer(struct server *s, uint64_t id)
{
	struct slot_call *call = &s->slot->call;
	const struct verdict v = call->verdict;
	int r = source_send(&s->source, call, id, &v);

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

static void emulation_begin(struct server *s, const struct work *w)
{
	struct emulation *e = &emulation;

	e->home = &s->home;
	e->source = &s->source;
	e->slot = s->slot;
	e->policy = s->policy;
	e->id = w->notif.id;
	e->tid = (pid_t)w->notif.pid;
	e->call = &w->call;
	e->again = false;
	e->made = (struct made){ 0 };
	e->path = NULL;
	e->why = NULL;
	e->failed = false;
}

int serve(struct server *s, bool recovering)
{
	static struct work w;
	struct verdict v = verdict_errno(EPERM);
	int r;

	atomic_store_explicit(&s->slot->call.rule, SLOT_RULE_UNKNOWN,
			      memory_order_relaxed);
	w = (struct work){ .notif = s->slot->call.notif.notif, .e = &emulation };
	emulation_begin(s, &w);
	r = settle(s, &w, recovering, &v);
	/* A thread on its way out fails us in many ways. */
	if (r < 0 && source_id_valid(&s->source, w.notif.id) != LISTENER_OK)
		r = EMULATE_GONE;
	if (r == EMULATE_GONE) {
		emulate_forget_caller(&emulation);
		slot_count(&s->slot->counters.gone);
		source_forget(&s->source, &s->slot->call, w.notif.id);
		set_phase(s, SLOT_ANSWERED);
		if (w.decision.emulate && emulation.again)
			keep(s, &w); /* interrupted once more */
		return 0;
	}
	if (r < 0)
		v = decide_fail(s->policy);
	if (v.kind == VERDICT_CONTINUE && !s->source.can_continue)
		v = decide_without_continue(s->policy);
	s->slot->call.verdict = v;
	set_phase(s, SLOT_EFFECT_DONE);
	if (w.decision.log || r < 0 || emulation.failed)
		call_log(&w, &v, r);
	emulate_forget_caller(&emulation);
	count(&s->slot->counters, &w, &v);
	r = answer(s, w.notif.id);
	if (r == LISTENER_GONE && w.decision.emulate && v.kind == VERDICT_RETURN)
		keep(s, &w);
	return r < 0 ? r : 0;
}

int serve_recover(struct server *s)
{
	struct slot_call *call = &s->slot->call;
	uint32_t phase = atomic_load_explicit(&call->phase, memory_order_acquire);
	uint64_t id = call->notif.notif.id;

	if (phase == SLOT_IDLE || phase == SLOT_ANSWERED)
		return 0;
	if (source_resume(&s->source, call) != LISTENER_OK) {
		set_phase(s, SLOT_ANSWERED);
		return 0;
	}
	if (!atomic_exchange_explicit(&s->slot->handed_over, 0,
				      memory_order_relaxed))
		slot_count(&s->slot->counters.recovered);
	if (phase == SLOT_EFFECT_DONE) {
		int r = answer(s, id);

		return r < 0 ? r : 0;
	}
	return serve(s, phase == SLOT_EFFECT_BEGUN);
}
