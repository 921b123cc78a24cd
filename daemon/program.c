// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADERS_MAX	64
#define NOTES_MAX_BYTES 4096 /* of one segment of notes */
#define ELF_CLASS_OURS	(sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32)

static bool read_at(int fd, void *buf, size_t n, uint64_t at)
{
	return pread(fd, buf, n, (off_t)at) == (ssize_t)n;
}

static size_t align4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* @ret: HANDOVER_NOTE_MAX_BYTES. Return: did one of these notes say it? */
static bool find_note(const char *notes, size_t size, char *ret)
{
	ElfW(Nhdr) n;
	size_t at = 0;

	while (at + sizeof(n) <= size) {
		const char *owner, *text;

		memcpy(&n, notes + at, sizeof(n));
		at += sizeof(n);
		if (n.n_namesz > size || n.n_descsz > size ||
		    align4(n.n_namesz) + align4(n.n_descsz) > size - at)
			return false;
		owner = notes + at;
		text = owner + align4(n.n_namesz);
		at += align4(n.n_namesz) + align4(n.n_descsz);
		if (n.n_type != HANDOVER_NOTE_TYPE ||
		    n.n_namesz != sizeof(HANDOVER_NOTE_OWNER) ||
		    memcmp(owner, HANDOVER_NOTE_OWNER, n.n_namesz) != 0)
			continue;
		if (n.n_descsz == 0 || n.n_descsz > HANDOVER_NOTE_MAX_BYTES ||
		    text[n.n_descsz - 1] != '\0')
			return false;
		memcpy(ret, text, n.n_descsz);
		return true;
	}
	return false;
}

/* elf(5). Return: false: no program for this machine, or without such a note */
static bool read_note(int fd, char *ret)
{
	char notes[NOTES_MAX_BYTES];
	ElfW(Ehdr) e;
	ElfW(Phdr) h;

	if (!read_at(fd, &e, sizeof(e), 0) ||
	    memcmp(e.e_ident, ELFMAG, SELFMAG) != 0 ||
	    e.e_ident[EI_CLASS] != ELF_CLASS_OURS ||
	    e.e_phentsize != sizeof(h) || e.e_phnum > HEADERS_MAX)
		return false;
	for (unsigned i = 0; i < e.e_phnum; i++)
		if (read_at(fd, &h, sizeof(h), e.e_phoff + i * sizeof(h)) &&
		    h.p_type == PT_NOTE && h.p_filesz <= sizeof(notes) &&
		    read_at(fd, notes, h.p_filesz, h.p_offset) &&
		    find_note(notes, h.p_filesz, ret))
			return true;
	return false;
}

static void refuse(struct program *p, const char *reason)
{
	(void)snprintf(p->why, sizeof(p->why),
		       "deputyd cannot start its worker, %s: %s", p->path, reason);
}

static bool is_fit(struct program *p, const char *note)
{
	const char *layout = strchr(note, ' ');
	char reason[224];

	if (layout && strcmp(layout + 1, HANDOVER_LAYOUT) == 0)
		return true;
	(void)snprintf(reason, sizeof(reason),
		       "it is version %.*s (layout %s), and deputyd is " DEPUTY_VERSION
		       " (layout " HANDOVER_LAYOUT "): install both from one "
		       "release, then restart deputyd",
		       layout ? (int)(layout - note) : 0, note,
		       layout ? layout + 1 : "?");
	refuse(p, reason);
	return false;
}

/* Return: an fd, or -1 with p->why. The path is the administrator's: a FIFO there
 * must not stop deputyd. */
static int open_fit(struct program *p, char *ret_note)
{
	AUTO(fd_close) int fd = -1;
	struct stat st;

	if (faccessat(AT_FDCWD, p->path, X_OK, AT_EACCESS) == 0)
		fd = open(p->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0) {
		refuse(p, strerror(errno));
		return -1;
	}
	if (!S_ISREG(st.st_mode) || !read_note(fd, ret_note)) {
		refuse(p, "the file is no deputy-worker for this machine");
		return -1;
	}
	return is_fit(p, ret_note) ? TAKE_FD(fd) : -1;
}

void program_init(struct program *p, const char *path)
{
	*p = (struct program){ .path = path, .fd = -1 };
}

void program_done(struct program *p)
{
	p->fd = fd_close(p->fd);
}

const char *program_open(struct program *p)
{
	if (p->fd < 0)
		program_renew(p);
	return p->fd < 0 ? p->why : NULL;
}

void program_renew(struct program *p)
{
	char note[HANDOVER_NOTE_MAX_BYTES];
	int fd = open_fit(p, note);

	if (fd < 0)
		return;
	(void)fd_close(p->fd);
	p->fd = fd;
	memcpy(p->note, note, sizeof(note));
}
