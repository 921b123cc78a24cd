// SPDX-License-Identifier: LGPL-2.1-or-later
#include "worker/tracee.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

/* The smallest page of any architecture: a larger one only costs a call more. */
#define PAGE_BYTES 4096

/* Return: bytes copied, at least 1; 0 for a fault; -ESRCH, or another errno */
static ssize_t read_some(pid_t tid, uint64_t addr, void *buf, size_t size)
{
	struct iovec local = { .iov_base = buf, .iov_len = size };
	struct iovec remote = { .iov_base = (void *)(uintptr_t)addr,
				.iov_len = size };
	ssize_t n = process_vm_readv(tid, &local, 1, &remote, 1, 0);

	if (n < 0)
		return errno == EFAULT ? 0 : -errno;
	return n;
}

static int status_of(ssize_t n)
{
	if (n == 0)
		return TRACEE_FAULT;
	return n == -ESRCH ? TRACEE_GONE : (int)n;
}

int tracee_read_str(pid_t tid, uint64_t addr, char *buf, size_t size)
{
	size_t done = 0;

	while (done < size) {
		size_t want = PAGE_BYTES - ((addr + done) & (PAGE_BYTES - 1));
		ssize_t n;

		if (want > size - done)
			want = size - done;
		n = read_some(tid, addr + done, buf + done, want);
		if (n <= 0)
			return status_of(n);
		if (memchr(buf + done, '\0', (size_t)n))
			return TRACEE_OK;
		done += (size_t)n;
	}
	return TRACEE_TOO_LONG;
}

int tracee_read(pid_t tid, uint64_t addr, void *buf, size_t size)
{
	ssize_t n;

	if (size == 0)
		return TRACEE_OK;
	n = read_some(tid, addr, buf, size);
	if (n <= 0)
		return status_of(n);
	return (size_t)n == size ? TRACEE_OK : TRACEE_FAULT;
}
