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
	ARG_DIRFD,     /* int: the upper half is garbage */
	ARG_FD,	       /* int: the upper half is garbage */
	ARG_MODE,      /* umode_t: 16 bits count */
	ARG_DEV,       /* unsigned int: 32 bits count */
	ARG_SIZE,      /* size_t of the caller's ABI */
	ARG_FLAGS,     /* int */
	ARG_AT_FLAGS,  /* unsigned int: AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH */
	ARG_ARGS_SIZE, /* size_t: bytes of a struct xattr_args */
	/* pointed-to */
	ARG_PATH,
	ARG_NAME,  /* of an extended attribute */
	ARG_VALUE, /* ARG_SIZE bytes */
	ARG_OUT,   /* ARG_SIZE bytes, to be written */
	ARG_ARGS,  /* struct xattr_args: address and size of a value, flags */
	ARG_ARGS_OUT, /* struct xattr_args of a value to be written */
};

/* linux/xattr.h struct xattr_args, since Linux 6.13; the same on every ABI. */
struct call_args {
	uint64_t value;
	uint32_t size, flags;
};

struct call {
	enum call_id id;
	enum call_family family;
	int dirfd;	/* AT_FDCWD where the call has none */
	int fd;		/* -1 where the call has none */
	uint32_t mode;	/* 16 bits: type and permission, umask not applied */
	uint32_t dev;	/* as the kernel's new_decode_dev() reads it */
	uint32_t flags;
	uint64_t size; /* bytes at value_addr; UINT64_MAX: a packed call, whose
			  struct was not read yet */
	uint64_t path_addr;
	uint64_t name_addr;
	uint64_t value_addr;
	uint64_t args_addr, args_size; /* of a struct call_args, or larger */
	uint32_t at_flags;
};

/* The bit of struct seccomp_data's arch that a 64-bit ABI has, x32 with it: the
 * kernel takes x32's registers whole. linux/audit.h __AUDIT_ARCH_64BIT */
#define ARCH_64BIT UINT32_C(0x80000000)

/* Decodes @data as @id (its nr is another for each ABI). Of a 32-bit ABI 32 bits
 * of each register count: 64-bit code that makes such a call (int $0x80) may have
 * garbage above, which struct seccomp_data shows and the kernel ignores. */
void call_decode(const struct seccomp_data *data, enum call_id id,
		 struct call *ret);

/* Completes a decoded call that passes a struct xattr_args. From then on its
 * size and flags are a copy of pointed-to memory, not registers. */
void call_unpack(struct call *c, const struct call_args *args);
/* Does the call pass a struct xattr_args? */
int call_is_packed(enum call_id id);

/* Return: "mknodat", ..., or "?" for CALL_OTHER */
const char *call_name(enum call_id id);
enum call_id call_from_name(const char *name); /* CALL_OTHER: no row */
enum call_family call_family_of(enum call_id id);
/* Has this call an argument of kind @arg? */
int call_has(enum call_id id, enum call_arg arg);
/* Return: the kind of argument @i, 0..5; ARG_NONE after the last one */
enum call_arg call_arg_at(enum call_id id, int i);
/* Return: the index of the argument of kind @arg, 0..5, or -1 */
int call_index_of(enum call_id id, enum call_arg arg);

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
