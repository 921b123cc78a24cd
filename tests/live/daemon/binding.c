// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which containers a binding takes: real peers, user namespaces and cgroups, a
 * real worker. A container that is taken gets EXDEV, the policy's default; one
 * that is refused ENOSYS, the kernel's word for a listener that is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "proto/varlink.h"
#include "tests/live/daemon/fixture.h"

#define USER  100123 /* nobody's on this machine */
#define GROUP 100456
#define OTHER 100789

#define WAIT_S 20

/* -- messages ------------------------------------------------------------------ */

struct message {
	uid_t uid; /* who sends it */
	gid_t gid;
	pid_t pid; /* 0: the tracee's own */
};

static char *state_of(pid_t pid)
{
	char *text;

	assert_true(
		asprintf(&text,
			 "{\"ociVersion\":\"1.0.2\",\"fds\":[\"seccompFd\"],"
			 "\"pid\":%d,\"metadata\":\"meta data\",\"state\":{"
			 "\"ociVersion\":\"1.0.2\",\"id\":\"web-1\",\"status\":"
			 "\"creating\",\"pid\":%d,\"bundle\":\"/b/web\","
			 "\"annotations\":{\"k\":\"v1\",\"l\":\"\\\"w\\n\"}}}",
			 pid, pid) > 0);
	return text;
}

/* Sends the tracee's listener as somebody, and waits until it is sent. */
static void attach(struct tracee *t, const struct fixture *f,
		   const struct message *m)
{
	char *text = state_of(m->pid ?: t->pid);
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		int sock;

		if (setresgid(m->gid, m->gid, m->gid) < 0 ||
		    setresuid(m->uid, m->uid, m->uid) < 0)
			_exit(1);
		sock = client_connect(f);
		if (sock < 0)
			_exit(2);
		client_send(sock, text, strlen(text), &t->listener, 1);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	free(text);
	close(t->listener);
	t->listener = -1;
}

static int call(struct tracee *t)
{
	tracee_call(t, (unsigned)makedev(1, 3));
	return tracee_result(t);
}

/* -- deputyd --------------------------------------------------------------------- */

static void put_policy(struct fixture *f, const char *rules, const char *when,
		       const char *error)
{
	char text[2048];

	(void)snprintf(
		text, sizeof(text),
		"{\"version\":1,\"policies\":{\"p\":{\"rules\":[%s],"
		"\"default\":{\"errno\":\"%s\"}}},\"bindings\":[{\"when\":"
		"{%s},\"policy\":\"p\"}]}",
		rules, error, when);
	fixture_write_policy(f, text);
	if (f->pid > 0)
		json_object_put(fixture_call(f, "Reload", NULL));
}

static void start(struct fixture *f)
{
	*f = (struct fixture){ .worker = DEPUTY_WORKER };
	fixture_init(f);
	put_policy(f, "", "", "EXDEV");
	fixture_start(f);
	/* Anybody may send. */
	assert_int_equal(chmod(f->dir, 0711), 0);
	assert_int_equal(chmod(f->oci, 0666), 0);
}

static void stop(struct fixture *f)
{
	fixture_stop(f);
	fixture_done(f);
}

static struct json_object *at(struct json_object *o, const char *key)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v))
		fail_msg("no \"%s\" in %s", key, json_object_to_json_string(o));
	return v;
}

static const char *str_at(struct json_object *o, const char *key)
{
	return json_object_get_string(at(o, key));
}

static int64_t containers(const struct fixture *f)
{
	struct json_object *o = fixture_call(f, "Status", NULL);
	int64_t n = json_object_get_int64(at(o, "containers"));

	json_object_put(o);
	return n;
}

static size_t count_in_log(const struct fixture *f, const char *text)
{
	FILE *file = fopen(f->log, "re");
	char line[8192];
	size_t n = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		n += strstr(line, text) != NULL;
	(void)fclose(file);
	return n;
}

/* -- cgroups ----------------------------------------------------------------------- */

/* An odd name: control characters, a colon, bytes that are no character. */
#define CGROUP_ODD "a\x01\tb:\xff"

struct cgroup {
	char dir[96], odd[128], procs[160];
	char path[32]; /* in its hierarchy */
};

static bool try_cgroup(struct cgroup *c, const char *root)
{
	(void)snprintf(c->path, sizeof(c->path), "/deputy-test-%d", getpid());
	(void)snprintf(c->dir, sizeof(c->dir), "%s%s", root, c->path);
	(void)snprintf(c->odd, sizeof(c->odd), "%s/%s", c->dir, CGROUP_ODD);
	(void)snprintf(c->procs, sizeof(c->procs), "%s/cgroup.procs", c->odd);
	if (mkdir(c->dir, 0755) < 0)
		return false;
	if (mkdir(c->odd, 0755) == 0 && access(c->procs, W_OK) == 0)
		return true;
	(void)rmdir(c->dir);
	return false;
}

