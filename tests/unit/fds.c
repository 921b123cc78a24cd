// SPDX-License-Identifier: LGPL-2.1-or-later
#include "lib/fds.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/harness/test.h"

/* From now on this kernel has no close_range(2), or none of its flags. */
static void be_older(int error)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(filter) / sizeof(filter[0]), filter };

	assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	assert_int_equal(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog), 0);
}

static bool ends_with_exec(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	assert_true(flags >= 0);
	return flags & FD_CLOEXEC;
}

static void check(void)
{
	int pair[2], far;

	assert_int_equal(pipe(pair), 0);
	far = fcntl(pair[0], F_DUPFD, 500);
	assert_true(far >= 500);
	assert_int_equal(fds_close_on_exec(pair[1]), 0);
	assert_true(ends_with_exec(pair[1]));
	assert_true(ends_with_exec(far));
	assert_false(ends_with_exec(pair[0]));
	assert_false(ends_with_exec(STDERR_FILENO));
	close(far);
	close(pair[0]);
	close(pair[1]);
}

TEST(fds, end_with_exec_from_the_first_on)
{
	check();
}

TEST(fds, end_with_exec_before_linux_5_11)
{
	be_older(EINVAL);
	check();
}

TEST(fds, end_with_exec_before_linux_5_9)
{
	be_older(ENOSYS);
	check();
}
