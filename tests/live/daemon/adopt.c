// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What deputyd makes of what it is started with: good, stale, hostile, and of
 * another version.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "daemon/last_good.h"
#include "daemon/record.h"
#include "daemon/sealed.h"
#include "lib/kfeat.h"
#include "lib/own.h"
#include "lib/slot.h"
#include "proto/varlink.h"
#include "tests/live/daemon/manager.h"

#define WAIT_S 20

/* Another default than fixture_good_policy's, and a name of its own. */
#define POLICY(name, errno_name, when)                                         \
	"{\"version\":1,\"policies\":{\"" name                                 \
	"\":{\"rules\":[],\"default\":{\"errno\":\"" errno_name                \
	"\"}}},\"bindings\":[{\"when\":" when ",\"policy\":\"" name "\"}]}"

static int dup_fd(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	assert_true(copy >= 0);
	return copy;
}

/* What the control socket says of container "c". Return: the caller's to free() */
static char *show(const struct manager *m, const char *key)
{
	struct json_object *o, *c, *v;
	char *text;

	o = fixture_call(&m->f, "Show", varlink_parameter_str("id", "c"));
	assert_true(json_object_object_get_ex(o, "container", &c));
	if (!json_object_object_get_ex(c, key, &v))
		fail_msg("no \"%s\" in %s", key, json_object_to_json_string(c));
	text = strdup(json_object_to_json_string(v));
	json_object_put(o);
	return text;
}

TEST(store, holds_a_container_and_its_listeners_by_their_names)
{
	struct manager m;
	struct tracee t, more;

	manager_begin(&m, &t);
	assert_int_equal(manager_count(&m, "bound-oci"), 1);
	assert_int_equal(manager_count(&m, "bound-lxc"), 1);
	assert_int_equal(manager_count(&m, "bound-control"), 1);
	assert_int_equal(manager_count(&m, "c1"), 2);
	assert_int_equal(manager_count(&m, "c1.1"), 2);
	tracee_start(&more, TRACEE_USERNS);
	tracee_attach(&more, &m.f, "d");
	TEST_WAIT(manager_has(&m, SOCKETS + 8), WAIT_S);
	assert_int_equal(manager_count(&m, "c2"), 2);
	assert_int_equal(manager_count(&m, "c2.1"), 2);
	tracee_end(&more);
	TEST_WAIT(manager_has(&m, SOCKETS + 4), WAIT_S);
	assert_int_equal(manager_count(&m, "c2"), 0);
	manager_finish(&m, &t);
}

#define FACTS 5
static const char *const facts[FACTS] = { "id", "policy", "peer_uid", "userns",
					  "since" };

static void restart_keeps_all(int signal)
{
	struct manager m;
	struct tracee t;
	char *before[FACTS];
	int fds;

	manager_begin(&m, &t);
	fds = fixture_fds(&m.f);
	for (int i = 0; i < FACTS; i++)
		before[i] = show(&m, facts[i]);
	for (int i = 0; i < 3; i++) {
		manager_end(&m, signal);
		assert_int_equal(manager_count(&m, NULL), SOCKETS + 4);
		/* Nobody answers it meanwhile. */
		tracee_call(&t, STANDIN_ERRNO);
		test_poll_pause();
		assert_false(tracee_has_result(&t));
		manager_start(&m);
		assert_int_equal(tracee_result(&t), -EXDEV);
		assert_int_equal(manager_count(&m, NULL), SOCKETS + 4);
	}
	TEST_WAIT(manager_has_workers(&m, 1), WAIT_S);
	assert_int_equal(fixture_fds(&m.f), fds);
	for (int i = 0; i < FACTS; i++) {
		char *after = show(&m, facts[i]);

		assert_string_equal(before[i], after);
		free(before[i]);
		free(after);
	}
	manager_finish(&m, &t);
}

TEST(adopt, after_a_restart)
{
	restart_keeps_all(SIGTERM);
}

TEST(adopt, after_kill_9)
{
	restart_keeps_all(SIGKILL);
}

