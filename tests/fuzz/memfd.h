/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

/* Return: a memfd with these bytes and seals (F_SEAL_*), the caller's */
static inline int memfd_of(const void *data, size_t bytes, int seals)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	FUZZ_ASSERT(fd >= 0);
	FUZZ_ASSERT(write(fd, data, bytes) == (ssize_t)bytes);
	FUZZ_ASSERT(fcntl(fd, F_ADD_SEALS, seals) == 0);
	return fd;
}
