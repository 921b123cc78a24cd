/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The rows of xattr.c: what is common to those that write attributes
 * (xattr_written.c) and those that read them (xattr_read.c).
 */

#include <stdbool.h>
#include <stddef.h>

#include "tests/live/emulation/xattr_call.h"

#define XATTR_ROW_BUF 256 /* as much of the caller's buffer is compared */

#define NO_BYTES ((size_t)1 << 40) /* .size: none at all */
#define KERNEL	 (0)		   /* .alone: the kernel says what is right */
#define DONE	 (-1) /* .alone: it succeeds, and leaves what it should */

struct xattr_memory {
	char *at;
	size_t seen; /* bytes to compare afterwards */
};

struct xattr_row {
	const char *name;
	enum how how;
	const char *path;
	int alone;	   /* KERNEL, DONE, or the errno that must come */
	const char *where; /* of an .alone row: path from the root, else .path */
	long returns;	   /* of an .alone row */
	const char *given; /* of an .alone row: what stands in the buffer */
	const char *attr;  /* NULL: trusted.deputy.a */
	const char *value; /* NULL: "v" */
	size_t size;	   /* 0: the value's own, 64 where one is read */
	int flags;
	int fd; /* 0: AT_FDCWD, or an open .path */
	unsigned at_flags;
	size_t args_bytes;
	bool null_path;
	void (*prepare)(const char *root, bool native); /* by the host */
	void (*become)(void);				/* by the caller */
	struct xattr_memory (*memory)(void); /* in place of a buffer */
	const char *(*attr_memory)(void);    /* in place of .attr */
};

extern const struct xattr_row xattr_rows_written[]; /* .name NULL at the end */
extern const struct xattr_row xattr_rows_read[];

/* The attribute's name in the one and the other run. */
const char *xattr_row_attr(const struct xattr_row *row, bool native);

/* -- what many rows do ------------------------------------------------------------ */

void xattr_have_file(const char *root, bool native);  /* /box/f */
void xattr_have_attr(const char *root, bool native);  /* a = "old" on it */
void xattr_have_links(const char *root, bool native); /* l, abs, loop */
void xattr_have_unmapped(const char *root, bool native);
void xattr_have_unmapped_group(const char *root, bool native);
void xattr_put(const char *root, const char *name, const char *attr,
	       const char *value);

void xattr_user_1000(void); /* with CAP_SYS_ADMIN */
void xattr_root_without_admin(void);
void xattr_nested_userns(void);
void xattr_in_box(void);
void xattr_chrooted(void);
void xattr_file_is_fd_20(void);
void xattr_path_is_fd_20(void);
void xattr_box_is_fd_20(void);
void xattr_readonly_bind(void);