static void cgroup_make(struct cgroup *c)
{
	static const char *const roots[] = { "/sys/fs/cgroup/unified",
					     "/sys/fs/cgroup/systemd",
					     "/sys/fs/cgroup/pids",
					     "/sys/fs/cgroup" };

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		if (try_cgroup(c, roots[i]))
			return;
	TEST_SKIP("a cgroup that can be made");
}

/* Who was in it is gone, but the kernel may still be at it. */
static void cgroup_remove(const struct cgroup *c)
{
	TEST_WAIT(rmdir(c->odd) == 0, WAIT_S);
	assert_int_equal(rmdir(c->dir), 0);
}

/* -- each fact ---------------------------------------------------------------------- */

static const struct {
	const char *when;
	int flags;
	uid_t id; /* the tracee's, so the owner of its user namespace */
	struct message message;
	bool taken;
} rows[] = {
	{ "\"peer_uid\":0", 0, 0, { 0, 0, 0 }, true },
	{ "\"peer_uid\":0", 0, 0, { USER, 0, 0 }, false },
	{ "\"peer_uid\":\"100000-165535\"", 0, 0, { USER, GROUP, 0 }, true },
	{ "\"peer_uid\":\"100000-165535\"", 0, 0, { 0, GROUP, 0 }, false },
	{ "\"peer_gid\":[5,100456]", 0, 0, { 0, GROUP, 0 }, true },
	{ "\"peer_gid\":[5,100456]", 0, 0, { GROUP, 0, 0 }, false },
	{ "\"userns_owner\":\"none\"", 0, USER, { 0, 0, 0 }, true },
	{ "\"userns_owner\":\"none\"", TRACEE_USERNS, 0, { 0, 0, 0 }, false },
	{ "\"userns_owner\":0", TRACEE_USERNS, 0, { 0, 0, 0 }, true },
	{ "\"userns_owner\":0", TRACEE_USERNS, USER, { 0, 0, 0 }, false },
	{ "\"userns_owner\":100123", TRACEE_USERNS, USER, { 0, 0, 0 }, true },
	{ "\"userns_owner\":100123", TRACEE_USERNS, OTHER, { 0, 0, 0 }, false },
	{ "\"userns_owner\":100123", 0, USER, { USER, 0, 0 }, false },
	{ "\"peer_uid\":0,\"id\":\"web-?\"", 0, 0, { 0, 0, 0 }, true },
	{ "\"peer_uid\":0,\"id\":\"web-?\"", 0, 0, { USER, 0, 0 }, false },
	{ "\"peer_uid\":0,\"id\":\"web\"", 0, 0, { 0, 0, 0 }, false },
	{ "\"peer_uid\":0,\"bundle\":\"/b/*\"", 0, 0, { 0, 0, 0 }, true },
	{ "\"peer_uid\":0,\"bundle\":\"/c/*\"", 0, 0, { 0, 0, 0 }, false },
	{ "\"peer_uid\":0,\"metadata\":\"*a d*\"", 0, 0, { 0, 0, 0 }, true },
	{ "\"peer_uid\":0,\"metadata\":\"meta\"", 0, 0, { 0, 0, 0 }, false },
	{ "\"peer_uid\":0,\"annotation\":{\"k\":\"v*\"}", 0, 0, { 0, 0, 0 }, true },
	{ "\"peer_uid\":0,\"annotation\":{\"k\":\"v\"}", 0, 0, { 0, 0, 0 }, false },
	/* no such process, so nothing is known of it */
	{ "\"userns_owner\":[\"none\",0]", 0, 0, { 0, 0, 0x3fffff }, false },
	{ "\"cgroup\":\"/*\"", 0, 0, { 0, 0, 0x3fffff }, false },
	{ "\"cgroup\":\"/*\"", 0, 0, { 0, 0, 0 }, true },
};

TEST_WITHIN(binding, takes_by_each_fact, 120)
{
	struct fixture f;
	int fds;

	start(&f);
	fds = fixture_fds(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct tracee_role role = { .id = rows[i].id };
		struct tracee t;
		int r;

		put_policy(&f, "", rows[i].when, "EXDEV");
		tracee_start_as(&t, rows[i].flags, &role);
		attach(&t, &f, &rows[i].message);
		r = call(&t);
		if (r != (rows[i].taken ? -EXDEV : -ENOSYS))
			fail_msg("row %zu: %s", i, strerrorname_np(-r));
		tracee_end(&t);
		TEST_WAIT(containers(&f) == 0, WAIT_S);
	}
	assert_int_equal(fixture_fds(&f), fds);
	stop(&f);
}

