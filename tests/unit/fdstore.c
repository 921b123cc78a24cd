// SPDX-License-Identifier: LGPL-2.1-or-later
/* Names in the store, records, and the keeper's own store. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "daemon/fdstore.h"
#include "daemon/record.h"
#include "daemon/sealed.h"
#include "keeper/store.h"
#include "lib/own.h"
#include "tests/harness/test.h"

TEST(name, both_ways)
{
	static const struct {
		struct fdstore_name name;
		const char *text;
	} rows[] = {
		{ { 1, 0, 0 }, "c1" },
		{ { 0x1f, 0, 0 }, "c1f" },
		{ { 0x1f, 0xa, 0 }, "c1f-a" },
		{ { 0x1f, 0, 0x10 }, "c1f.10" },
		{ { UINT64_MAX, 0, UINT64_MAX },
		  "cffffffffffffffff.ffffffffffffffff" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[FDSTORE_NAME_MAX];
		struct fdstore_name n;

		fdstore_name_format(&rows[i].name, text);
		assert_string_equal(text, rows[i].text);
		assert_true(fdstore_name_parse(text, &n));
		assert_int_equal(n.container, rows[i].name.container);
		assert_int_equal(n.change, rows[i].name.change);
		assert_int_equal(n.listener, rows[i].name.listener);
	}
}

TEST(name, no_other_text_is_one)
{
	static const char *const texts[] = {
		"",
		"c",
		"c0",
		"c01",
		"cF",
		"c1.",
		"c1-",
		"c1.0",
		"c1-0",
		"c1.1-1",
		"c1-1.1",
		"c-1",
		"c 1",
		"c1 ",
		"d1",
		"c0x1",
		"c1.0x1",
		"c+1",
		"c10000000000000000",
		"stored",
		"oci",
		("c1111111111111111."
		 "11111111111111111111111111111111111111111111111"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct fdstore_name n;

		if (fdstore_name_parse(texts[i], &n))
			fail_msg("\"%s\"", texts[i]);
	}
}

/* No socket: nothing is sent, nothing breaks. */
TEST(store, without_a_manager_is_silent)
{
	struct fdstore s;
	int fd = -1;

	(void)unsetenv("NOTIFY_SOCKET");
	fdstore_init(&s);
	assert_false(s.on);
	assert_false(fdstore_put(&s, "c1", &fd, 1, NULL));
	fdstore_drop(&s, "c1", 1, NULL);
}

/* Puts names of ten bytes, with the colon, until one does not fit. Return: bytes */
static size_t fill(struct fdstore *s, struct fdstore_share *share)
{
	size_t before = s->names_bytes;
	int fd = STDOUT_FILENO;

	while (fdstore_put(s, "123456789", &fd, 1, share))
		;
	return s->names_bytes - before;
}

/* A manager that takes all and keeps nothing. Return: its pid */
static pid_t start_manager(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(addr);
	pid_t pid;
	char c;

	/* An abstract name of the kernel's choice: a zero byte, five digits. */
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, 2), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &size), 0);
	addr.sun_path[0] = '@';
	assert_int_equal(setenv("NOTIFY_SOCKET", addr.sun_path, 1), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (recv(fd, &c, 1, 0) >= 0)
			;
		_exit(0);
	}
	close(fd);
	return pid;
}

TEST(store, has_room_for_root_whatever_users_do)
{
	struct fdstore s = { .on = true };
	struct fdstore_share root = { .limited = false },
			     users[5] = { { .limited = true }, { .limited = true },
					  { .limited = true }, { .limited = true },
					  { .limited = true } };
	pid_t manager = start_manager();
	size_t got;

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(fill(&s, &users[i]), FDSTORE_SHARE_MAX_BYTES);
	assert_int_equal(fill(&s, &users[3]), 0);
	got = fill(&s, &root);
	assert_true(got > FDSTORE_NAMES_MAX_BYTES - FDSTORE_SHARES_MAX_BYTES - 10);
	/* What goes makes room for its like. */
	fdstore_drop(&s, "123456789", 100, &users[0]);
	assert_int_equal(fill(&s, &users[1]), 0);
	assert_int_equal(fill(&s, &users[3]), 1000);
	assert_int_equal(fill(&s, &root), 0);
	assert_int_equal(kill(manager, SIGKILL), 0);
	assert_int_equal(waitpid(manager, NULL, 0), manager);
	(void)unsetenv("NOTIFY_SOCKET");
}

static struct record a_record(struct json_object *annotations)
{
	return (struct record){
		.id = "c\"\xc3\xa9",
		.policy = "default",
		.bundle = "/b",
		.metadata = "m",
		.peer_gid = 7,
		.userns_fact = USERNS_OWNED,
		.userns_owner = 100000,
		.annotations = annotations,
		.peer_uid = UINT32_MAX - 1,
		.userns = { UINT64_MAX, 4026531837 },
		.since = 1700000000,
	};
}

