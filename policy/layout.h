/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The bytes of an arena: struct arena, then tables that it names by offset and
 * count.  compile.c writes them, arena.c checks every offset and index once,
 * decide.c then follows them unchecked.
 *
 *   nrs ──► calls ──► gates
 *                 └─► rules ──► devices
 *                           ├─► names ───► bytes
 *                           └─► values ──► bytes
 *
 * Both sides are built from one tree, so a change here raises ARENA_VERSION and
 * nothing else.
 */

#include <stddef.h>
#include <stdint.h>

#include "lib/verdict.h"

#define ARENA_MAGIC	UINT64_C(0x6372615f74706564) /* "dept_arc" */
#define ARENA_VERSION	9
#define ARENA_MAX_BYTES (16 * 1024 * 1024)

struct arena_span {
	uint32_t offset; /* bytes from the start; a multiple of 8 */
	uint32_t n;	 /* elements */
};

struct arena {
	uint64_t magic;
	uint32_t version;
	uint32_t bytes;	   /* of the whole arena */
	uint32_t families; /* FAMILY_BIT() of each emulated one */
	uint32_t reads_memory;
	uint32_t rate; /* calls a second; 0: no limit */
	uint32_t zero;
	struct verdict fail;
	struct verdict without_continue;
	struct verdict def; /* the policy's "default" */
	struct arena_span nrs, calls, gates, rules, devices, names, values, ids, text;
};

/* Sorted by arch, then nr; no pair twice. */
struct arena_nr {
	uint32_t arch, nr; /* as in struct seccomp_data */
	uint32_t call;
	uint32_t abi; /* its bit in the rules' abis, below 32 */
};

struct arena_call {
	uint32_t id; /* enum call_id */
	uint32_t first_rule, n_rules; /* in rules and gates */
	uint32_t needs_name;
	uint32_t needs_args; /* the struct that a packed call passes */
	uint32_t closed; /* a rule or the default denies it, not as advice */
	uint32_t name, name_bytes; /* in text, for the log */
};

/*
 * The first check of a rule.  The rule can match only if (word & mask) == key,
 * for the word at offset @at of the call's struct probe.  So the scan reads
 * only these 24 bytes of most rules.
 */
struct arena_gate {
	uint64_t mask, key;
	uint32_t at;
	uint32_t types; /* 1 << (mode >> 12) */
};

enum arena_rule_flag {
	ARENA_EMULATE = 1 << 0,
	ARENA_LOG = 1 << 1,
	ARENA_MATCH_DEVICE = 1 << 2,
	ARENA_MATCH_NAME = 1 << 3,
	ARENA_MATCH_VALUE = 1 << 4,
	/* of the caller */
	ARENA_MATCH_UID = 1 << 5,
	ARENA_MATCH_GID = 1 << 6,
	ARENA_MATCH_CAPS = 1 << 7,
	ARENA_MATCH_ROOT = 1 << 8,
	ARENA_MATCH_NOT_ROOT = 1 << 9,
	ARENA_MATCH_CALLER = ARENA_MATCH_UID | ARENA_MATCH_GID |
			     ARENA_MATCH_CAPS | ARENA_MATCH_ROOT |
			     ARENA_MATCH_NOT_ROOT,
	ARENA_MATCH_DIRECTORY = 1 << 10,
	ARENA_RULE_FLAGS = (1 << 11) - 1
};

/* A condition on a register: every bit of @all, at least one of @any (if it is
 * not 0) and no bit of @none must be set. If zeroed, it always holds. */
struct bits {
	uint32_t all, any, none;
};

static inline int bits_hold(const struct bits *b, uint32_t v)
{
	return (v & b->all) == b->all && (!b->any || (v & b->any)) &&
	       !(v & b->none);
}

static inline int bits_hold_always(const struct bits *b)
{
	return !b->all && !b->any && !b->none;
}

/* One rule for one call: a rule that names three calls is here three times. A
 * key that the rule does not have gets a value that holds for every call. */
struct arena_rule {
	uint32_t flags;	     /* enum arena_rule_flag */
	uint32_t index;	     /* in the policy's "rules" */
	uint32_t abis;	     /* 1 << abi of a struct arena_nr */
	uint32_t types;	     /* 1 << (mode >> 12) */
	uint32_t unopenable; /* enum unopenable */
	uint32_t first_device, n_devices;
	uint32_t first_name, n_names;
	uint32_t first_value, n_values;
	uint32_t first_uid, n_uids; /* in ids */
	uint32_t first_gid, n_gids;
	uint32_t first_directory, n_directories; /* in names; PREFIX: and below */
	uint64_t caps; /* 1 << CAP_*: all of them */
	struct bits mode, call_flags;
	uint64_t min_size, max_size;
	struct verdict verdict;
};

struct arena_device {
	uint32_t major;
	uint32_t first_minor, last_minor;
};

enum arena_name_kind {
	ARENA_NAME_EXACT = 0,
	ARENA_NAME_PREFIX,
	ARENA_NAME_GLOB
};

struct arena_name {
	uint32_t text, bytes;
	uint32_t kind;
};

struct arena_id {
	uint32_t first, last; /* as the container sees them */
};

struct arena_value {
	uint32_t text, bytes; /* at most DECIDE_VALUE_MAX_BYTES */
};

static inline const void *arena_at(const struct arena *a, struct arena_span s)
{
	return (const char *)a + s.offset;
}