/* One line says all that there was to look at. */
TEST(binding, the_refusal_tells_all_facts)
{
	const struct tracee_role role = { .id = USER };
	struct fixture f;
	struct tracee t;
	int fds;

	start(&f);
	put_policy(&f, "",
		   "\"peer_uid\":0,\"annotation\":{\"none\":\"x\",\"l\":\"x\"}",
		   "EXDEV");
	fds = fixture_fds(&f);
	tracee_start_as(&t, TRACEE_USERNS, &role);
	attach(&t, &f, &(struct message){ OTHER, GROUP, 0 });
	assert_int_equal(call(&t), -ENOSYS);
	assert_int_equal(count_in_log(&f, "event=attach-refused"), 1);
	assert_int_equal(
		count_in_log(&f,
			     "level=warning event=attach-refused why=\"no "
			     "binding of the policy matches\" peer_uid=100789 "
			     "peer_gid=100456 peer_pid="),
		1);
	assert_int_equal(count_in_log(&f, " userns_owner=100123 cgroup="), 1);
	assert_int_equal(
		count_in_log(&f,
			     " id=web-1 bundle=/b/web metadata=\"meta data\" "
			     "annotation=\"l=\\\"w\\n, k=v1\"\n"),
		1);
	assert_int_equal(count_in_log(&f, "web-1"), 1); /* no other line */
	assert_int_equal(containers(&f), 0);
	assert_int_equal(fixture_workers(&f, NULL, 0), 0);
	assert_int_equal(fixture_fds(&f), fds);
	tracee_end(&t);
	stop(&f);
}

TEST(binding, the_refusal_of_an_unknown_process)
{
	struct fixture f;
	struct tracee t;

	start(&f);
	put_policy(&f, "", "\"userns_owner\":\"0-4294967294\"", "EXDEV");
	tracee_start(&t, 0);
	attach(&t, &f, &(struct message){ 0, 0, 0x3fffff });
	assert_int_equal(call(&t), -ENOSYS);
	assert_int_equal(
		count_in_log(&f, " userns_owner=unknown cgroup=unknown id="), 1);
	assert_int_equal(count_in_log(&f, "web-1"), 1);
	tracee_end(&t);
	stop(&f);
}

/* Who shares uid and id with a container, but not the gid, is not the same. */
TEST(binding, another_group_does_not_join_a_container)
{
	struct tracee first, second;
	struct fixture f;

	start(&f);
	put_policy(&f, "", "\"peer_gid\":100456", "EXDEV");
	tracee_start(&first, 0);
	attach(&first, &f, &(struct message){ USER, GROUP, 0 });
	assert_int_equal(call(&first), -EXDEV);
	tracee_start(&second, 0);
	attach(&second, &f, &(struct message){ USER, GROUP + 1, first.pid });
	assert_int_equal(call(&second), -ENOSYS);
	tracee_end(&second);
	tracee_end(&first);
	stop(&f);
}

/* -- cgroups ------------------------------------------------------------------------ */

static void expect_shown(const struct fixture *f, const struct cgroup *c)
{
	struct json_object *o =
		fixture_call(f, "Show", varlink_parameter_str("id", "web-1"));
	struct json_object *facts = at(o, "facts");
	char want[160];
	bool found = false;

	(void)snprintf(want, sizeof(want), "%s/a\x01\tb:\\xff", c->path);
	for (size_t i = 0; i < json_object_array_length(at(facts, "cgroups")); i++)
		found |= strcmp(want,
				json_object_get_string(json_object_array_get_idx(
					at(facts, "cgroups"), i))) == 0;
	assert_true(found);
	assert_string_equal(str_at(facts, "bundle"), "/b/web");
	assert_string_equal(str_at(facts, "metadata"), "meta data");
	assert_string_equal(str_at(at(facts, "annotations"), "l"), "\"w\n");
	assert_string_equal(str_at(at(o, "container"), "userns_owner"), "none");
	assert_string_equal(str_at(at(o, "container"), "peer_gid"), "0");
	json_object_put(o);
}

static void when_in(char *buf, size_t size, const struct cgroup *c,
		    const char *below)
{
	(void)snprintf(buf, size, "\"cgroup\":[\"/nowhere\",\"%s%s\"]", c->path,
		       below);
}

