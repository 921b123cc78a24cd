// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A worker that does what the call's device number says (fixture.h): how
 * deputyd copes with each kind of worker is tested without a policy.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/handover.h"
#include "lib/listener.h"
#include "lib/slot.h"
#include "policy/handover_note.h"
#include "tests/live/daemon/fixture.h"

HANDOVER_NOTE_EMIT;

static struct slot *slot;

static void on_sigterm(int sig)
{
	uint32_t phase = atomic_load(&slot->call.phase);

	if (phase != SLOT_RECEIVED)
		_exit(HANDOVER_EXIT_HANGUP);
}

static void set_phase(uint32_t phase)
{
	atomic_store(&slot->call.phase, phase);
}

static void answer(const struct seccomp_notif *n, const struct verdict *v)
{
	(void)listener_send(HANDOVER_LISTENER, n->id, v);
	set_phase(SLOT_ANSWERED);
}

static void serve(bool again)
{
	const struct seccomp_notif *n = &slot->call.notif.notif;
	const struct verdict exdev = verdict_errno(EXDEV),
			     go_on = listener_can_continue(HANDOVER_LISTENER) ?
					     verdict_continue() :
					     verdict_errno(ENOENT);
	unsigned order = (unsigned)n->data.args[3];

	switch (order) {
	case STANDIN_CONTINUE:
		answer(n, &go_on);
		return;
	case STANDIN_CRASH:
		_exit(99);
	case STANDIN_CRASH_ONCE:
		if (!again)
			(void)raise(SIGKILL);
		break;
	case STANDIN_SLOW_START:
		if (!again)
			(void)raise(SIGKILL);
		break;
	case STANDIN_HANG:
	case STANDIN_HANG_ONCE:
		while (order == STANDIN_HANG || !again)
			(void)pause();
		break;
	default:
		break;
	}
	answer(n, &exdev);
	if (order == STANDIN_BAD_PHASE) {
		memset(slot, 0xff, SLOT_BYTES);
		_exit(99);
	}
	if (order == STANDIN_DIE_IDLE)
		_exit(99);
}

int main(void)
{
	struct sigaction sa = { .sa_handler = on_sigterm };
	struct slot_call *call;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (listener_check(HANDOVER_LISTENER) < 0 ||
	    slot_map(HANDOVER_SLOT, &slot) < 0 || slot_lock(HANDOVER_SLOT) < 0)
		return HANDOVER_EXIT_SETUP;
	call = &slot->call;
	if (call->notif.notif.data.args[3] == STANDIN_SLOW_START &&
	    atomic_load(&call->phase) == SLOT_RECEIVED &&
	    atomic_fetch_add(&slot->counters.gone, 1) < STANDIN_SLOW_STARTS)
		(void)pause();
	(void)sigaction(SIGTERM, &sa, NULL);
	if (atomic_load(&call->phase) == SLOT_RECEIVED ||
	    (atomic_load(&call->phase) == SLOT_RECEIVING && call->notif.notif.id))
		serve(true);
	for (;;) {
		int r;

		memset(&call->notif, 0, sizeof(call->notif));
		set_phase(SLOT_RECEIVING);
		r = listener_recv(HANDOVER_LISTENER, &call->notif);
		if (r == LISTENER_OK) {
			set_phase(SLOT_RECEIVED);
			slot_count(&slot->counters.received);
			serve(false);
		} else if (listener_hung_up(HANDOVER_LISTENER)) {
			return HANDOVER_EXIT_HANGUP;
		}
	}
}
