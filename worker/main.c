// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * deputy-worker: serves one listener, or connection of LXC's.  Started by deputyd with the fds of
 * lib/handover.h and nothing else.
 *
 * Asked to leave (SIGTERM), it finishes the call it holds and goes.  The slot
 * makes that safe without a system call a notification: the handler sees
 * whether RECV has put anything there.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/handover.h"
#include "lib/log.h"
#include "policy/decide.h"
#include "worker/caps.h"
#include "worker/emulate.h"
#include "worker/sandbox.h"
#include "worker/serve.h"

static struct server server;
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

static int setup(void)
{
	struct sigaction sa = { .sa_handler = on_sigterm,
				.sa_flags = SA_RESTART };
	uint32_t families;
	uint64_t caps;
	int r;

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
	families = decide_families(server.policy);
	caps = emulate_caps(families);
	if (decide_reads_memory(server.policy))
		caps |= CAP_BIT(SYS_PTRACE);
	server.home.caps = caps;
	if (sigaction(SIGTERM, &sa, NULL) < 0)
		return -errno;
	r = sandbox_enter(caps);
	return r < 0 ? r : home_rearm(&server.home);
}

/* Return: 0 when the last task under the filter is gone or we are to leave */
static int run(void)
{
	struct slot_call *call = &server.slot->call;
	int r = serve_recover(&server);

	while (r == 0 && !leaving) {
		memset(&call->notif, 0, sizeof(call->notif));
		atomic_store_explicit(&call->phase, SLOT_RECEIVING,
				      memory_order_release);
		r = source_recv(&server.source, call);
		if (r == LISTENER_OK) {
			slot_count(&server.slot->counters.received);
			atomic_store_explicit(&call->phase, SLOT_RECEIVED,
					      memory_order_release);
			r = serve(&server, false);
		} else if (r == LISTENER_AGAIN) {
			if (source_hung_up(&server.source))
				return 0;
			r = 0;
		}
	}
	return r;
}

int main(void)
{
	int r;

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