TEST_WITHIN(binding, cgroups_of_any_name, 60)
{
	static const char *const matching[] = { "/*", "/a\\u0001\\tb:?", "*" };
	static const char *const other[] = { "", "/", "/a\\u0001\\tb", "/a?b:?" };
	struct tracee_role role = { .id = 0 };
	struct cgroup c;
	struct fixture f;
	char when[256];

	cgroup_make(&c);
	role.cgroup_procs = c.procs;
	start(&f);
	for (size_t i = 0; i < 7; i++) {
		bool taken = i < 3;
		struct tracee t;

		when_in(when, sizeof(when), &c,
			taken ? matching[i] : other[i - 3]);
		put_policy(&f, "", when, "EXDEV");
		tracee_start_as(&t, 0, &role);
		attach(&t, &f, &(struct message){ 0, 0, 0 });
		if (call(&t) != (taken ? -EXDEV : -ENOSYS))
			fail_msg("row %zu: %s", i, when);
		if (i == 0)
			expect_shown(&f, &c);
		tracee_end(&t);
		TEST_WAIT(containers(&f) == 0, WAIT_S);
	}
	stop(&f);
	cgroup_remove(&c);
}

/* A reload looks at what was known when it came, wherever it went since. */
TEST_WITHIN(binding, a_reload_looks_at_the_same_facts, 60)
{
	struct tracee_role role = { .id = 0 };
	struct cgroup c;
	struct fixture f;
	struct tracee t;
	char when[256], pid[16];
	FILE *file;

	cgroup_make(&c);
	role.cgroup_procs = c.procs;
	start(&f);
	when_in(when, sizeof(when), &c, "/*");
	put_policy(&f, "", when, "EXDEV");
	tracee_start_as(&t, 0, &role);
	attach(&t, &f, &(struct message){ 0, 0, 0 });
	assert_int_equal(call(&t), -EXDEV);

	(void)snprintf(c.procs, sizeof(c.procs), "%s/cgroup.procs", c.dir);
	(void)snprintf(pid, sizeof(pid), "%d", t.pid);
	file = fopen(c.procs, "we");
	assert_non_null(file);
	assert_true(fputs(pid, file) >= 0);
	assert_int_equal(fclose(file), 0);

	put_policy(&f, "", when, "EMFILE");
	TEST_WAIT(call(&t) == -EMFILE, WAIT_S);
	tracee_end(&t);
	stop(&f);
	cgroup_remove(&c);
}

/* -- a message that lies about its pid ---------------------------------------------- */

static const char emulate_null[] =
	"{\"syscalls\":[\"mknodat\"],\"match\":{\"type\":\"char\",\"device\":["
	"\"1:3\"]},\"action\":\"emulate\",\"unopenable\":\"create\"}";

struct home {
	char dir[64], node[80];
};

static void home_make(struct home *h, uid_t id)
{
	(void)snprintf(h->dir, sizeof(h->dir), "/tmp/deputy-home-XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	assert_int_equal(chown(h->dir, id, id), 0);
	(void)snprintf(h->node, sizeof(h->node), "%s/null", h->dir);
}

static bool home_has_node(const struct home *h)
{
	struct stat st;

	return lstat(h->node, &st) == 0 && S_ISCHR(st.st_mode) &&
	       st.st_rdev == makedev(1, 3);
}

static void home_remove(const struct home *h)
{
	(void)unlink(h->node);
	assert_int_equal(rmdir(h->dir), 0);
}

/*
 * Who names a process of a privileged container as its init gets that one's
 * policy, and nothing of it: it acts for callers in that one's user namespace.
 */
static void lie(const char *when, const char *cgroup_procs)
{
	struct home good_home, liars_home;
	struct tracee_role good_role = { cgroup_procs, USER, good_home.node };
	struct tracee_role liars_role = { NULL, OTHER, liars_home.node };
	struct tracee good, liar;
	struct fixture f;

	home_make(&good_home, USER);
	home_make(&liars_home, OTHER);
	start(&f);
	put_policy(&f, emulate_null, when, "EXDEV");
	tracee_start_as(&good, TRACEE_USERNS, &good_role);
	tracee_start_as(&liar, TRACEE_USERNS, &liars_role);

	attach(&liar, &f, &(struct message){ OTHER, OTHER, good.pid });
	assert_int_equal(call(&liar), -EPERM);
	assert_int_equal(access(liars_home.node, F_OK), -1);
	assert_int_equal(count_in_log(&f, "event=listener-attached"), 1);

	/* The very policy does it for whom it is. */
	attach(&good, &f, &(struct message){ 0, 0, 0 });
	assert_int_equal(call(&good), 0);
	assert_true(home_has_node(&good_home));

	tracee_end(&liar);
	tracee_end(&good);
	stop(&f);
	home_remove(&good_home);
	home_remove(&liars_home);
}

TEST_WITHIN(binding, anothers_pid_gains_nothing_by_its_owner, 60)
{
	lie("\"userns_owner\":100123", NULL);
}

TEST_WITHIN(binding, anothers_pid_gains_nothing_by_its_cgroup, 60)
{
	struct cgroup c;
	char when[256];

	cgroup_make(&c);
	when_in(when, sizeof(when), &c, "/*");
	lie(when, c.procs);
	cgroup_remove(&c);
}
