/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * linux/seccomp.h, and definitions that an older version of that header lacks (the
 * system's, or that of -DDEPUTY_KERNEL_TREE).  lib/kfeat.h finds out whether the
 * running kernel has the feature.
 *
 * Every number is the kernel's own.  A comment names the first Linux that has it.
 */

#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>

#ifndef SECCOMP_USER_NOTIF_FLAG_CONTINUE /* 5.5 */
#define SECCOMP_USER_NOTIF_FLAG_CONTINUE (1UL << 0)
#endif

#ifndef SECCOMP_IOCTL_NOTIF_ADDFD /* 5.9 */
struct seccomp_notif_addfd {
	uint64_t id;
	uint32_t flags;
	uint32_t srcfd;
	uint32_t newfd;
	uint32_t newfd_flags;
};
#define SECCOMP_IOCTL_NOTIF_ADDFD _IOW('!', 3, struct seccomp_notif_addfd)
#endif

#ifndef SECCOMP_ADDFD_FLAG_SEND /* 5.14 */
#define SECCOMP_ADDFD_FLAG_SEND (1UL << 1)
#endif

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV /* 5.19 */
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP /* 6.6 */
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS	   _IOW('!', 4, uint64_t)
#endif

#ifndef SECCOMP_IOCTL_NOTIF_REQUEUE /* none yet: kernel/series-6.1 */
#define SECCOMP_IOCTL_NOTIF_REQUEUE _IO('!', 15)
#endif
