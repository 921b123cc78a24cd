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

static int refuse(const char **why, const char *text)
{
	*why = text;
	return -EPROTO;
}

/* Whatever it says. @ret_why: on -EPROTO, a sentence */
static int map_sealed(int fd, struct slot **ret_slot, const char **ret_why)
{
	struct slot *s;
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS); /* first: only a memfd has any, and
					       fstat() of it does not block */

	if (seals < 0 || (seals & SLOT_SEALS) != SLOT_SEALS)
		return refuse(ret_why, "not a memfd with the seals of a slot");
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size != SLOT_BYTES)
		return refuse(ret_why, "not the size of a slot");
	s = map_fd(fd);
	if (!s)
		return -errno;
	*ret_slot = s;
	return 0;
}

int slot_renew(int fd, struct slot **ret_slot)
{
	const char *why;
	int r = map_sealed(fd, ret_slot, &why);

	if (r == 0)
		memset(*ret_slot, 0, SLOT_BYTES);
	return r;
}

int slot_adopt(int fd, struct slot **ret_slot, const char **ret_why)
{
	struct slot *s;
	int r = map_sealed(fd, &s, ret_why);

	if (r < 0)
		return r;
	if (s->magic == SLOT_MAGIC && s->version == SLOT_VERSION &&
	    s->bytes == SLOT_BYTES) {
		*ret_slot = s;
		return 0;
	}
	*ret_why = s->magic != SLOT_MAGIC ? "no slot" :
					    "a slot of another version of deputyd";
	slot_unmap(s);
	return -EPROTO;
}

int slot_map(int fd, struct slot **ret_slot)
{
	const char *why;
	struct slot *s;
	int r = slot_adopt(fd, &s, &why);

	if (r < 0)
		return r;
	if (s->checksum != identity_checksum(&s->identity)) {
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

int slot_lock(int fd)
{
	const struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = getpid(),
		.l_len = 1,
	};

	return fcntl(fd, F_SETLK, &lock) < 0 ? -errno : 0;
}

/* Any lock behind @after and before @end (0: no end), the kernel's choice. */
static pid_t any_locker(int fd, pid_t after, pid_t end)
{
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = after + (off_t)1,
		.l_len = end ? end - after - 1 : 0,
	};

	if (fcntl(fd, F_GETLK, &lock) < 0)
		return -errno;
	if (lock.l_type == F_UNLCK)
		return 0;
	if (lock.l_len != 1 || lock.l_start <= after || lock.l_start > INT32_MAX)
		return -EPROTO;
	return (pid_t)lock.l_start;
}

/* F_GETLK reports the lock that was taken first: look below it until none is. */
pid_t slot_locker(int fd, pid_t after)
{
	pid_t lowest = 0;

	for (int i = 0; i <= SLOT_LOCKERS_MAX; i++) {
		pid_t pid = 0;

		if (lowest != after + 1)
			pid = any_locker(fd, after, lowest);
		if (pid < 0)
			return pid;
		if (pid == 0)
			return lowest;
		lowest = pid;
	}
	return -EPROTO;
}
