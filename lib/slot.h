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
 *   RECEIVING      nothing if notif is still zero, else as RECEIVED: RECV
 *                  copies the whole notification or nothing
 *   RECEIVED       begin anew: nothing has been done
 *   DECIDED        begin anew: a rule was chosen, nothing has been done
 *   EFFECT_BEGUN   begin anew, and take for the lost effect what now stands in
 *                  the way: it was not there when this phase began
 *   EFFECT_DONE    send verdict
 *   ANSWERING      find out whether the answer was sent; it must not be sent twice
 *                  (only where it goes over a connection, worker/source_lxc.c)
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

/* In userns_dev beside a userns_ino of 0: each user namespace right below
 * deputyd's own that peer_uid owns is the container's (OCI_STATE_USERNS). */
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
	uint64_t peer_uid; /* 64 bits: the checksum is to see no padding */
	uint64_t deputyd_pid; /* whose worker may serve: no other's */
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
	/* By deputyd: there is a newer policy. What is received from now on is
	 * the successor's; the worker leaves with the call in the slot. */
	_Alignas(64) _Atomic uint32_t superseded;
	/* By the worker: it left like that, nobody died. */
	_Atomic uint32_t handed_over;
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

/* Writes who it is for anew, while no worker runs. */
void slot_identify(struct slot *s, const struct slot_identity *id);

/**
 * slot_map() - map a slot that somebody else made
 * @fd: borrowed
 * Return: 0, or -EPROTO where magic, version, size, seals or checksum are not
 * what this program writes, or another negative errno
 */
int slot_map(int fd, struct slot **ret_slot);

/**
 * slot_adopt() - the same of a slot that a deputyd left, perhaps in the middle of
 * slot_identify(), which is to be called before anybody else maps it
 * @ret_why: on -EPROTO, a sentence
 */
int slot_adopt(int fd, struct slot **ret_slot, const char **ret_why);

/**
 * slot_renew() - the same of one whose bytes mean nothing: it is empty then
 * Where the kernel gives back what was received (listener_requeue()); before
 * anybody else maps it slot_identify() is to be called.
 * Return: as slot_adopt(); -EPROTO: no memfd that is sealed as a slot is
 */
int slot_renew(int fd, struct slot **ret_slot);

/* Return: NULL */
struct slot *slot_unmap(struct slot *s);

/**
 * slot_lock() - for a worker: say that this process serves
 * A POSIX lock (fcntl(2)) of the byte with its pid's number.  It is of the
 * process's table of fds, which its children share (CLONE_FILES): the kernel
 * drops it when the last of them is dead, whatever they die of.
 * Afterwards, not before, identity.deputyd_pid is to be looked at: a deputyd
 * writes its own there before it looks for locks.
 * Return: 0 or a negative errno
 */
int slot_lock(int fd);

/**
 * slot_locker() - who else holds a lock?
 * @after: look at bytes behind this one; 0: all
 * Return: the pid that took the lowest one, 0: none, or a negative errno
 * (-EPROTO: a lock that is no worker's, or more than SLOT_LOCKERS_MAX)
 */
pid_t slot_locker(int fd, pid_t after);
