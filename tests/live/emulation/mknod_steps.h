/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Steps that the rows of more than one table take: what the host lays in the
 * box, what the caller does before its call.
 */

#include <sys/acl.h>

#include "tests/live/emulation/caller.h"

/* -- by the host ------------------------------------------------------------- */

void have_file(const char *root);
void have_dir(const char *root);
/* rel, abs, up: to dir; dangling; loop */
void have_links(const char *root);
void box_0700(const char *root);
void box_setgid(const char *root); /* 0:7 02777 */
void box_acl(const char *root, acl_type_t type, const char *text);
void box_acl_default(const char *root);

/* -- by the caller ------------------------------------------------------------ */

int in_box(void);
int umask_077(void);
int umask_0(void);
int dirfd_box(void);
int chrooted(void);
int cwd_deleted(void);
int box_is_fd_20(void);
int user_1000(void); /* holds CAP_MKNOD */
int user_1000_group_7(void);
int no_capability(void);
int fsetid_outsider(void);
int fsetid_holder(void);
/* A child that only waits, the container's process 2, in /box. */
int another_process(void);
