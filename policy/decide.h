/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The hot half of the policy: from a notified call to what is to be done with
 * it.  Pure: no allocation, no system call, no log.  First match wins.
 *
 *   decide_plan()  which call is this, and does a rule for it look at a name or
 *                  a packed argument?  (The caller then reads that, once.)
 *   decide()       the answer, on the copies.  If it depends on the value, the
 *                  caller or the directory, it says so; the worker then reads
 *                  that once and calls again.
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
	bool needs_args;     /* use call_unpack() before decide() */
	uint32_t call_index; /* in the arena; UINT32_MAX: no rule names the call */
	uint32_t abi; /* bit in the arena's rules, if one names the call */
};

/* @arch, @nr as in struct seccomp_data. An unknown pair gets the default. */
void decide_plan(const struct arena *a, uint32_t arch, uint32_t nr,
		 struct decide_plan *ret);

/* Gives the name of the planned call, "" if no rule names it.
 * @ret: of @size bytes, cut to fit, NUL-terminated */
void decide_call_name(const struct arena *a, const struct decide_plan *plan,
		      char *ret, size_t size);

/* Facts about the thread that waits. Only that thread can change them. */
struct facts_caller {
	uint32_t uid, gid; /* effective, as the container sees them; UINT32_MAX:
			      not mapped there */
	uint64_t caps;	   /* effective, 1 << CAP_* */
};

struct facts {
	const struct call *call;
	const char *name;  /* NULL: not needed, or unreadable: then no rule with
			      a name matches */
	bool value_read;   /* the attempt was made */
	const void *value; /* call->size bytes; NULL: unreadable, then no rule
			      with a value matches */
	bool caller_read;  /* the attempt was made */
	/* NULL: unknown, for instance in another user namespace than the
	 * container's. Rules with caller keys then match only if they deny. */
	const struct facts_caller *caller;
	bool directory_read;   /* the attempt was made */
	const char *directory; /* where the path ends, from the caller's root;
				  NULL: nowhere, then no rule with one matches */
};

/* An emulated mknod where the file system lets no device be opened. */
enum unopenable {
	UNOPENABLE_DEFAULT = 0, /* as BIND if the file system ends with its
				   mount (tmpfs, ramfs), else as ERRNO */
	UNOPENABLE_CREATE, /* make the node as the kernel would, although useless */
	UNOPENABLE_ERRNO, /* EPERM, and nothing remains */
	UNOPENABLE_BIND,  /* bind a node that opens over it; the file below
			     remains when the mount ends */
	UNOPENABLES
};

struct decision {
	bool emulate; /* else verdict is the answer */
	bool closed;  /* with emulate: never leave the call to the kernel, since
			 the policy denies other bytes of it */
	enum unopenable unopenable;
	bool log;     /* the rule says "log": true */
	int32_t rule; /* index in the policy's "rules", -1: default */
	struct verdict verdict;
};

enum decide_status {
	DECIDE_DONE = 0,
	DECIDE_WANTS_VALUE, /* call->size bytes, at most DECIDE_VALUE_MAX_BYTES */
	DECIDE_WANTS_CALLER,
	DECIDE_WANTS_DIRECTORY, /* only for rules that emulate: the walk finds it */
};

/**
 * decide() - the decision of the first rule that matches, else of the default
 * @ret: written on DECIDE_DONE; on DECIDE_WANTS_DIRECTORY the rule that wants it
 *
 * If a rule matches all facts that are known so far, and also looks at one that was
 * not read yet, decide() stops with DECIDE_WANTS_*.  (The length of a value is known
 * before its bytes: it is a register.)  Each fact is wanted once at most.
 */
enum decide_status decide(const struct arena *a, const struct decide_plan *plan,
			  const struct facts *facts, struct decision *ret);

/* Does an emulated list show @name to a caller of ABI @abi (of a struct
 * decide_plan)? It does if a rule emulates some getxattr of that name into the
 * largest buffer. Rules that look at a directory do not count. */
bool decide_shows(const struct arena *a, uint32_t abi,
		  const struct facts_caller *caller, const char *name);

/* What workers under this policy need: FAMILY_BIT() of each emulated family,
 * and whether they look at callers or their memory. */
uint32_t decide_families(const struct arena *a);
bool decide_reads_memory(const struct arena *a);

/* Calls a second that each worker takes; 0: no limit. */
uint32_t decide_rate(const struct arena *a);

/* The policy's "fail": what the caller gets if deputy itself fails. */
struct verdict decide_fail(const struct arena *a);
/* The errno that replaces a continue on kernels that have none. */
struct verdict decide_without_continue(const struct arena *a);