TEST(adopt, finishes_what_was_in_flight)
{
	struct manager m;
	struct tracee t;

	manager_begin(&m, &t);
	TEST_WAIT(fixture_in_phase(&m.f, "c", "receiving") == 1, WAIT_S);
	tracee_call(&t, STANDIN_HANG_ONCE);
	TEST_WAIT(fixture_in_phase(&m.f, "c", "received") == 1, WAIT_S);
	manager_end(&m, SIGKILL);
	manager_start(&m);
	assert_int_equal(tracee_result(&t), -EXDEV);
	manager_finish(&m, &t);
}

TEST(adopt, drops_what_ended_meanwhile)
{
	struct manager m;
	struct tracee t;

	manager_begin(&m, &t);
	manager_end(&m, SIGKILL);
	tracee_end(&t);
	manager_start(&m);
	assert_false(fixture_log_has(&m.f, "refused"));
	manager_finish(&m, NULL);
}

/* -- policies ---------------------------------------------------------------------- */

static void assert_policy(const struct manager *m, const char *quoted)
{
	char *is = show(m, "policy");

	assert_string_equal(is, quoted);
	free(is);
}

static void restart_with(struct manager *m, const char *policy)
{
	manager_end(m, SIGKILL);
	fixture_write_policy(&m->f, policy);
	manager_start(m);
}

TEST(adopt, chooses_the_policy_as_a_reload_does)
{
	static const char by_name[] =
		"{\"version\":1,\"policies\":{\"default\":{\"rules\":[],"
		FIXTURE_CONTINUE "}},\"bindings\":[{\"when\":{"
		"\"peer_uid\":[77]},\"policy\":\"default\"}]}";
	struct manager m;
	struct tracee t;

	manager_begin(&m, &t);
	restart_with(&m, POLICY("other", "EPERM", "{}"));
	assert_policy(&m, "\"other\"");
	restart_with(&m, fixture_good_policy);
	assert_policy(&m, "\"default\"");
	restart_with(&m, by_name); /* no binding, but the name */
	assert_policy(&m, "\"default\"");
	assert_true(fixture_log_has(&m.f, "event=policy-kept"));
	assert_false(fixture_log_has(&m.f, "event=policy-gone"));
	restart_with(&m, POLICY("other", "EXDEV", "{\"peer_uid\":[77]}"));
	assert_policy(&m, "\"closed\"");
	assert_true(fixture_log_has(&m.f, "event=policy-gone"));
	restart_with(&m, fixture_good_policy);
	assert_policy(&m, "\"default\"");
	manager_finish(&m, &t);
}

TEST(adopt, is_closed_where_there_is_no_policy_any_more)
{
	struct manager m;
	struct tracee t;

	manager_init(&m, DEPUTY_WORKER);
	manager_start(&m);
	tracee_start(&t, TRACEE_USERNS);
	tracee_attach(&t, &m.f, "c");
	tracee_call(&t, 0);
	assert_int_equal(tracee_result(&t), -ENOENT); /* the kernel's */
	restart_with(&m, POLICY("other", "EXDEV", "{\"peer_uid\":[77]}"));
	tracee_call(&t, 0);
	assert_int_equal(tracee_result(&t), -EPERM);
	/* A reload that has one for it opens again. */
	fixture_write_policy(&m.f, fixture_good_policy);
	assert_int_equal(kill(m.f.pid, SIGHUP), 0);
	TEST_WAIT(fixture_log_has(&m.f, "event=policy-changed"), WAIT_S);
	TEST_WAIT((tracee_call(&t, 0), tracee_result(&t)) == -ENOENT, WAIT_S);
	tracee_end(&t);
	manager_finish(&m, NULL);
}

TEST(store, has_the_name_of_another_policy_before_the_old_ones_goes)
{
	struct manager m;
	struct tracee t;

	manager_begin(&m, &t);
	fixture_write_policy(&m.f, POLICY("other", "EPERM", "{}"));
	assert_int_equal(kill(m.f.pid, SIGHUP), 0);
	TEST_WAIT(manager_has(&m, SOCKETS + 4) && manager_count(&m, "c1-1") == 2, WAIT_S);
	assert_int_equal(manager_count(&m, "c1"), 0);
	/* As if it had died in between. */
	manager_end(&m, SIGKILL);
	manager_put(&m, "c1", dup_fd(manager_find(&m, "c1-1", RECORD_MAGIC)));
	manager_start(&m);
	assert_policy(&m, "\"other\"");
	TEST_WAIT(manager_has(&m, SOCKETS + 4), WAIT_S);
	assert_int_equal(manager_count(&m, "c1"), 0);
	manager_finish(&m, &t);
}

