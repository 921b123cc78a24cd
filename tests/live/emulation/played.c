// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/live/emulation/played.h"

#include <fcntl.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/own.h"
#include "policy/decide.h"
#include "tests/harness/test.h"
#include "worker/emulate.h"

pid_t played_caller(void)
{
	char c;
	int ready[2];
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWUSER) == 0)
			(void)!write(ready[1], "r", 1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return pid;
}

void played_open(struct server *s, struct attendant *a, const struct inmate *i)
{
	attendant_kill(a, SIGKILL);
	*s = (struct server){ 0 };
	s->source.fd = s->source.listener = i->listener;
	s->source.home = &s->home;
	s->source.can_continue = true;
	s->slot = a->slot;
	assert_int_equal(arena_map(a->policy_fd, &s->policy), 0);
	assert_int_equal(home_init(&s->home), 0);
	s->home.parent = getppid();
	s->home.caps = emulate_caps(decide_families(s->policy));
	/* As a worker's sandbox has it: no id changes its capabilities. */
	assert_int_equal(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP), 0);
}

void played_receive(struct server *s)
{
	memset(&s->slot->call.notif, 0, sizeof(s->slot->call.notif));
	assert_int_equal(source_recv(&s->source, &s->slot->call), LISTENER_OK);
	s->slot->call.phase = SLOT_RECEIVED;
}

void played_serve(struct server *s)
{
	played_receive(s);
	assert_int_equal(serve(s, false), 0);
}

void played_close(struct server *s, struct attendant *a)
{
	(void)setfsuid(0);
	(void)setfsgid(0);
	arena_unmap(s->policy);
	s->home.root_fd = fd_close(s->home.root_fd);
	s->home.proc_fd = fd_close(s->home.proc_fd);
	attendant_free(a);
}
