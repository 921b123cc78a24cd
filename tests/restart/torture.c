// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * torture: containers under load, while deputyd and its workers are killed,
 * restarted, upgraded and starved.  For the inside of boot.sh only: it takes
 * over /etc/deputy and deputyd.service.
 *
 * Exit status 0: not one wrong answer, all bounds kept, nothing left over.
 */
#include "tests/restart/torture.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/restart/jail.h"
#include "tests/restart/service.h"

#define POLICY_DIR    "/etc/deputy"
#define POLICY_FILE   POLICY_DIR "/policy.json"
#define LEFT_OVER_MS  (20 * 1000)
#define RSS_SLACK_KIB 2048 /* beside a deputyd that has just started */

static pid_t torture_pid; /* its containers are forked from it */

/* Once we are gone, so are the containers, and their workers. */
static void show_workers(void)
{
	static const char script[] =
		"ps -o pid,ppid,stat,wchan:24,args -e;"
		"for p in $(pgrep -x deputy-worker | head -n 8); do "
		"echo worker $p: $(cat /proc/$p/syscall); done";

	if (getpid() == torture_pid && system(script) != 0)
		(void)printf("(no processes can be shown)\n");
}

void die(const char *fmt, ...)
{
	va_list ap;

	(void)printf("torture: ");
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)printf("\n");
	(void)fflush(NULL);
	show_workers();
	_exit(1);
}

void write_policy(bool other)
{
	static const char text[] =
		"{\"version\":1,\"policies\":{\"torture\":{\"rules\":["
		"{\"syscalls\":[\"@mknod\"],\"match\":{\"type\":\"char\","
		"\"device\":[\"1:3\"]},\"action\":\"emulate\"},"
		"{\"syscalls\":[\"@mknod\"],\"match\":{\"type\":\"block\"},"
		"\"action\":{\"errno\":\"EXDEV\"}},"
		"{\"syscalls\":[\"@mknod\"],\"match\":{\"type\":\"char\","
		"\"device\":[\"7:7\"]},\"action\":{\"return\":0}},"
		"%s"
		"{\"syscalls\":[\"@setxattr\"],\"match\":{\"name\":"
		"\"trusted.overlay.opaque\",\"value\":\"y\"},"
		"\"action\":\"emulate\"},"
		"{\"syscalls\":[\"removexattr\",\"lremovexattr\","
		"\"fremovexattr\"],\"match\":{\"name\":"
		"\"trusted.overlay.opaque\"},\"action\":\"emulate\"}"
		"],\"default\":\"continue\"}},"
		"\"bindings\":[{\"when\":{},\"policy\":\"torture\"}]}\n";
	static const char more[] =
		"{\"syscalls\":[\"@mknod\"],\"match\":{\"type\":\"char\","
		"\"device\":[\"9:9\"]},\"action\":{\"errno\":\"ENOTTY\"}},";
	FILE *f;

	(void)mkdir(POLICY_DIR, 0755);
	f = fopen(POLICY_FILE, "we");
	/* The umask is 0, and deputyd takes no policy that anybody may write. */
	if (!f || fchmod(fileno(f), 0644) < 0 ||
	    fprintf(f, text, other ? more : "") < 0 || fclose(f) != 0)
		die("%s: %s", POLICY_FILE, strerror(errno));
}

static int usage(void)
{
	(void)printf("Usage: torture [--long] [OPTION...]\n\n"
		     "  --%-14s the long form\n",
		     "long");
#define X(member, option, small, big, help)                                    \
	(void)printf("  --%-14s %s (%d, long %d)\n", option, help, small, big);
	TORTURE_OPTIONS(X)
#undef X
	return 2;
}

static int parse(struct torture *t, int argc, char **argv)
{
	static const struct option options[] = { { "long", no_argument, NULL,
						   'l' },
#define X(member, option, small, big, help)                                    \
	{ option, required_argument, NULL, 'n' },
						 TORTURE_OPTIONS(X)
#undef X
							 { 0 } };
	uint32_t *const values[] = {
#define X(member, option, small, big, help) &t->member,
		TORTURE_OPTIONS(X)
#undef X
	};
	static const uint32_t big_values[] = {
#define X(member, option, small, big, help) big,
		TORTURE_OPTIONS(X)
#undef X
	};
	int c, index;

	while ((c = getopt_long(argc, argv, "", options, &index)) != -1) {
		if (c == 'n')
			*values[index - 1] = (uint32_t)strtoul(optarg, NULL, 10);
		else if (c == 'l')
			for (size_t i = 0; i < ARRAY_SIZE(values); i++)
				*values[i] = big_values[i];
		else
			return -EINVAL;
	}
	return optind == argc ? 0 : -EINVAL;
}

/* Nothing of the torture's may still be there. */
static unsigned long compare(const struct census *base, const struct census *now)
{
	unsigned long wrong = 0;

	wrong += now->fds != base->fds;
	wrong += now->stored != base->stored;
	wrong += now->processes != base->processes;
	wrong += now->mounts != base->mounts;
	wrong += now->nodes != base->nodes;
#ifndef DEPUTY_SANITIZED /* AddressSanitizer keeps what strangers' messages took */
	wrong += now->rss_kib > base->rss_kib + RSS_SLACK_KIB;
#endif
	if (wrong)
		(void)printf("wrong: something is left over\n");
	return wrong;
}

static void make_dir(struct torture *t)
{
	static char dir[] = "/tmp/torture.XXXXXX";

	if (!mkdtemp(dir) || chmod(dir, 0755) < 0 ||
	    mount("torture", dir, "tmpfs", MS_NOSUID, "mode=755") < 0)
		die("%s: %s", dir, strerror(errno));
	t->dir = dir;
}

int main(int argc, char **argv)
{
	struct torture t = {
#define X(member, option, small, big, help) .member = small,
		TORTURE_OPTIONS(X)
#undef X
	};
	struct census base, end;
	long until_ms;
	unsigned long wrong = 0;

	if (parse(&t, argc, argv) < 0)
		return usage();
	torture_pid = getpid();
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	(void)umask(0);
	make_dir(&t);
	write_policy(false);
	systemctl("start", SERVICE_UNIT);
	service_settle(0, 10);
	census_take(&base);
	census_print("before", &base);

	wrong += pauses(&t, 1);
	wrong += pauses_beside_hanging(&t);
	wrong += neighbours(&t);
	if (t.crowd)
		wrong += pauses(&t, t.crowd);
	wrong += full_store(&t);
	wrong += havoc(&t);

	service_settle(0, 20);
	/* deputyd may just wait for fds, or for the rest of a stranger's message. */
	until_ms = now_ms() + LEFT_OVER_MS * SLOWNESS;
	do
		census_take(&end);
	while (end.fds != base.fds && now_ms() < until_ms);
	census_print("after", &end);
	wrong += compare(&base, &end);
	if (rmdir(t.dir) < 0 && errno != EBUSY)
		(void)printf("%s: %s\n", t.dir, strerror(errno));
	(void)printf("%s: %lu wrong\n",
		     wrong ? "torture: failed" : "torture: good", wrong);
	return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