/* -- what must be refused ------------------------------------------------------------ */

/* A copy of a memfd with one 32-bit field changed. */
static int forge(int fd, size_t at, uint32_t value, int seals)
{
	static char bytes[65536];
	int copy = memfd_create("forged", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	ssize_t n = pread(fd, bytes, sizeof(bytes), 0);

	assert_true(copy >= 0 && n > (ssize_t)(at + sizeof(value)));
	memcpy(bytes + at, &value, sizeof(value));
	assert_int_equal(write(copy, bytes, (size_t)n), n);
	assert_int_equal(fcntl(copy, F_ADD_SEALS, seals), 0);
	return copy;
}

#define SLOT_SEALS   (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW)
#define RECORD_SEALS (SLOT_SEALS | F_SEAL_WRITE)

static int forge_slot(int slot, size_t at, uint32_t value)
{
	return forge(slot, at, value, SLOT_SEALS);
}

static int forge_record(int record, size_t at, uint32_t value)
{
	return forge(record, at, value, RECORD_SEALS);
}

static int a_listener(struct tracee *t)
{
	tracee_start(t, TRACEE_USERNS);
	return TAKE_FD(t->listener);
}

/* Does a listener live on without its journal? */
static bool can_requeue(void)
{
	uint32_t mask = 0;

	assert_int_equal(kfeat_probe(&mask), 0);
	return mask & KFEAT_BIT(KFEAT_REQUEUE);
}

enum { VICTIMS = 3 };

static void put_pair(struct manager *m, const char *name, int one, int other)
{
	manager_put(m, name, one);
	manager_put(m, name, other);
}

/* Each with its own container's number; the good one is c1. @n: of the victims;
 * all but the first have lost their journals only. */
static void put_garbage(struct manager *m, struct tracee *victims, int n)
{
	int record = manager_find(m, "c1", RECORD_MAGIC);
	int slot = manager_find(m, "c1.1", SLOT_MAGIC);
	int pipes[2];

	assert_true(record >= 0 && slot >= 0);
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	manager_put(m, "c10", pipes[0]);
	manager_put(m, "c11", open("/etc/passwd", O_RDONLY | O_CLOEXEC));
	manager_put(m, "c12", forge_record(record, 0, 7));
	manager_put(m, "c13", forge_record(record, 4, SEALED_VERSION + 1));
	put_pair(m, "c13.1", a_listener(&victims[0]),
		 forge_slot(slot, 0, SLOT_MAGIC));
	manager_put(m, "c14", forge_record(record, 12, 7));
	manager_put(m, "c15", forge(record, 0, RECORD_MAGIC, SLOT_SEALS));
	manager_put(m, "c16", dup_fd(record));
	manager_put(m, "c17", dup_fd(record));
	if (n == VICTIMS) {
		put_pair(m, "c16.1", a_listener(&victims[1]),
			 forge_slot(slot, 4, SLOT_VERSION + 1));
		manager_put(m, "c17.1", a_listener(&victims[2]));
	}
	manager_put(m, "c17.2", forge_slot(slot, 0, SLOT_MAGIC));
	put_pair(m, "c17.3", forge_slot(slot, 0, SLOT_MAGIC),
		 forge_slot(slot, 0, SLOT_MAGIC));
	put_pair(m, "c18.1", dup_fd(slot), dup_fd(slot));
	manager_put(m, "c18.1", dup_fd(slot));
	manager_put(m, "c1x", pipes[1]);
	manager_put(m, "c0", dup_fd(record));
	manager_put(m, "rubbish", dup_fd(slot));
	manager_put(m, "oci", dup_fd(slot));
	manager_put(m, "control", open("/dev/null", O_RDWR | O_CLOEXEC));
}

static void assert_refused(const struct manager *m, const char *name,
			   const char *why)
{
	char line[256];

	(void)snprintf(line, sizeof(line),
		       "event=stored-fd-refused name=%s why=\"%s\"", name, why);
	if (!fixture_log_has(&m->f, line))
		fail_msg("not in the log: %s", line);
}

TEST(adopt, refuses_what_it_does_not_understand_and_serves_on)
{
	static const char unsealed[] = "not a memfd with the seals of a record";
	static const char half[] =
		"a listener without a slot, or a slot without a listener";
	static const char unknown[] =
		"deputyd does not know this name, or the fd does not fit it";
	/* With requeue those are served on: requeue.c. */
	const int n = can_requeue() ? 1 : VICTIMS;
	struct manager m;
	struct tracee t, victims[VICTIMS], late;
	int fds;

	manager_begin(&m, &t);
	fds = fixture_fds(&m.f);
	manager_end(&m, SIGKILL);
	put_garbage(&m, victims, n);
	manager_start(&m);
	assert_refused(&m, "c10", unsealed);
	assert_refused(&m, "c11", unsealed);
	assert_refused(&m, "c12", "no record");
	assert_refused(&m, "c13", "a record of another version of deputyd");
	assert_refused(&m, "c13.1", "a record of another version of deputyd");
	assert_refused(&m, "c14", "a record with a wrong checksum");
	assert_refused(&m, "c15", unsealed);
	if (n == VICTIMS) {
		assert_refused(&m, "c16.1",
			       "a slot of another version of deputyd");
		assert_refused(&m, "c17.1", half);
	}
	assert_refused(&m, "c17.2", half);
	assert_refused(&m, "c17.3", "neither is a listener");
	assert_refused(&m, "c18.1", "its container is unknown");
	assert_refused(&m, "c1x", unknown);
	assert_refused(&m, "c0", unknown);
	assert_refused(&m, "rubbish", unknown);
	assert_refused(&m, "oci", unknown);
	assert_refused(&m, "control", unknown);
	/* Refused is closed: no call waits for nobody. */
	TEST_WAIT(manager_has(&m, SOCKETS + 4), WAIT_S);
	for (int i = n - 1; i >= 0; i--) { /* the later ones were forked
						    with what the earlier had */
		tracee_call(&victims[i], 0);
		assert_int_equal(tracee_result(&victims[i]), -ENOSYS);
		tracee_end(&victims[i]);
	}
	TEST_WAIT(manager_has_workers(&m, 1), WAIT_S);
	assert_int_equal(fixture_fds(&m.f), fds);
	tracee_start(&late, TRACEE_USERNS);
	tracee_attach(&late, &m.f, "late");
	tracee_call(&late, STANDIN_ERRNO);
	assert_int_equal(tracee_result(&late), -EXDEV);
	/* A number is never given twice while it may be in the store. */
	manager_hear(&m);
	assert_int_equal(manager_count(&m, "c19"), 2);
	tracee_end(&late);
	manager_finish(&m, &t);
}

/* The worker's word, all of it: any bytes behind the head of the slot. */
TEST(adopt, a_slot_full_of_nonsense)
{
	struct manager m;
	struct tracee t;
	struct slot *slot;
	int fd;

	manager_begin(&m, &t);
	manager_end(&m, SIGKILL);
	fd = manager_find(&m, "c1.1", SLOT_MAGIC);
	slot = mmap(NULL, SLOT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(slot != MAP_FAILED);
	memset(&slot->identity, 0xa5,
	       SLOT_BYTES - offsetof(struct slot, identity));
	(void)munmap(slot, SLOT_BYTES);
	manager_start(&m);
	tracee_call(&t, STANDIN_ERRNO);
	assert_int_equal(tracee_result(&t), -EXDEV);
	assert_policy(&m, "\"default\"");
	manager_finish(&m, &t);
}

/* Without it, an inode number alone would say who may have what. */
TEST(adopt, without_its_user_namespace_a_container_is_nobody)
{
	struct manager m;
	struct tracee t;
	char *userns;
	struct store kept = { 0 };

	manager_begin(&m, &t);
	manager_end(&m, SIGKILL);
	for (size_t i = 0; i < m.store.n; i++) {
		const struct store_item *item = &m.store.items[i];
		uint32_t magic;

		if (strcmp(item->name, "c1") != 0 ||
		    pread(item->fd, &magic, sizeof(magic), 0) > 0)
			assert_int_equal(
				store_add(&kept, item->name, dup_fd(item->fd)),
				0);
		close(item->fd);
		free(item->name);
	}
	free(m.store.items);
	m.store = kept;
	assert_int_equal(manager_count(&m, NULL), SOCKETS + 3);
	manager_start(&m);
	assert_true(fixture_log_has(&m.f, "event=container-unknown"));
	userns = show(&m, "userns");
	assert_string_equal(userns, "0");
	free(userns);
	manager_finish(&m, &t);
}

/* A good record of any text. */
static int a_record(const char *text)
{
	return sealed_new(LAST_GOOD_MAGIC, text, strlen(text));
}

/* -- the last good policy ------------------------------------------------------------ */

/* deputyd is started with a bad file, and must serve by the policy it left. */
static void start_with_bad_file(struct manager *m)
{
	fixture_write_policy(&m->f, fixture_bad_policy);
	manager_start(m);
	assert_true(fixture_log_has(&m->f, "event=policy-last-good"));
	assert_true(fixture_log_has(&m->f, "policy.json:3:"));
}

static int policy_fd(const struct manager *m)
{
	char name[32];
	int found = -1;

	for (int i = 1; i < 16; i++) {
		(void)snprintf(name, sizeof(name), "policy-%x", i);
		if (manager_find(m, name, LAST_GOOD_MAGIC) >= 0) {
			assert_int_equal(found, -1); /* one only */
			found = manager_find(m, name, LAST_GOOD_MAGIC);
		}
	}
	assert_true(found >= 0);
	return found;
}

TEST(last_good, serves_where_the_file_is_bad)
{
	struct manager m;
	struct tracee t, late;

	manager_begin(&m, &t);
	manager_end(&m, SIGKILL);
	start_with_bad_file(&m);
	tracee_call(&t, STANDIN_ERRNO);
	assert_int_equal(tracee_result(&t), -EXDEV);
	tracee_start(&late, TRACEE_USERNS);
	tracee_attach(&late, &m.f, "late");
	tracee_call(&late, STANDIN_ERRNO);
	assert_int_equal(tracee_result(&late), -EXDEV);
	tracee_end(&late);
	manager_hear(&m);
	(void)policy_fd(&m);
	/* No file at all where one was named is no reason for another policy. */
	manager_end(&m, SIGTERM);
	assert_int_equal(unlink(m.f.policy), 0);
	manager_start(&m);
	fixture_write_policy(&m.f, fixture_other_policy);
	json_object_put(fixture_call(&m.f, "Reload", NULL));
	manager_finish(&m, &t);
}

/* What is not such a record, or does not compile, is passed over for the next
 * older one; all of them go once that one is stored anew. */
TEST(last_good, believes_no_garbage)
{
	struct manager m;
	struct tracee t;
	int good;

	manager_begin(&m, &t);
	manager_end(&m, SIGKILL);
	good = policy_fd(&m);
	manager_put(&m, "policy-70", forge_record(good, 0, RECORD_MAGIC));
	manager_put(&m, "policy-71", forge_record(good, 4, SEALED_VERSION + 1));
	manager_put(&m, "policy-72", forge_record(good, 12, 7));
	manager_put(&m, "policy-73", forge(good, 0, LAST_GOOD_MAGIC, SLOT_SEALS));
	manager_put(&m, "policy-74", open("/etc/passwd", O_RDONLY | O_CLOEXEC));
	manager_put(&m, "policy-75", a_record("{}"));
	manager_put(&m, "policy-76", a_record("[1"));
	manager_put(&m, "policy-77", a_record("{\"source\":\"x\",\"parts\":"
					      "false,\"files\":[]}"));
	manager_put(&m, "policy-78", a_record("{\"source\":\"x\",\"parts\":"
					      "false,\"files\":[[\"x\",1]]}"));
	manager_put(&m, "policy-79",
		    a_record("{\"source\":\"x\",\"parts\":false,\"files\":"
			     "[[\"x\",\"{\\\"version\\\":9}\"]]}"));
	manager_put(&m, "policy-0", dup_fd(good));
	manager_put(&m, "policy-0a", dup_fd(good));
	start_with_bad_file(&m);
	assert_int_equal(fixture_log_count(&m.f, "event=last-good-refused"), 10);
	assert_refused(&m, "policy-70", "no record");
	assert_refused(&m, "policy-74", "not a memfd with the seals of a record");
	TEST_WAIT(manager_has(&m, SOCKETS + 4), WAIT_S);
	assert_int_equal(manager_count(&m, "policy-7a"), 1);
	fixture_write_policy(&m.f, fixture_good_policy);
	manager_finish(&m, &t);
}
