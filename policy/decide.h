/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The hot half of the policy: from a notified call to what is to be done with
 * it.  Pure: no allocation, no system call, no log.  First match wins.
 *
 *   decide_plan()  which call is this, and does a rule for it look at a name or
 *                  a packed argument?  (The caller then reads that, once.)
 *   decide()       the answer, on the copies; or that it hangs on the value or
 *                  on who asks, which the caller reads once and asks again
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/verdict.h"
#include "policy/arena.h"
#include "policy/call.h"

#define XATTR_NAME_MAX_BYTES 255 /* limits.h XATTR_NAME_MAX, without the NUL */
/* A rule's "value" is at most this long. */
#define DECIDE_VALUE_MAX_BYTES 256

struct decide_plan {
	enum call_id id; /* CALL_OTHER: nothing to decode */
	bool needs_name;
	bool needs_args; /* call_unpack() is to come first */
	uint32_t call_index; /* the arena's; UINT32_MAX: no rule names it */
	uint32_t abi;	     /* bit in the arena's rules, where one names it */
};

/* @arch, @nr as in struct seccomp_data. An unknown pair gets the default. */
void decide_plan(const struct arena *a, uint32_t arch, uint32_t nr,
		 struct decide_plan *ret);

/* The name of the planned call, which a rule names; "": none does.
 * @ret: of @size bytes, cut to fit, NUL-terminated */
void decide_call_name(const struct arena *a, const struct decide_plan *plan,
		      char *ret, size_t size);

/* Of the thread that waits. It alone can change them, and it waits. */
struct facts_caller {
	uint32_t uid, gid; /* effective, as the container sees them; UINT32_MAX:
			      not mapped there */
	uint64_t caps;	   /* effective, 1 << CAP_* */
};

struct facts {
	const struct call *call;
	const char *name;  /* NULL: not needed, or not readable: matches no rule
			      that asks for a name */
	bool value_read;   /* all was done to get it, once */
	const void *value; /* call->size bytes; NULL: not readable, matches no
			      rule that asks for a value */
	bool caller_read;  /* all was done to know it, once */
	/* NULL: not known, as of one in another user namespace than the
	 * container's: of the rules that ask, those match that deny */
	const struct facts_caller *caller;
	bool directory_read;   /* all was done to find it, once */
	const char *directory; /* where the path ends, from the caller's root;
				  NULL: nowhere, matches no rule that asks */
};

/* An emulated mknod where the file system lets no device be opened. */
enum unopenable {
	UNOPENABLE_DEFAULT = 0, /* as BIND where all of the file system ends with
				   its mount, else as ERRNO */
	UNOPENABLE_CREATE, /* it is made as the kernel would, and is of no use */
	UNOPENABLE_ERRNO,  /* EPERM, and nothing stays */
	UNOPENABLE_BIND,   /* a node that opens is bound over it; what lies below
			      stays when the mount ends */
	UNOPENABLES
};

struct decision {
	bool emulate; /* else verdict is the answer */
	bool closed;  /* emulate: leaving the call to the kernel would
			 let other bytes through that are denied */
	enum unopenable unopenable;
	bool log;     /* the rule says "log": true */
	int32_t rule; /* index in the policy's "rules", -1: default */
	struct verdict verdict;
};

enum decide_status {
	DECIDE_DONE = 0,
	DECIDE_WANTS_VALUE, /* call->size of it, at most DECIDE_VALUE_MAX_BYTES */
	DECIDE_WANTS_CALLER,
	DECIDE_WANTS_DIRECTORY, /* of a rule that emulates: found on the way */
};

/**
 * decide() - what the first rule that matches says, else the default
 * @ret: written on DECIDE_DONE
 *
 * Stops with DECIDE_WANTS_* at a rule of which all that is known so far matches
 * (of a value its length, too, which is a register) and that looks at more; not
 * twice for the same.  On DECIDE_WANTS_DIRECTORY @ret is that rule's.
 */
enum decide_status decide(const struct arena *a, const struct decide_plan *plan,
			  const struct facts *facts, struct decision *ret);

/* Is @name one of those that this policy reads for a caller of ABI @abi (of a
 * struct decide_plan): does a rule emulate some getxattr of it, into the largest
 * buffer?  Such names are shown by an emulated list. Rules that look at a directory
 * show none. */
bool decide_shows(const struct arena *a, uint32_t abi,
		  const struct facts_caller *caller, const char *name);

/* What a worker under this policy will ever do: FAMILY_BIT() of each emulated
 * family, and whether it looks at its callers or their memory. */
uint32_t decide_families(const struct arena *a);
bool decide_reads_memory(const struct arena *a);

/* Calls a second that each worker takes; 0: no limit. */
uint32_t decide_rate(const struct arena *a);

/* What the caller gets when deputy itself cannot: the policy's "fail". */
struct verdict decide_fail(const struct arena *a);
/* In place of a continue where the kernel has none: an errno. */
struct verdict decide_without_continue(const struct arena *a);
