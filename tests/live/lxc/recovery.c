// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A worker that died with a packet unanswered, at each phase of the journal.
 * The dead worker is played by the test, which writes the slot; the next one
 * has the same connection.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/fdmsg.h"
#include "lib/own.h"
#include "lib/slot.h"
#include "tests/live/lxc/monitor.h"

#define WAIT_S 20

struct stage {
	struct box b;
	struct attendant a;
	struct inmate worker_sees; /* the connection in the listener's place */
	struct packet p;
	int sock;
};

/* A call whose packet waits in the connection, and no worker. */
static void stage_init(struct stage *s, uint32_t phase)
{
	int sv[2];

	box_start(&s->b);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv), 0);
	s->sock = sv[0];
	s->worker_sees = (struct inmate){ .pid = s->b.i.pid, .listener = sv[1] };
	attendant_start(&s->a, &s->b.w, &s->worker_sees, world_policy);
	attendant_kill(&s->a, SIGKILL);
	box_order(&s->b, BOX_MKNOD);
	packet_receive(&s->p, &s->b, "c");
	assert_true(packet_send(&s->p, s->sock));
	s->a.slot->call.notif.notif = s->p.notif;
	s->a.slot->call.phase = phase;
}

/* Return: enum monitor_status of the call that waits */
static int stage_succeed(struct stage *s)
{
	attendant_respawn(&s->a, &s->worker_sees);
	return monitor_answer(s->sock, &s->b, &s->p, WAIT_S);
}

/* The worker serves on, and leaves with the connection. */
static void stage_done(struct stage *s)
{
	char path[PATH_MAX];
	struct packet p;

	(void)snprintf(path, sizeof(path), "%s/box/n", s->b.w.root);
	(void)unlink(path);
	box_order(&s->b, BOX_MAKE_ANEW);
	packet_receive(&p, &s->b, "c");
	assert_true(packet_send(&p, s->sock));
	assert_int_equal(monitor_answer(s->sock, &s->b, &p, WAIT_S),
			 MONITOR_ANSWERED);
	assert_int_equal(box_result(&s->b), 0);
	packet_done(&p);
	packet_done(&s->p);
	close(s->sock);
	close(s->worker_sees.listener);
	attendant_expect_exit(&s->a);
	box_end(&s->b);
}

static void make_node(const struct stage *s)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/box/n", s->b.w.root);
	assert_int_equal(mknod(path, S_IFCHR | 0600, makedev(1, 3)), 0);
	assert_int_equal(chown(path, WORLD_BASE, WORLD_BASE), 0);
}

static const struct {
	uint32_t phase;
	bool effect; /* it was had */
	int result;
} rows[] = {
	{ SLOT_IDLE, false, 0 },
	{ SLOT_RECEIVING, false, 0 },
	{ SLOT_RECEIVED, false, 0 },
	{ SLOT_RECEIVED, true, EEXIST },
	{ SLOT_DECIDED, false, 0 },
	{ SLOT_EFFECT_BEGUN, false, 0 },
	{ SLOT_EFFECT_BEGUN, true, 0 },
	{ SLOT_EFFECT_DONE, true, EXDEV }, /* the verdict in the slot */
	{ SLOT_ANSWERED, false, 0 },
};

TEST_WITHIN(lxc_recovery, each_phase, 60)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct stage s;
		int result;

		stage_init(&s, rows[i].phase);
		s.a.slot->call.verdict = verdict_errno(EXDEV);
		if (rows[i].effect)
			make_node(&s);
		assert_int_equal(stage_succeed(&s), MONITOR_ANSWERED);
		result = box_result(&s.b);
		if (result != rows[i].result)
			fail_msg("row %zu: errno %d", i, result);
		stage_done(&s);
	}
}

/* The answer was sent, and the kernel has it: it is not sent again. */
TEST(lxc_recovery, answered_but_not_noted)
{
	const struct verdict v = verdict_errno(EXDEV);
	struct stage s;

	stage_init(&s, SLOT_ANSWERING);
	assert_int_equal(listener_send(s.b.i.listener, s.p.notif.id, &v),
			 LISTENER_OK);
	assert_int_equal(box_result(&s.b), EXDEV);
	attendant_respawn(&s.a, &s.worker_sees);
	stage_done(&s);
}

/* The same, where the monitor was at its next call already. */
TEST(lxc_recovery, answered_and_the_next_one_there)
{
	const struct verdict v = verdict_errno(EXDEV);
	struct packet next;
	struct stage s;

	stage_init(&s, SLOT_ANSWERING);
	assert_int_equal(listener_send(s.b.i.listener, s.p.notif.id, &v),
			 LISTENER_OK);
	assert_int_equal(box_result(&s.b), EXDEV);
	box_order(&s.b, BOX_MKNOD);
	packet_receive(&next, &s.b, "c");
	assert_true(packet_send(&next, s.sock));
	attendant_respawn(&s.a, &s.worker_sees);
	assert_int_equal(monitor_answer(s.sock, &s.b, &next, WAIT_S),
			 MONITOR_ANSWERED);
	assert_int_equal(box_result(&s.b), 0);
	packet_done(&next);
	stage_done(&s);
}

/* The packet is taken, so its answer was sent. */
TEST(lxc_recovery, answered_and_taken)
{
	const struct verdict v = verdict_errno(EXDEV);
	struct stage s;

	stage_init(&s, SLOT_ANSWERING);
	assert_int_equal(listener_send(s.b.i.listener, s.p.notif.id, &v),
			 LISTENER_OK);
	assert_int_equal(box_result(&s.b), EXDEV);
	fdmsg_drop(s.worker_sees.listener);
	attendant_respawn(&s.a, &s.worker_sees);
	stage_done(&s);
}

/* It never was, and nobody can know: no second answer, an end instead. */
TEST(lxc_recovery, not_known_whether_answered)
{
	struct stage s;

	stage_init(&s, SLOT_ANSWERING);
	assert_int_equal(stage_succeed(&s), MONITOR_CLOSED);
	assert_int_equal(box_result(&s.b), ENOSYS);
	attendant_expect_exit(&s.a);
	packet_done(&s.p);
	close(s.sock);
	close(s.worker_sees.listener);
	box_end(&s.b);
}
