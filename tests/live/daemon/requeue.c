// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * deputyd is killed with a call of each of many containers in flight, and the
 * journals are thrown away: where the kernel gives back what was received
 * (listener_requeue()), each call gets its answer all the same.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <json-c/json.h>

#include "lib/kfeat.h"
#include "lib/slot.h"
#include "proto/varlink.h"
#include "tests/live/daemon/manager.h"

#define WAIT_S	60
#define CALLERS 100

static bool kernel_can(enum kfeat f)
{
	uint32_t mask = 0;

	assert_int_equal(kfeat_probe(&mask), 0);
	return mask & KFEAT_BIT(f);
}

static void name_of(int caller, char ret[24])
{
	(void)snprintf(ret, 24, "caller-%d", caller);
}

/* Two sockets; of each container its record, its namespace and one pair. */
static size_t stored_for(int callers)
{
	return SOCKETS + 4 * (size_t)callers;
}

static void attach(struct manager *m, struct tracee *t, int caller)
{
	char id[24];

	name_of(caller, id);
	tracee_start(t, TRACEE_USERNS);
	tracee_attach(t, &m->f, id);
	/* Heard at once: deputyd waits where nobody hears what it stores. */
	TEST_WAIT(manager_has(m, stored_for(caller + 1)), WAIT_S);
}

static bool all_are_received(const struct manager *m)
{
	static int received; /* of them, so far */
	char id[24];

	for (; received < CALLERS; received++) {
		name_of(received, id);
		if (fixture_in_phase(&m->f, id, "received") != 1)
			return false;
	}
	return true;
}

/* -- how a journal is lost --------------------------------------------------------- */

enum loss { LOSS_ZEROED, LOSS_NOT_STORED, LOSS_LIED, LOSSES };

static void rewrite(int fd, enum loss loss)
{
	struct slot *s = mmap(NULL, SLOT_BYTES, PROT_READ | PROT_WRITE,
			      MAP_SHARED, fd, 0);

	assert_true(s != MAP_FAILED);
	if (loss == LOSS_ZEROED)
		memset(s, 0, SLOT_BYTES);
	else /* whole, and says that nothing was in flight */
		memset(&s->call, 0, sizeof(s->call));
	(void)munmap(s, SLOT_BYTES);
}

static bool is_slot(const struct store_item *item)
{
	uint32_t head = 0;

	return pread(item->fd, &head, sizeof(head), 0) == sizeof(head) &&
	       head == SLOT_MAGIC;
}

/* Each in its way, in turns. Return: how many there were */
static int throw_journals_away(struct store *s)
{
	int found = 0;
	size_t kept = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct store_item *item = &s->items[i];
		bool gone = false;

		if (is_slot(item)) {
			enum loss loss = found++ % LOSSES;

			gone = loss == LOSS_NOT_STORED;
			if (!gone)
				rewrite(item->fd, loss);
		}
		if (gone) {
			close(item->fd);
			free(item->name);
		} else {
			s->items[kept++] = *item;
		}
	}
	s->n = kept;
	return found;
}

/* -- the test ------------------------------------------------------------------------ */

TEST_WITHIN(requeue, brings_back_each_call_whose_journal_is_lost, 300)
{
	static const char denying[] =
		"{\"version\":1,\"policies\":{\"default\":{\"rules\":[],"
		"\"default\":{\"errno\":\"EXDEV\"}}},\"bindings\":[{\"when\":{},"
		"\"policy\":\"default\"}]}";
	static struct tracee t[CALLERS];
	struct manager m;
	int answered = 0;

	if (!kernel_can(KFEAT_REQUEUE))
		TEST_SKIP("requeue");
	manager_init(&m, NULL);
	manager_start(&m);
	for (int i = 0; i < CALLERS; i++)
		attach(&m, &t[i], i);
	/* All at once: deputyd gives no call more than ten seconds. */
	for (int i = 0; i < CALLERS; i++)
		tracee_call(&t[i], STANDIN_HANG);
	TEST_WAIT(all_are_received(&m), WAIT_S);
	manager_hear(&m);
	manager_end(&m, SIGKILL);
	assert_int_equal(throw_journals_away(&m.store), CALLERS);
	m.f.worker = DEPUTY_WORKER;
	fixture_write_policy(&m.f, denying);
	manager_start(&m);
	for (int i = 0; i < CALLERS; i++)
		answered += tracee_result(&t[i]) == -EXDEV;
	print_message("%d of %d calls came back\n", answered, CALLERS);
	assert_int_equal(answered, CALLERS);
	assert_int_equal(fixture_log_count(&m.f, "event=calls-requeued"),
			 CALLERS);
	/* Stored as before: they outlive the next one, too. */
	TEST_WAIT(manager_has(&m, stored_for(CALLERS)), WAIT_S);
	for (int i = 0; i < CALLERS; i++)
		tracee_end(&t[i]);
	TEST_WAIT(manager_has(&m, stored_for(0)), WAIT_S);
	manager_finish(&m, NULL);
}
