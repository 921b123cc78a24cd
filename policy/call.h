/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * One notified call, decoded from its registers.
 *
 * Each argument is a *register* (mode, device, size, flags, an fd's number),
 * which nobody can change once the call is notified, or *pointed-to* (path,
 * name, value): bytes in memory that another thread may rewrite at any time.
 * A call carries the addresses of the latter; reading them is the worker's.
 */

#include <linux/seccomp.h>
#include <stdint.h>

enum call_id {
	CALL_OTHER = 0, /* known by name only: nothing to decode */
#define X(name, ...) CALL_##name,
#include "policy/syscall.def"
#undef X
	CALL_IDS
};

enum call_family { FAMILY_NONE = 0, FAMILY_MKNOD, FAMILY_XATTR, FAMILIES };
#define FAMILY_BIT(f) (UINT32_C(1) << (f))

enum call_arg {
	ARG_NONE = 0,
	/* registers */
	ARG_DIRFD, /* int: the upper half is garbage */
	ARG_FD,	   /* the same */
	ARG_MODE,  /* umode_t: 16 bits count */
	ARG_DEV,   /* unsigned int: 32 bits count */
	ARG_SIZE,  /* size_t of the caller's ABI */
	ARG_FLAGS, /* int */
	/* pointed-to */
	ARG_PATH,
	ARG_NAME,  /* of an extended attribute */
	ARG_VALUE, /* ARG_SIZE bytes */
};

struct call {
	enum call_id id;
	enum call_family family;
	int dirfd;	/* AT_FDCWD where the call has none */
	int fd;		/* -1 where the call has none */
	uint32_t mode;	/* 16 bits: type and permission, umask not applied */
	uint32_t dev;	/* as the kernel's new_decode_dev() reads it */
	uint32_t flags;
	uint64_t size;	/* bytes at value_addr */
	uint64_t path_addr;
	uint64_t name_addr;
	uint64_t value_addr;
};

/* Decodes @data as @id (not its nr, which is another for each ABI). */
void call_decode(const struct seccomp_data *data, enum call_id id,
		 struct call *ret);

/* Return: "mknodat", ..., or "?" for CALL_OTHER */
const char *call_name(enum call_id id);
enum call_id call_from_name(const char *name); /* CALL_OTHER: no row */
enum call_family call_family_of(enum call_id id);
/* Has this call an argument of kind @arg? */
int call_has(enum call_id id, enum call_arg arg);
/* The kind of argument @i, 0..5; ARG_NONE behind the last one. */
enum call_arg call_arg_at(enum call_id id, int i);

/* The kernel's 32-bit encoding, include/linux/kdev_t.h: 12 bits, 20 bits. */
static inline uint32_t dev_major(uint32_t dev)
{
	return (dev & 0xfff00) >> 8;
}
static inline uint32_t dev_minor(uint32_t dev)
{
	return (dev & 0xff) | ((dev >> 12) & 0xfff00);
}
static inline uint32_t dev_make(uint32_t major, uint32_t minor)
{
	return (minor & 0xff) | major << 8 | (minor & 0xfff00) << 12;
}
