// SPDX-License-Identifier: LGPL-2.1-or-later
#include "lib/slot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "lib/own.h"

#define SLOT_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW)

/* FNV-1a: finds another layout and bit rot; a liar is not its business. */
static uint32_t identity_checksum(const struct slot_identity *id)
{
	const unsigned char *p = (const unsigned char *)id;
	uint32_t h = UINT32_C(2166136261);

	for (size_t i = 0; i < sizeof(*id); i++)
		h = (h ^ p[i]) * UINT32_C(16777619);
	return h;
}

/* Return: NULL with errno set when it fails */
static struct slot *map_fd(int fd)
{
	void *p = mmap(NULL, SLOT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		       0);

	return p == MAP_FAILED ? NULL : p;
}

int slot_new(const struct slot_identity *id, int *ret_fd, struct slot **ret_slot)
{
	AUTO(fd_close) int fd =
		memfd_create("deputy-slot", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct slot *s;

	if (fd < 0 || ftruncate(fd, SLOT_BYTES) < 0 ||
	    fcntl(fd, F_ADD_SEALS, SLOT_SEALS) < 0)
		return -errno;
	s = map_fd(fd);
	if (!s)
		return -errno;
	slot_identify(s, id);
	*ret_fd = TAKE_FD(fd);
	*ret_slot = s;
	return 0;
}

void slot_identify(struct slot *s, const struct slot_identity *id)
{
	s->identity = *id;
	s->checksum = identity_checksum(id);
	s->bytes = SLOT_BYTES;
	s->version = SLOT_VERSION;
	s->magic = SLOT_MAGIC;
}

int slot_map(int fd, struct slot **ret_slot)
{
	struct slot *s;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size != SLOT_BYTES ||
	    (fcntl(fd, F_GET_SEALS) & SLOT_SEALS) != SLOT_SEALS)
		return -EPROTO;
	s = map_fd(fd);
	if (!s)
		return -errno;
	if (s->magic != SLOT_MAGIC || s->version != SLOT_VERSION ||
	    s->bytes != SLOT_BYTES ||
	    s->checksum != identity_checksum(&s->identity)) {
		slot_unmap(s);
		return -EPROTO;
	}
	*ret_slot = s;
	return 0;
}

struct slot *slot_unmap(struct slot *s)
{
	if (s)
		(void)munmap(s, SLOT_BYTES);
	return NULL;
}
