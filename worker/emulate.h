/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Emulation: doing in the caller's place what only the initial user namespace's
 * capability forbids it.  A handler either has the effect that the kernel would
 * have had for this caller, or it has none and leaves the call to the kernel
 * (continue), which then refuses in its own words: it natively never allows to a
 * container what is emulated here, whatever another thread makes of the memory.
 */

#include <linux/seccomp.h>
#include <stdbool.h>

#include "lib/slot.h"
#include "lib/verdict.h"
#include "policy/call.h"
#include "policy/decide.h"
#include "worker/caller.h"
#include "worker/home.h"
#include "worker/interrupted.h"
#include "worker/source.h"

/* Needed to look at the caller and to become it: ptrace access to /proc/TID;
 * chroot; any id; joining its user namespace; entering directories on the way
 * (DAC_OVERRIDE, dropped before a path of the caller is walked); and killing the
 * exact child when this process dies. */
#define EMULATE_COMMON_CAPS                                                    \
	(CAP_BIT(SYS_PTRACE) | CAP_BIT(SYS_CHROOT) | CAP_BIT(SETUID) |         \
	 CAP_BIT(SETGID) | CAP_BIT(SYS_ADMIN) | CAP_BIT(DAC_OVERRIDE) |        \
	 CAP_BIT(KILL))

enum emulate_status {
	EMULATE_DONE = 0,  /* the verdict is set */
	EMULATE_LEAVE = 1, /* no effect: the kernel's to refuse */
	EMULATE_GONE = 2,  /* nobody waits any more */
	EMULATE_OTHER = 3, /* no effect: another rule answers */
};

/* One call being emulated. */
struct emulation {
	const struct home *home;
	const struct source *source;
	struct slot *slot;
	const struct arena *policy;
	uint64_t id;	/* of the notification */
	pid_t tid;
	const struct call *call;
	uint32_t abi; /* of the policy's plan for it */
	/* The copies that were decided upon, NULL where none was needed: what
	 * is here must not be read from the caller again. */
	const char *name;
	const void *value; /* call->size bytes */
	enum unopenable unopenable; /* what the rule wants of a device node */
	const char *path; /* as read by the handler; NULL: not yet */
	/* For the log: why the rule's word was not done, where that is no errno
	 * of ours. A failure is logged even where no rule asks for it. */
	const char *why;
	bool failed;
	bool recovering;  /* a dead worker had begun the effect */
	bool again;	  /* it had its effect already, and .made this */
	struct made made; /* out: what this mknod made; zeros: nothing is known */
	/* Where the decision hangs on the directory that the path ends in, else
	 * NULL. To be called with it (a clean path from the caller's root; NULL:
	 * there is none) before the effect. Return: EMULATE_DONE to go on, any
	 * other to be returned */
	int (*placed)(struct emulation *e, const char *directory);
	void *placed_ctx;
	bool knows_caller;
	int caller_status;    /* of caller_open() */
	struct caller caller; /* open for the handler */
};

/* Each: Return: enum emulate_status, or a negative errno of ours */
#define X(family, handler, caps, rule)                                             \
	int handler(struct emulation *e, struct verdict *ret);
#include "worker/emulate.def"
#undef X

/* Takes the caller's identity, sees whether it may be acted for at all, and
 * runs the family's handler. Return: as a handler */
int emulate(struct emulation *e, struct verdict *ret);

/* Takes the caller's identity, where that is not done yet.
 * Return: as caller_open() */
int emulate_know_caller(struct emulation *e);
void emulate_forget_caller(struct emulation *e);
/* The caller is known: is it in the container's own user namespace? */
bool emulate_is_of_container(const struct emulation *e);
/* Or are its ids the container's in another way: has the container no user
 * namespace at all? */
bool emulate_knows_ids(const struct emulation *e);

/* All that a worker emulating @families (FAMILY_BIT) keeps; 0 for none. */
uint64_t emulate_caps(uint32_t families);
/* The rule that emulate.def has for this family's lost effects. */
const char *emulate_rule(enum call_family family);

/* It is deputy, or how the container is made, that the call fails by. */
static inline void emulate_fails(struct emulation *e, const char *why)
{
	e->why = why;
	e->failed = true;
}

/* For handlers: is the caller still there?  To be asked after the last read
 * and again right before the effect. */
bool emulate_is_valid(const struct emulation *e);
/* Journals that the effect begins now.  A handler whose effect cannot simply be
 * had again makes sure before that it has not been had: then what a successor
 * (.recovering) finds is the lost effect. */
void emulate_effect_begins(struct emulation *e);