TEST(record, both_ways)
{
	struct json_object *annotations = json_object_new_object();
	struct record r, again;
	const char *why = "";
	struct json_object *v;
	int fd;

	assert_int_equal(json_object_object_add(annotations, "io.deputy.policy",
						json_object_new_string("x")),
			 0);
	r = a_record(annotations);
	r.cgroups = json_object_new_array();
	assert_int_equal(json_object_array_add(r.cgroups,
					       json_object_new_string("/a")),
			 0);
	fd = record_new(&r);
	json_object_put(r.cgroups);
	assert_true(fd >= 0);
	assert_int_equal(record_read(fd, &again, &why), 0);
	close(fd);
	assert_string_equal(again.id, r.id);
	assert_string_equal(again.policy, r.policy);
	assert_string_equal(again.metadata, r.metadata);
	assert_string_equal(again.bundle, r.bundle);
	assert_int_equal(again.peer_gid, r.peer_gid);
	assert_int_equal(again.userns_fact, r.userns_fact);
	assert_int_equal(again.userns_owner, r.userns_owner);
	assert_int_equal(json_object_array_length(again.cgroups), 1);
	assert_int_equal(again.peer_uid, r.peer_uid);
	assert_int_equal(again.userns.dev, r.userns.dev);
	assert_int_equal(again.userns.ino, r.userns.ino);
	assert_int_equal(again.since, r.since);
	assert_true(json_object_object_get_ex(again.annotations,
					      "io.deputy.policy", &v));
	assert_string_equal(json_object_get_string(v), "x");
	record_done(&again);
	json_object_put(annotations);
}

TEST(record, cannot_be_written_to)
{
	struct record r = a_record(NULL);
	int fd = record_new(&r);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(ftruncate(fd, 1 << 20), -1);
	assert_true(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			 0) == MAP_FAILED);
	close(fd);
}

/* As record_new() would write it, but of any text. */
static int put_record(const char *text)
{
	struct sealed_header h = { RECORD_MAGIC, SEALED_VERSION,
				   (uint32_t)strlen(text), 2166136261U };
	int fd = memfd_create("r", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	for (const char *p = text; *p; p++)
		h.checksum = (h.checksum ^ (unsigned char)*p) * 16777619U;
	assert_int_equal(write(fd, &h, sizeof(h)), sizeof(h));
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(
		fcntl(fd, F_ADD_SEALS,
		      F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE),
		0);
	return fd;
}

#define FACTS                                                                  \
	"\"policy\":\"p\",\"peer_uid\":0,\"userns_dev\":1,\"userns_ino\":2,"   \
	"\"since\":3"

#define REST(uid)                                                              \
	("{\"id\":\"c\",\"policy\":\"p\",\"peer_uid\":" uid                   \
	 ",\"userns_dev\":1,\"userns_ino\":2,\"since\":3}")

TEST(record, without_all_that_it_must_say_is_refused)
{
	static const char *const good[] = {
		"{\"id\":\"c\"," FACTS "}",
		"{\"id\":\"c\"," FACTS ",\"of a later version\":[1]}",
	};
	static const char *const bad[] = {
		"",
		"[]",
		"{",
		"{}",
		"{" FACTS "}",
		"{\"id\":1," FACTS "}",
		"{\"id\":\"a\\u0000b\"," FACTS "}",
		"{\"id\":\"c\"," FACTS ",\"metadata\":7}",
		"{\"id\":\"c\"," FACTS ",\"annotations\":\"x\"}",
		REST("-1"),
		REST("4294967296"),
	};
	struct record r;
	const char *why;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		int fd = put_record(good[i]);

		if (record_read(fd, &r, &why) != 0)
			fail_msg("%s: %s", good[i], why);
		record_done(&r);
		close(fd);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		int fd = put_record(bad[i]);

		if (record_read(fd, &r, &why) != -EPROTO)
			fail_msg("%s", bad[i]);
		close(fd);
	}
}

static void free_store(struct store *s)
{
	for (size_t i = 0; i < s->n; i++) {
		close(s->items[i].fd);
		free(s->items[i].name);
	}
	free(s->items);
}

static int null_fd(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

TEST(keeper_store, keeps_by_name)
{
	struct store s = { 0 };
	char *names;

	assert_int_equal(store_add(&s, "b", null_fd()), 0);
	assert_int_equal(store_add(&s, "a", null_fd()), 0);
	assert_int_equal(store_add(&s, "b", null_fd()), 0);
	assert_int_equal(store_add(&s, "c", null_fd()), 0);
	assert_int_equal(store_remove(&s, "b"), 2);
	assert_int_equal(store_remove(&s, "b"), 0);
	names = store_names(&s);
	assert_string_equal(names, "a:c");
	free(names);
	free_store(&s);
}

/* The fd is closed all the same: the harness counts. */
TEST(keeper_store, refuses_names_and_too_many)
{
	static char longest[STORE_NAME_MAX + 2];
	struct store s = { 0 };
	size_t n;

	memset(longest, 'n', sizeof(longest) - 1);
	assert_int_equal(store_add(&s, "", null_fd()), -EINVAL);
	assert_int_equal(store_add(&s, "a:b", null_fd()), -EINVAL);
	assert_int_equal(store_add(&s, "a b", null_fd()), -EINVAL);
	assert_int_equal(store_add(&s, "a\nb", null_fd()), -EINVAL);
	assert_int_equal(store_add(&s, longest, null_fd()), -EINVAL);
	longest[STORE_NAME_MAX] = '\0';
	for (n = 0; store_add(&s, longest, null_fd()) == 0; n++)
		;
	/* What is kept can be told in one string of an environment. */
	assert_int_equal(n, STORE_NAMES_MAX_BYTES / (STORE_NAME_MAX + 1));
	free_store(&s);
}
