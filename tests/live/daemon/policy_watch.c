// SPDX-License-Identifier: LGPL-2.1-or-later
/* deputyd --watch-policy: what an administrator does to the files, and what is
 * served then. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "tests/live/daemon/fixture.h"

#define WAIT_S 20

#define MORE                                                                   \
	"{\"version\":1,\"policies\":{\"more\":{\"rules\":[],"                 \
	FIXTURE_CONTINUE "}}}"

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* As an editor or a configuration manager does it. */
static void replace(const char *path, const char *text)
{
	char fresh[256];

	(void)snprintf(fresh, sizeof(fresh), "%s.new", path);
	write_file(fresh, text);
	assert_int_equal(rename(fresh, path), 0);
}

struct state {
	int64_t generation, policies, loaded;
	char hash[17];
};

static struct state served(const struct fixture *f)
{
	struct json_object *o = fixture_call(f, "Status", NULL), *p, *v;
	struct state s = { .generation = -1 };

	assert_true(json_object_object_get_ex(o, "policy", &p));
	assert_true(json_object_object_get_ex(p, "generation", &v));
	s.generation = json_object_get_int64(v);
	assert_true(json_object_object_get_ex(p, "loaded", &v));
	s.loaded = json_object_get_int64(v);
	assert_true(json_object_object_get_ex(p, "policies", &v));
	s.policies = (int64_t)json_object_array_length(v);
	assert_true(json_object_object_get_ex(p, "hash", &v));
	(void)snprintf(s.hash, sizeof(s.hash), "%s", json_object_get_string(v));
	json_object_put(o);
	return s;
}

static void start(struct fixture *f)
{
	*f = (struct fixture){ .watch_policy = true };
	fixture_init(f);
}

/* Until it has looked at what it was started with. */
static void await_first_look(struct fixture *f)
{
	fixture_start(f);
	TEST_WAIT(fixture_log_has(f, "event=policy-files-same"), WAIT_S);
	assert_int_equal(truncate(f->log, 0), 0);
}

TEST(policy_watch, a_file_written_or_renamed_over)
{
	struct fixture f;
	struct state first, second;

	start(&f);
	await_first_look(&f);
	first = served(&f);
	replace(f.policy, fixture_other_policy);
	TEST_WAIT(served(&f).generation == 2, WAIT_S);
	second = served(&f);
	assert_string_not_equal(first.hash, second.hash);
	assert_true(second.loaded >= first.loaded);
	fixture_write_policy(&f, fixture_good_policy);
	TEST_WAIT(strcmp(served(&f).hash, first.hash) == 0, WAIT_S);
	fixture_stop(&f);
	fixture_done(&f);
}

TEST(policy_watch, the_same_bytes_do_nothing)
{
	struct fixture f;

	start(&f);
	await_first_look(&f);
	replace(f.policy, fixture_good_policy);
	TEST_WAIT(fixture_log_has(&f, "event=policy-files-same"), WAIT_S);
	assert_int_equal(served(&f).generation, 1);
	assert_false(fixture_log_has(&f, "event=policy-loaded"));
	fixture_stop(&f);
	fixture_done(&f);
}

TEST(policy_watch, a_bad_one_is_refused_once)
{
	struct fixture f;

	start(&f);
	await_first_look(&f);
	replace(f.policy, fixture_bad_policy);
	TEST_WAIT(fixture_log_has(&f, "event=policy-refused"), WAIT_S);
	assert_int_equal(served(&f).generation, 1);
	assert_int_equal(truncate(f.log, 0), 0);
	replace(f.policy, fixture_bad_policy);
	TEST_WAIT(fixture_log_has(&f, "event=policy-files-same"), WAIT_S);
	assert_false(fixture_log_has(&f, "event=policy-refused"));
	replace(f.policy, fixture_other_policy);
	TEST_WAIT(served(&f).generation == 2, WAIT_S);
	/* One that is gone is refused, too. */
	assert_int_equal(truncate(f.log, 0), 0);
	assert_int_equal(unlink(f.policy), 0);
	TEST_WAIT(fixture_log_has(&f, "event=policy-refused"), WAIT_S);
	replace(f.policy, fixture_good_policy);
	TEST_WAIT(served(&f).generation == 3, WAIT_S);
	fixture_stop(&f);
	fixture_done(&f);
}

TEST(policy_watch, files_of_a_directory)
{
	struct fixture f;
	char directory[80], away[96], first[128], second[128];

	start(&f);
	(void)unlink(f.policy);
	(void)snprintf(directory, sizeof(directory), "%s/policy.d", f.dir);
	(void)snprintf(away, sizeof(away), "%s/away", f.dir);
	(void)snprintf(first, sizeof(first), "%s/a.json", directory);
	(void)snprintf(second, sizeof(second), "%s/b.json", directory);
	assert_int_equal(mkdir(directory, 0700), 0);
	write_file(first, fixture_good_policy);
	(void)snprintf(f.policy, sizeof(f.policy), "%s", directory);
	await_first_look(&f);

	write_file(second, MORE);
	TEST_WAIT(served(&f).policies == 2, WAIT_S);
	assert_int_equal(unlink(second), 0);
	TEST_WAIT(served(&f).policies == 1, WAIT_S);

	/* Another directory in its place is watched as well. */
	assert_int_equal(rename(directory, away), 0);
	TEST_WAIT(fixture_log_has(&f, "event=policy-refused"), WAIT_S);
	assert_int_equal(mkdir(directory, 0700), 0);
	write_file(first, fixture_good_policy);
	write_file(second, MORE);
	TEST_WAIT(served(&f).policies == 2, WAIT_S);
	replace(first, fixture_other_policy);
	TEST_WAIT(served(&f).generation == 5, WAIT_S);

	fixture_stop(&f);
	(void)unlink(first);
	(void)unlink(second);
	assert_int_equal(rmdir(directory), 0);
	(void)snprintf(first, sizeof(first), "%s/a.json", away);
	assert_int_equal(unlink(first), 0);
	assert_int_equal(rmdir(away), 0);
	fixture_done(&f);
}

/* The path is a link into another directory, where the file is replaced. */
TEST(policy_watch, what_a_link_points_to)
{
	struct fixture f;
	char directory[80], target[96];
	struct state first;

	start(&f);
	(void)snprintf(directory, sizeof(directory), "%s/elsewhere", f.dir);
	(void)snprintf(target, sizeof(target), "%s/real.json", directory);
	assert_int_equal(mkdir(directory, 0700), 0);
	write_file(target, fixture_good_policy);
	assert_int_equal(unlink(f.policy), 0);
	assert_int_equal(symlink(target, f.policy), 0);
	await_first_look(&f);
	first = served(&f);
	replace(target, fixture_other_policy);
	TEST_WAIT(served(&f).generation == 2, WAIT_S);
	assert_string_not_equal(served(&f).hash, first.hash);
	fixture_stop(&f);
	(void)unlink(target);
	assert_int_equal(rmdir(directory), 0);
	fixture_done(&f);
}

TEST(policy_watch, is_not_done_unasked)
{
	struct fixture f = { .watch_policy = false };
	char path[64], link[256];
	int watches = 0;

	fixture_init(&f);
	fixture_start(&f);
	for (int fd = 0; fd < 64; fd++) {
		ssize_t n;

		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", f.pid, fd);
		n = readlink(path, link, sizeof(link) - 1);
		if (n <= 0)
			continue;
		link[n] = '\0';
		watches += strstr(link, "inotify") != NULL;
	}
	assert_int_equal(watches, 0);
	fixture_stop(&f);
	fixture_done(&f);
}
