// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/own.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* FNV-1a, as a slot's. */
static uint32_t checksum_of(const char *p, size_t n)
{
	uint32_t h = UINT32_C(2166136261);

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)p[i]) * UINT32_C(16777619);
	return h;
}

static int write_all(int fd, const void *data, size_t n)
{
	const char *p = data;

	while (n > 0) {
		ssize_t r = write(fd, p, n);

		if (r < 0 && errno != EINTR)
			return -errno;
		if (r > 0) {
			p += r;
			n -= (size_t)r;
		}
	}
	return 0;
}

int sealed_new(uint32_t magic, const char *text, size_t bytes)
{
	const struct sealed_header h = { magic, SEALED_VERSION, (uint32_t)bytes,
					 checksum_of(text, bytes) };
	AUTO(fd_close)
	int fd = memfd_create("deputy-record", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, &h, sizeof(h));
	if (r == 0)
		r = write_all(fd, text, bytes);
	if (r == 0 && fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		r = -errno;
	return r < 0 ? r : TAKE_FD(fd);
}

static int refuse(const char **why, const char *text)
{
	*why = text;
	return -EPROTO;
}

/* @s: its mapping, that nobody can change */
static int check(struct sealed *s, uint32_t magic, const char **why)
{
	const struct sealed_header *h = s->map;

	s->text = (const char *)(h + 1);
	s->bytes = s->map_bytes - sizeof(*h);
	if (h->magic != magic)
		return refuse(why, "no record");
	if (h->version != SEALED_VERSION)
		return refuse(why, "a record of another version of deputyd");
	if (h->bytes != s->bytes || h->checksum != checksum_of(s->text, s->bytes))
		return refuse(why, "a record with a wrong checksum");
	return 0;
}

int sealed_read(int fd, uint32_t magic, size_t max, struct sealed *ret,
		const char **ret_why)
{
	int seals = fcntl(fd, F_GET_SEALS); /* first, as in lib/slot.c */
	struct sealed s;
	struct stat st;
	int r;

	if (seals < 0 || (seals & SEALS) != SEALS)
		return refuse(ret_why,
			      "not a memfd with the seals of a record");
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size < (off_t)sizeof(struct sealed_header) ||
	    (uint64_t)st.st_size > sizeof(struct sealed_header) + max)
		return refuse(ret_why, "not the size of a record");
	s.map_bytes = (size_t)st.st_size;
	s.map = mmap(NULL, s.map_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
	if (s.map == MAP_FAILED)
		return -errno;
	r = check(&s, magic, ret_why);
	if (r < 0)
		sealed_done(&s);
	else
		*ret = s;
	return r;
}

void sealed_done(struct sealed *s)
{
	(void)munmap(s->map, s->map_bytes);
}
