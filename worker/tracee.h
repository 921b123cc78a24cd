/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The memory of the waiting thread, read once.
 *
 * process_vm_readv(2) sees what the thread itself would see: EFAULT on a hole
 * or PROT_NONE, which /proc/PID/mem reads through.  What is copied may belong
 * to another process by then (the TID reused): the notification's id is to be
 * checked after the last read and before anything is done with the copy.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum tracee_status {
	TRACEE_OK = 0,
	TRACEE_FAULT,	 /* where the kernel would say EFAULT */
	TRACEE_TOO_LONG, /* no NUL within the size */
	TRACEE_GONE,	 /* no such thread any more */
};

/**
 * tracee_read_str() - copy a string out of the waiting thread
 * @tid:  seccomp_notif.pid
 * @addr: unchecked
 * @buf:  caller's; NUL-terminated on TRACEE_OK, else undefined
 * @size: bytes in @buf, NUL included
 *
 * Never reads past the page that the string ends in.
 * Return: enum tracee_status (handle all of it), or a negative errno of ours
 */
int tracee_read_str(pid_t tid, uint64_t addr, char *buf, size_t size);

/* The same for exactly @size bytes; TRACEE_TOO_LONG does not occur. */
int tracee_read(pid_t tid, uint64_t addr, void *buf, size_t size);
