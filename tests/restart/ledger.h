/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The ledger: what each thread of a container asked for, in its order, and what
 * it was told.  Memory shared by the container and the torture program, written
 * by the container only, but for the orders.
 *
 * A call has one right answer, which its kind says.  What it leaves behind is
 * known from the entry, too: so the outside can be compared call by call.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* X(name, right answer): errno, or 0 */
#define CALLS(X)                                                               \
	X(MKNOD, 0)		/* emulated: c 1:3 as nN */                    \
	X(MKNOD_AGAIN, EEXIST)	/* the same name */                            \
	X(DENIED, EXDEV)	/* the policy's errno: b 8:0 as bN */          \
	X(VALUE, 0)		/* the policy's value: c 7:7 as vN, not made */\
	X(NOWHERE, ENOENT)	/* emulated: c 1:3 as none/N */                \
	X(FIFO, 0)		/* continued: p as pN */                       \
	X(SETXATTR, 0)		/* emulated, XATTR_CREATE */                   \
	X(SETXATTR_AGAIN, EEXIST)                                              \
	X(REMOVEXATTR, 0)                                                      \
	X(REMOVEXATTR_AGAIN, ENODATA)                                          \
	X(DOOMED, 0)		/* c 1:3 as dN by a child that is killed: made \
				   or not, but nothing else */

enum call_kind {
#define X(name, want) CALL_##name,
	CALLS(X)
#undef X
	CALL_KINDS
};

/* What is wrong although the errno is right: the caller looked. */
#define ANSWER_WITHOUT_EFFECT 4001

struct entry {
	uint8_t kind;	  /* enum call_kind */
	uint8_t kept;	  /* the name still stands; else unlinked */
	uint16_t answer;  /* errno, 0, or ANSWER_* */
	uint32_t number;  /* N above */
	uint32_t usec;	  /* how long it took */
};

struct column {
	_Atomic uint32_t n;
	struct entry *entries;
};

#define LEDGER_THREADS_MAX 8

struct ledger {
	_Atomic bool stop;	   /* orders */
	_Atomic uint32_t pause_us; /* between calls */
	_Atomic bool signals;	   /* interrupt the threads all the time */
	_Atomic uint64_t signals_sent;
	uint32_t threads, max;	   /* entries in a column */
	struct column columns[LEDGER_THREADS_MAX];
};

/* Return: shared memory for both sides, or NULL */
struct ledger *ledger_new(uint32_t threads, uint32_t max);
struct ledger *ledger_free(struct ledger *l);

const char *call_kind_name(unsigned kind);
int call_kind_answer(unsigned kind);
uint64_t ledger_count(const struct ledger *l);
