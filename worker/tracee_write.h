/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Writing into the memory of the waiting thread.
 *
 * process_vm_writev(2) names a TID, and between a check and the write that may
 * be another's: a process of the host, even.  So the memory is opened first,
 * the notification's id is checked then, and whatever dies afterwards the fd
 * leads to that memory alone.  Through /proc/TID/mem the kernel writes past a
 * page's protection, though; where the caller itself could write is read from
 * its maps.  (A thread that changes them meanwhile only cheats itself.)
 */

#include <stddef.h>
#include <stdint.h>

struct tracee_memory {
	int mem_fd, maps_fd; /* -1, or open */
};

/**
 * tracee_memory_open() - pin the memory
 * @proc_fd: of /proc/TID
 * @m:       both -1; to tracee_memory_close() whatever the result
 * Return: TRACEE_OK, TRACEE_GONE, or a negative errno of ours
 */
int tracee_memory_open(int proc_fd, struct tracee_memory *m);
void tracee_memory_close(struct tracee_memory *m);

/**
 * tracee_memory_write() - copy to the thread, once
 * As the kernel's own copy it leaves what fits before a fault.
 * Return: TRACEE_OK, TRACEE_FAULT, TRACEE_GONE, or a negative errno of ours
 */
int tracee_memory_write(const struct tracee_memory *m, uint64_t addr,
			const void *buf, size_t size);
