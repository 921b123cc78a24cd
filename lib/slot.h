/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The journal slot: one page of shared memory for each listener.
 *
 * deputyd makes it (slot_new), writes the identity and hands it to the worker.
 * The worker receives notifications straight into call.notif and notes each
 * phase before it goes on, so that after any crash the slot says exactly what
 * was in flight:
 *
 *   phase          a successor must
 *   IDLE, ANSWERED receive
 *   RECEIVING      receive if notif is still zero, else act as in RECEIVED:
 * RECV copies the whole notification or nothing RECEIVED       start over:
 * nothing has been done DECIDED        start over: a rule was chosen, nothing
 * has been done EFFECT_BEGUN   start over.  If the effect is there already, it
 * is the lost one: it was not there when this phase began EFFECT_DONE    send
 * the verdict ANSWERING      find out whether the answer was sent; it must not
 * be sent twice (only where it goes over a connection, worker/source_lxc.c)
 *
 * Whoever serves holds a lock on the memfd (slot_lock) until it and all of its
 * children are dead, so the next deputyd knows that nobody else does.
 *
 * The memfd is sealed against resizing (no SIGBUS).  deputyd trusts no byte
 * that a worker may have written: it reads each once, checks it, and follows
 * no offset out of it.
 */

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/listener.h"
#include "lib/verdict.h"

/* A value of userns_dev, with a userns_ino of 0. The container's are then all user
 * namespaces that are children of deputyd's own and owned by peer_uid
 * (OCI_STATE_USERNS). */
#define SLOT_USERNS_EACH UINT64_MAX

#define SLOT_MAGIC	    UINT32_C(0x74736a64) /* "djst", little endian */
#define SLOT_VERSION	    3
#define SLOT_BYTES	    4096
#define SLOT_LOCKERS_MAX    64 /* workers that hold locks at once */
#define SLOT_CONTAINER_MAX  256
#define SLOT_POLICY_MAX	    64

#define SLOT_RULE_UNKNOWN 0

enum slot_phase {
	SLOT_IDLE = 0,
	SLOT_RECEIVING,
	SLOT_RECEIVED,
	SLOT_DECIDED,
	SLOT_EFFECT_BEGUN,
	SLOT_EFFECT_DONE,
	SLOT_ANSWERED,
	SLOT_ANSWERING,
};

/* Written by deputyd while no worker runs; checksummed. */
struct slot_identity {
	uint64_t userns_dev; /* st_dev, st_ino of the container's user namespace; */
	uint64_t userns_ino; /* both 0: unknown, then nothing is ever emulated */
	uint64_t peer_uid; /* 64 bits, so that the checksum covers no padding */
	uint64_t deputyd_pid; /* only a worker of this deputyd may serve */
	char container[SLOT_CONTAINER_MAX];
	char policy[SLOT_POLICY_MAX];
};

struct slot_call {
	_Atomic uint32_t phase; /* enum slot_phase */
	/* Which one was decided on: its index + 2; 1: the default; or
	 * SLOT_RULE_UNKNOWN. For the log only. */
	_Atomic uint32_t rule;
	struct verdict verdict;
	union listener_notif notif;
};

_Static_assert(offsetof(struct slot_call, verdict) == 8,
	       "slots of SLOT_VERSION 3 from before there was a rule");

/* One writer, the worker, and deputyd reads; of the last one it is the other way
 * round. */
#define SLOT_COUNTERS(X)                                                       \
	X(received, "notifications received")                                  \
	X(continued, "let through to the kernel")                              \
	X(emulated, "done in the caller's place")                              \
	X(denied, "answered with an errno or a value by a rule")               \
	X(failed, "emulated calls that ended in an errno, as the kernel's")    \
	X(refused, "emulations left to the kernel: caller lacks the right")    \
	X(gone, "callers that were gone before the answer")                    \
	X(recovered, "calls taken over from a dead worker")                    \
	X(fast, "emulations by the fast path")                                 \
	X(exact, "emulations by the exact path")                               \
	X(given_up, "failed by deputy: too slow, or fatal to workers")

struct slot_counters {
#define X(name, help) _Atomic uint64_t name;
	SLOT_COUNTERS(X)
#undef X
};

struct slot {
	uint32_t magic;
	uint32_t version;
	uint32_t bytes; /* SLOT_BYTES */
	uint32_t checksum; /* of identity */
	struct slot_identity identity;
	_Alignas(64) struct slot_call call;
	_Alignas(64) struct slot_counters counters;
	/* Set by deputyd: there is a newer policy. The worker leaves the next
	 * call that it receives in the slot, for its successor, and ends. */
	_Alignas(64) _Atomic uint32_t superseded;
	/* By the worker: it left like that, nobody died. */
	_Atomic uint32_t handed_over;
	/* By deputyd: too many children of dead workers cannot die, so start no
	 * more (daemon/lingering.h). 0 in slots from before there was this. */
	_Atomic uint32_t childless;
};
_Static_assert(sizeof(struct slot) <= SLOT_BYTES, "a slot is one page");

static inline void slot_count(_Atomic uint64_t *counter)
{
	atomic_store_explicit(
		counter,
		atomic_load_explicit(counter, memory_order_relaxed) + 1,
		memory_order_relaxed);
}

/**
 * slot_new() - make a slot
 * @id:       borrowed, copied
 * @ret_fd:   the sealed memfd, the caller's to close
 * @ret_slot: its mapping, the caller's to slot_unmap()
 * Return: 0 or a negative errno
 */
int slot_new(const struct slot_identity *id, int *ret_fd,
	     struct slot **ret_slot);

/* Writes a new identity, while no worker runs. */
void slot_identify(struct slot *s, const struct slot_identity *id);

/**
 * slot_map() - map a slot that somebody else made
 * @fd: borrowed
 * Return: 0, or -EPROTO where magic, version, size, seals or checksum are not
 * what this program writes, or another negative errno
 */
int slot_map(int fd, struct slot **ret_slot);

/**
 * slot_adopt() - map a slot that an earlier deputyd left
 * That deputyd may have ended in the middle of slot_identify(), so the checksum
 * is not compared.  Call slot_identify() before anybody else maps the slot.
 * @ret_why: on -EPROTO, a sentence
 * Return: as slot_map()
 */
int slot_adopt(int fd, struct slot **ret_slot, const char **ret_why);

/**
 * slot_renew() - map a slot whose bytes are unusable, and empty it
 * Only for kernels that give received calls back (listener_requeue()).  Call
 * slot_identify() before anybody else maps the slot.
 * Return: as slot_map(); -EPROTO: not a memfd that is sealed as a slot is
 */
int slot_renew(int fd, struct slot **ret_slot);

/* Return: NULL */
struct slot *slot_unmap(struct slot *s);

/**
 * slot_lock() - for a worker: say that this process serves
 * Takes a POSIX lock (fcntl(2)) of the byte whose offset is the pid.  The lock
 * belongs to the process's table of fds, which its children share (CLONE_FILES).
 * The kernel drops the lock when the last of them is dead, whatever the cause.
 * Read identity.deputyd_pid only after this call: a new deputyd first writes its
 * own pid there, and then looks for locks.
 * Return: 0 or a negative errno
 */
int slot_lock(int fd);

/**
 * slot_locker() - find a worker that holds a lock
 * @after: look only at pids above this one; 0: all
 * Return: the lowest such pid, 0 if there is none, or a negative errno
 * (-EPROTO: a lock that is no worker's, or more than SLOT_LOCKERS_MAX)
 */
pid_t slot_locker(int fd, pid_t after);
