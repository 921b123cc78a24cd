// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * deputy-worker: serves one listener, or connection of LXC's.  Started by deputyd with the fds of
 * lib/handover.h and nothing else; whoever else starts it is told so.
 *
 * Asked to leave (SIGTERM), it finishes the call it holds and goes.  The slot
 * makes that safe without a system call a notification: the handler sees
 * whether RECV has put anything there.  Where it is to leave for a newer policy
 * it finishes only what it received before: a call that comes meanwhile stays in
 * the slot for the successor.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "lib/handover.h"
#include "lib/log.h"
#include "policy/decide.h"
#include "policy/handover_note.h"
#include "worker/caps.h"
#include "worker/emulate.h"
#include "worker/rate.h"
#include "worker/sandbox.h"
#include "worker/serve.h"

HANDOVER_NOTE_EMIT;

static struct server server;
static struct rate rate;
static volatile sig_atomic_t leaving;

/* RECV writes the whole notification or nothing, so a RECEIVING slot that is
 * still zero holds no call, and neither does one that was answered. */
static void on_sigterm(int sig)
{
	const struct slot_call *call = &server.slot->call;
	uint32_t phase =
		atomic_load_explicit(&call->phase, memory_order_acquire);

	(void)sig;
	if (phase == SLOT_IDLE || phase == SLOT_ANSWERED ||
	    (phase == SLOT_RECEIVING && call->notif.notif.id == 0 &&
	     call->notif.notif.pid == 0))
		_exit(HANDOVER_EXIT_HANGUP);
	leaving = 1;
}

/* Before all else, so that what this process holds is charged there. */
static void enter_group(void)
{
	if (fcntl(HANDOVER_GROUP, F_GETFD) < 0)
		return;
	if (write(HANDOVER_GROUP, "0", 1) < 0)
		log_event(LOG_ERR, "worker-not-bounded", LOG_E(-errno));
	(void)close(HANDOVER_GROUP);
}

/* deputyd may be short of fds, and hands its limit down. */
static void raise_fd_limit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
}

/* The policy says what is done, the source how calls come. */
static unsigned needs_of(const struct server *s, uint32_t families)
{
	unsigned needs = s->source.is_lxc ? NEED_LXC : 0;

	if (decide_reads_memory(s->policy))
		needs |= NEED_CALLER;
	if (families)
		needs |= NEED_CALLER | NEED_EMULATE;
	if (families & FAMILY_BIT(FAMILY_MKNOD))
		needs |= NEED_MKNOD;
	if (families & FAMILY_BIT(FAMILY_XATTR))
		needs |= NEED_XATTR;
	return needs;
}

static int setup(void)
{
	struct sigaction sa = { .sa_handler = on_sigterm,
				.sa_flags = SA_RESTART };
	uint32_t families;
	uint64_t caps;
	int r;

	enter_group();
	r = source_open(&server.source, &server.home);
	if (r == 0)
		r = listener_sizes_fit();
	if (r == 0)
		r = arena_map(HANDOVER_POLICY, &server.policy);
	if (r == 0)
		r = slot_map(HANDOVER_SLOT, &server.slot);
	if (r == 0)
		r = home_init(&server.home);
	if (r < 0)
		return r;
	(void)umask(0);
	rate_init(&rate, decide_rate(server.policy));
	families = decide_families(server.policy);
	caps = emulate_caps(families);
	if (decide_reads_memory(server.policy))
		caps |= CAP_BIT(SYS_PTRACE);
	server.home.caps = caps;
	server.home.childless = &server.slot->childless;
	raise_fd_limit();
	if (sigaction(SIGTERM, &sa, NULL) < 0)
		return -errno;
	r = sandbox_enter(caps, needs_of(&server, families));
	if (r == 0)
		r = slot_lock(HANDOVER_SLOT);
	if (r < 0)
		return r;
	server.home.parent = (pid_t)server.slot->identity.deputyd_pid;
	return home_rearm(&server.home);
}

static bool is_superseded(void)
{
	return atomic_load_explicit(&server.slot->superseded,
				    memory_order_acquire);
}

/* A call that began after deputyd said so is not for the old policy. */
static int serve_or_hand_over(void)
{
	if (!is_superseded())
		return serve(&server, false);
	atomic_store_explicit(&server.slot->handed_over, 1,
			      memory_order_relaxed);
	leaving = 1;
	return 0;
}

static int64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Nothing is in flight. A signal to leave ends it; deputyd repeats one that came
 * just before. */
static void wait_for_rate(void)
{
	struct timespec t = { .tv_sec = 0 };
	int64_t ns = rate.each_ns ? rate_wait_ns(&rate, now_ns()) : 0;

	if (ns == 0)
		return;
	t.tv_sec = ns / 1000000000;
	t.tv_nsec = ns % 1000000000;
	(void)ppoll(NULL, 0, &t, NULL);
}

/* Return: 0 when the last task under the filter is gone or we are to leave */
static int run(void)
{
	struct slot_call *call = &server.slot->call;
	int r = serve_recover(&server);

	while (r == 0 && !leaving && !is_superseded()) {
		wait_for_rate();
		if (leaving || is_superseded())
			break;
		memset(&call->notif, 0, sizeof(call->notif));
		atomic_store_explicit(&call->phase, SLOT_RECEIVING,
				      memory_order_release);
		r = source_recv(&server.source, call);
		if (r == LISTENER_OK) {
			slot_count(&server.slot->counters.received);
			if (rate.each_ns)
				rate_take(&rate, now_ns());
			atomic_store_explicit(&call->phase, SLOT_RECEIVED,
					      memory_order_release);
			r = serve_or_hand_over();
		} else if (r == LISTENER_AGAIN) {
			if (source_hung_up(&server.source))
				return 0;
			r = 0;
		}
	}
	return r;
}

static int print_version(void)
{
	return printf("deputy-worker %s (layout %s)\n", DEPUTY_VERSION,
		      HANDOVER_LAYOUT) < 0 || fflush(stdout) != 0 ?
		       EXIT_FAILURE :
		       EXIT_SUCCESS;
}

static int refuse_usage(void)
{
	(void)fputs("deputy-worker: only deputyd starts this program, with the "
		    "listener that it is to serve.\n"
		    "Start deputyd instead; see deputyd(8). "
		    "\"deputy-worker --version\" prints the version.\n",
		    stderr);
	return HANDOVER_EXIT_USAGE;
}

/* deputyd's fds are memfds with seals, and nobody's standard streams. */
static bool is_started_by_deputyd(void)
{
	return fcntl(HANDOVER_POLICY, F_GET_SEALS) > 0 &&
	       fcntl(HANDOVER_SLOT, F_GET_SEALS) > 0;
}

int main(int argc, char **argv)
{
	int r;

	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return print_version();
	if (argc > 1 || !is_started_by_deputyd())
		return refuse_usage();
	/* Started by an fd, the kernel named it after that, before Linux 6.14. */
	(void)prctl(PR_SET_NAME, "deputy-worker");
	log_init("deputy-worker", LOG_DEBUG);
	r = setup();
	if (r < 0) {
		log_event(LOG_ERR, "worker-setup-failed", LOG_E(r));
		_exit(HANDOVER_EXIT_SETUP);
	}
	r = run();
	if (r < 0) {
		log_event(LOG_ERR, "worker-failed", LOG_E(r));
		_exit(HANDOVER_EXIT_FAILED);
	}
	_exit(HANDOVER_EXIT_HANGUP);
}
