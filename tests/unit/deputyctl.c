// SPDX-License-Identifier: LGPL-2.1-or-later
/* deputyctl against a server that says what a row of a table tells it to. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/harness/test.h"
#include "tests/unit/ctl_run.h"

struct fake {
	char dir[32];
	struct sockaddr_un addr;
	int listener;
	const char *reply; /* NULL: close without one; "": say nothing */
	char request[1024];
	pthread_t thread;
};

static void *fake_run(void *arg)
{
	struct fake *f = arg;
	struct pollfd p = { .fd = f->listener, .events = POLLIN };
	AUTO(fd_close) int fd = -1;
	ssize_t n = 0;

	if (poll(&p, 1, 10000) != 1)
		return NULL;
	fd = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);
	while (n < (ssize_t)sizeof(f->request)) {
		if (read(fd, f->request + n, 1) != 1)
			return NULL;
		if (f->request[n++] == 0)
			break;
	}
	if (!f->reply)
		return NULL;
	if (*f->reply) {
		/* in two pieces */
		(void)!write(fd, f->reply, 1);
		(void)!write(fd, f->reply + 1, strlen(f->reply));
	}
	(void)!read(fd, &(char){ 0 }, 1); /* until deputyctl leaves */
	return NULL;
}

static void fake_start(struct fake *f, const char *reply)
{
	memset(f, 0, sizeof(*f));
	strcpy(f->dir, "/tmp/deputy-ctl-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->addr.sun_family = AF_UNIX;
	snprintf(f->addr.sun_path, sizeof(f->addr.sun_path), "%s/s", f->dir);
	f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(f->listener, (void *)&f->addr, sizeof(f->addr)),
			 0);
	assert_int_equal(listen(f->listener, 1), 0);
	f->reply = reply;
	assert_int_equal(pthread_create(&f->thread, NULL, fake_run, f), 0);
}

static void fake_stop(struct fake *f)
{
	pthread_join(f->thread, NULL);
	close(f->listener);
	unlink(f->addr.sun_path);
	rmdir(f->dir);
}

static const struct ctl_row without_server[] = {
	{ { "--help" }, 0, "Usage: deputyctl", "" },
	{ { "-h" }, 0, "--socket PATH", "" },
	{ { "--version" }, 0, "deputyctl " DEPUTY_VERSION, "" },
	{ { "status", "--help" }, 0, "Usage: deputyctl [OPTION...] status\n",
	  "" },
	{ { "--help", "list" }, 0, "Usage: deputyctl [OPTION...] list\n", "" },
	{ { "show", "-h" }, 0, "show ID\n", "" },
	{ { "reload", "--help" }, 0, "reload\n", "" },
	{ { NULL }, 2, "", "a verb is missing" },
	{ { "--nothing" }, 2, "", "unknown option --nothing\n" },
	{ { "--jsn", "status" }, 2, "",
	  "unknown option --jsn (did you mean \"--json\"?)\n" },
	{ { "policy", "check", "f", "--polcy=x" }, 2, "",
	  "unknown option --polcy (did you mean \"--policy\"?)\n"
	  "Try \"deputyctl help policy check\".\n" },
	{ { "-Z" }, 2, "", "unknown option -Z\n" },
	{ { "--socket" }, 2, "", "--socket needs PATH\n" },
	{ { "-s" }, 2, "", "--socket needs PATH\n" },
	{ { "--json=x" }, 2, "", "--json takes no value\n" },
	{ { "help" }, 0, "Usage: deputyctl", "" },
	{ { "help", "status" }, 0, "Usage: deputyctl [OPTION...] status\n", "" },
	{ { "help", "policy", "diff" }, 0, "policy diff OLD NEW\n", "" },
	{ { "help", "policy" }, 0, "  policy explain FILE CALL  Explain", "" },
	{ { "policy", "--help" }, 0, "  policy explain FILE CALL  Explain", "" },
	{ { "help", "statsu" }, 2, "",
	  "unknown verb \"statsu\" (did you mean \"status\"?)" },
	{ { "polyci", "check" }, 2, "",
	  "unknown verb \"polyci\" (did you mean \"policy\"?)" },
	{ { "policy", "checkx", "f" }, 2, "",
	  "\"policy checkx\" (did you mean \"policy check\"?)" },
	/* what follows "run" and its options is the command's */
	{ { "run", "--listener", "/no/sock", "ls", "--nothing", "-s" }, 125, "",
	  "run: deputyd does not run (/no/sock: " },
	{ { "run", "--listener", "/no/sock", "--", "--nothing" }, 125, "",
	  "run: deputyd does not run (/no/sock: " },
	{ { "dance" }, 2, "", "unknown verb \"dance\"" },
	{ { "dance", "--help" }, 2, "", "unknown verb \"dance\"" },
	{ { "stat" }, 2, "", "unknown verb" },
	{ { "status", "x" }, 2, "", "usage: deputyctl status\n" },
	{ { "show" }, 2, "", "usage: deputyctl show ID\n" },
	{ { "show", "a", "b" }, 2, "", "usage: deputyctl show ID\n" },
	{ { "policy", "check", "--help" }, 0, "policy check FILE\n", "" },
	{ { "policy" }, 2, "", "  policy explain FILE CALL  Explain" },
	{ { "policy", "dance" }, 2, "", "unknown verb \"policy dance\"" },
	{ { "policy", "check" }, 2, "", "usage: deputyctl policy check FILE\n" },
	{ { "policy", "check", "f", "--policy", "p" }, 2, "",
	  "--policy: only with --profile, --cgroup or --oci-config" },
	{ { "policy", "check", "f", "--base", "b" }, 2, "",
	  "policy check has no --base" },
	{ { "policy", "profile", "--help" }, 0, "policy profile FILE\n", "" },
	{ { "policy", "profile" }, 2, "",
	  "usage: deputyctl policy profile FILE\n" },
	{ { "policy", "profile", "f", "--profile", "p" }, 2, "",
	  "policy profile has no --profile" },
	{ { "policy", "profile", "f", "--dialect", "podman" }, 2, "",
	  "--dialect: expected \"oci\", \"docker\" or \"lxc\"" },
	{ { "policy", "profile", "f", "--dialect", "lxc", "--base", "b" }, 2, "",
	  "--base: not with the dialect \"lxc\"" },
	{ { "policy", "profile", "f", "--dialect", "lxc", "--wait-killable" }, 2,
	  "", "--wait-killable: LXC cannot set this flag" },
	{ { "policy", "profile", "f", "--listener", "oci.sock" }, 2, "",
	  "--listener: the listener's path must begin with a slash" },
	{ { "policy", "profile", "/nonexistent" }, 1, "", "cannot read" },
	{ { "status", "--wait-killable" }, 2, "",
	  "status has no --wait-killable" },
};

/* The help of one verb has the options that it takes, and no other. */
TEST(deputyctl, help_of_a_verb_has_its_own_options)
{
	static const struct {
		const char *args[4];
		const char *has, *has_not;
	} rows[] = {
		{ { "help", "policy", "diff" }, "--policy NAME", "--arch" },
		{ { "help", "policy", "profile" }, "--base PATH", "--profile" },
		{ { "help", "run" }, "--listener PATH", "--socket" },
		{ { "help", "status" }, "--socket PATH", "--policy" },
		{ { "list", "-h" }, "--json", "--version" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ctl_result r;

		ctl_run(NULL, rows[i].args, &r);
		assert_int_equal(r.status, 0);
		ctl_expect_in("help", r.out, rows[i].has);
		if (strstr(r.out, rows[i].has_not))
			fail_msg("row %zu: %s in %s", i, rows[i].has_not, r.out);
	}
}

TEST(deputyctl, usage)
{
	for (size_t i = 0; i < ARRAY_SIZE(without_server); i++)
		ctl_expect(NULL, &without_server[i]);
}

#define COUNTERS                                                               \
	"{\"received\":1239,\"continued\":1000,\"emulated\":200,"              \
	"\"denied\":34,\"failed\":5,\"refused\":0,\"gone\":3,"                 \
	"\"recovered\":0,\"fast\":0,\"exact\":0,\"given_up\":0}"
#define STATUS                                                                 \
	"{\"parameters\":{\"version\":\"9.8\",\"pid\":77,\"uptime\":3700,"     \
	"\"policy\":{\"source\":\"/etc/p.json\",\"generation\":4,"             \
	"\"policies\":[\"default\",\"strict\"]},\"containers\":2,"             \
	"\"listeners\":3,\"workers\":1,\"counters\":" COUNTERS                 \
	",\"features\":{\"continue\":true,\"sync\":false}}}"
#define CONTAINER(id)                                                          \
	"{\"id\":\"" id "\",\"peer_uid\":1000,\"policy\":\"default\","         \
	"\"listeners\":2,\"received\":1239,\"continued\":1000,"                \
	"\"emulated\":200,\"denied\":34,\"failed\":5,\"since\":0,"             \
	"\"peer_gid\":7,\"userns_owner\":\"1001\"}"
#define FACTS                                                                  \
	"{\"cgroups\":[\"/a\",\"/b\\u0007\"],\"bundle\":\"/b\",\"metadata\":"  \
	"null,\"annotations\":{\"k\":\"v\",\"l\\u001b\":\"w\\nx\"}}"
#define LIST                                                                   \
	"{\"parameters\":{\"containers\":[" CONTAINER("c1") ","                \
	CONTAINER("\\u001b[2J\\nroot") "]}}"
#define SHOW                                                                   \
	"{\"parameters\":{\"container\":" CONTAINER(                           \
		"c1") ",\"facts\":" FACTS ",\"listeners\":["                   \
		      "{\"worker_pid\":815,\"phase\":\"idle\",\"restarts\":2," \
		      "\"counters\":" COUNTERS "},{\"worker_pid\":null,"       \
		      "\"phase\":\"received\",\"restarts\":0,"                 \
		      "\"counters\":" COUNTERS "}]}}"
#define DIAGNOSTICS                                                            \
	"[{\"level\":\"error\",\"file\":\"/etc/p.json\",\"line\":12,"          \
	"\"column\":7,\"pointer\":\"/policies/x\",\"reason\":\"unknown\"}]"
#define ERROR(name, parameters)                                                \
	"{\"error\":\"" name "\",\"parameters\":" parameters "}"

static const struct {
	const char *request, *reply;
	struct ctl_row row;
} with_server[] = {
	{ "Status",
	  STATUS,
	  { { "status" }, 0, "deputyd 9.8, up 1h 1m, pid 77\n", "" } },
	{ "Status",
	  STATUS,
	  { { "status" },
	    0,
	    "Policy      /etc/p.json, generation 4, 2 policies: default, "
	    "strict\nContainers  2, with 3 listeners, 1 worker\n"
	    "Calls       1239  received   ",
	    "" } },
	{ "Status",
	  STATUS,
	  { { "status" },
	    0,
	    "               5  failed     emulated calls that ended in an "
	    "errno, as the kernel's\n               3  gone  ",
	    "" } },
	{ "Status",
	  STATUS,
	  { { "status" }, 0, "Kernel      continue, no sync\n", "" } },
	{ "Status",
	  "{\"parameters\":{\"worker\":{\"path\":\"/w\",\"version\":null,"
	  "\"problem\":\"it is \\u001b gone\"},\"containers\":0}}",
	  { { "status" }, 0, "\nWorker      it is \\x1b gone\nContainers  0",
	    "" } },
	{ "Status",
	  "{\"parameters\":{\"policy\":{\"source\":\"/p\","
	  "\"generation\":2,\"policies\":[],\"hash\":\"00ff\\n\","
	  "\"loaded\":1600000000,\"finishing\":1,\"kept\":2}}}",
	  { { "status" },
	    0,
	    "\n            hash 00ff\\x0a, loaded 2020-09-13 12:26:40 UTC\n"
	    "            1 worker still finishes under an older one\n"
	    "            2 containers keep an older one: no binding matches\n"
	    "Containers ",
	    "" } },
	{ "Status", STATUS,
	  { { "-j", "status" }, 0, "\n  \"pid\": 77,\n", "" } },
	{ "Status", "{\"parameters\":{}}", { { "status" }, 0, "deputyd ", "" } },
	{ "Status", "{}", { { "status" }, 0, "deputyd ", "" } },
	{ "List",
	  LIST,
	  { { "list" }, 0, "\nc1               default  1000    7   1001  ", "" } },
	{ "List",
	  LIST,
	  { { "list" }, 0, "\n\\x1b[2J\\x0aroot  default  1000    7   1001  ", "" } },
	{ "List", LIST, { { "list", "--json" }, 0, "\"id\": \"c1\",", "" } },
	{ "List",
	  "{\"parameters\":{\"containers\":[]}}",
	  { { "list" }, 0, "No container is attached.\n", "" } },
	{ "List",
	  "{\"parameters\":{\"containers\":[null,7,{}]}}",
	  { { "list" }, 0, "ID  POLICY", "" } },
	{ "Show\",\"parameters\":{\"id\":\"c1\"}",
	  SHOW,
	  { { "show", "c1" }, 0, "Container  c1\nPolicy     default\n", "" } },
	{ "Show",
	  SHOW,
	  { { "show", "c1" },
	    0,
	    "   815  idle             2      1239       1000",
	    "" } },
	{ "Show", SHOW, { { "show", "c1" }, 0, "\n  none  received ", "" } },
	{ "Show",
	  SHOW,
	  { { "show", "c1" },
	    0,
	    "by uid 1000, gid 7\n"
	    "Owner      1001\n"
	    "Cgroup     /a\n           /b\\x07\n"
	    "Bundle     /b\n"
	    "Annotated  k=v\n           l\\x1b=w\\x0ax\n\n",
	    "" } },
	{ "Show",
	  "{\"parameters\":{\"facts\":{\"cgroups\":[]}}}",
	  { { "show", "c1" }, 0, "Cgroup     unknown\n\n", "" } },
	{ "Show",
	  "{\"parameters\":{\"facts\":{\"cgroups\":[1,null],"
	  "\"annotations\":{\"k\":null},\"bundle\":3}}}",
	  { { "show", "c1" }, 0, "           ?\nAnnotated  k=?\n\n", "" } },
	{ "Show",
	  "{\"parameters\":{\"container\":{\"userns\":0}}}",
	  { { "show", "c1" }, 0, "nothing is emulated", "" } },
	{ "Show",
	  ERROR("io.deputy.Control.NotFound", "{\"id\":\"a\\nb\"}"),
	  { { "show", "a\nb" }, 1, "", "has the id \"a\\x0ab\"" } },
	{ "Reload",
	  "{\"parameters\":{\"policy\":{\"source\":\"built-in\","
	  "\"generation\":2,\"policies\":[\"d\"]},\"warnings\":[]}}",
	  { { "reload" }, 0, "Reloaded: built-in, generation 2, 1 policy: d\n", "" } },
	{ "Reload",
	  "{\"parameters\":{\"policy\":{\"source\":\"/p\",\"hash\":\"0b\","
	  "\"finishing\":3,\"loaded\":0},\"previous\":\"0a\"}}",
	  { { "reload" },
	    0,
	    "          hash 0b, loaded 1970-01-01 00:00:00 UTC\n"
	    "          3 workers still finish under an older one\n"
	    "          hash before: 0a\n",
	    "" } },
	{ "Reload",
	  "{\"parameters\":{\"policy\":{\"hash\":\"0b\"},"
	  "\"previous\":\"0b\"}}",
	  { { "reload" }, 0, "\n          the same as before\n", "" } },
	{ "Reload",
	  "{\"parameters\":{\"policy\":{},\"warnings\":" DIAGNOSTICS "}}",
	  { { "reload" }, 0, "Reloaded", "/etc/p.json:12:7: error: /pol" } },
	{ "Reload",
	  ERROR("io.deputy.Control.ReloadFailed",
		"{\"source\":\"/etc/p.json\",\"diagnostics\":" DIAGNOSTICS "}"),
	  { { "reload" },
	    1,
	    "",
	    "/etc/p.json:12:7: error: /policies/x: unknown\n"
	    "deputyctl: the new policy was refused; the old" } },
	{ "Reload",
	  ERROR("io.deputy.Control.ReloadFailed",
		"{\"source\":\"x\",\"diagnostics\":" DIAGNOSTICS "}"),
	  { { "reload", "--json" }, 1, "\"line\": 12,", "was refused" } },
	{ "Reload",
	  ERROR("org.varlink.service.PermissionDenied", "{}"),
	  { { "reload" }, 1, "", "Reload is for root only" } },
	{ "Status",
	  ERROR("io.deputy.Control.LimitExceeded", "{\"limit\":\"\\u001b\"}"),
	  { { "status" }, 1, "", "answered io.deputy.Control.LimitExceeded" } },
	{ "Status",
	  "{\"error\":\"a.b\"}",
	  { { "status" }, 1, "", "answered a.b null" } },
	{ "Status", "HTTP/1.1 400", { { "status" }, 1, "", "not deputyd" } },
	{ "Status",
	  "{\"parameters\":7}",
	  { { "status" }, 1, "", "\"parameters\" is not an object" } },
	{ "Status", NULL, { { "status" }, 1, "", "without an answer" } },
	{ "Status",
	  ERROR("io.deputy.Control.WrongSocket", "{\"socket\":\"oci\"}"),
	  { { "status" }, 1, "",
	    "/s is deputyd's oci socket, not its control socket: use /tmp/deputy-ctl-" } },
};

TEST(deputyctl, shows_what_deputyd_replies)
{
	for (size_t i = 0; i < ARRAY_SIZE(with_server); i++) {
		struct fake f;

		fake_start(&f, with_server[i].reply);
		ctl_expect(f.addr.sun_path, &with_server[i].row);
		fake_stop(&f);
		ctl_expect_in("request", f.request, with_server[i].request);
		ctl_expect_in("request", f.request,
			  "{\"method\":\"io.deputy.Control.");
	}
}

TEST(deputyctl, deputyd_that_says_nothing)
{
	static const struct ctl_row row = { { "status" },
					1,
					"",
					"did not answer within 5 s" };
	int64_t start_ms = test_now_ms();
	struct fake f;

	fake_start(&f, "");
	ctl_expect(f.addr.sun_path, &row);
	assert_in_range(test_now_ms() - start_ms, 4900, 15000);
	fake_stop(&f);
}

TEST(deputyctl, deputyd_that_takes_no_connection)
{
	static const struct ctl_row row = { { "status" },
					1,
					"",
					"did not answer within 5 s (/tmp/" };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int queued = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char dir[] = "/tmp/deputy-ctl-XXXXXX";

	assert_non_null(mkdtemp(dir));
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/s", dir);
	assert_int_equal(bind(listener, (void *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(listener, 0), 0);
	assert_int_equal(connect(queued, (void *)&addr, sizeof(addr)), 0);
	ctl_expect(addr.sun_path, &row);
	close(listener);
	close(queued);
	unlink(addr.sun_path);
	rmdir(dir);
}

TEST(deputyctl, a_socket_of_packets_is_not_deputyds_control_socket)
{
	static const struct ctl_row row = { { "status" }, 1, "",
					    "is deputyd's lxc socket, or no" };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	char dir[] = "/tmp/deputy-ctl-XXXXXX";

	assert_non_null(mkdtemp(dir));
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/s", dir);
	assert_int_equal(bind(listener, (void *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(listener, 1), 0);
	ctl_expect(addr.sun_path, &row);
	close(listener);
	unlink(addr.sun_path);
	rmdir(dir);
}

TEST(deputyctl, no_socket_says_what_to_do)
{
	static const struct ctl_row missing = {
		{ "status" }, 1, "", "deputyd does not run (/tmp/no"
	};
	static const struct ctl_row far = { { "list" }, 1, "", "too long" };
	char path[300];

	ctl_expect("/tmp/no/such/socket", &missing);
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = 0;
	ctl_expect(path, &far);
}

TEST(deputyctl, a_socket_of_others_says_who_may)
{
	static const char *const args[] = { "status", NULL };
	char dir[] = "/tmp/deputy-ctl-XXXXXX", path[64];
	struct ctl_result r;

	if (geteuid() != 0)
		TEST_SKIP("changing the uid needs root");
	assert_non_null(mkdtemp(dir)); /* mode 0700 */
	snprintf(path, sizeof(path), "%s/s", dir);
	assert_int_equal(seteuid(12345), 0);
	/* the child's real uid stays 0, its effective one counts */
	ctl_run(path, args, &r);
	assert_int_equal(seteuid(0), 0);
	rmdir(dir);
	assert_int_equal(r.status, 1);
	ctl_expect_in("stderr", r.err, "needs root or the group \"deputy\"");
}

#define GOOD_POLICY                                                            \
	"{ \"version\": 1, \"policies\": { \"p\": { \"rules\": [ { \"syscalls\": " \
	"[\"@mknod\"], \"action\": { \"errno\": \"EPERM\" } } ], \"default\": "     \
	"\"continue\" } }, \"bindings\": [ { \"when\": {}, \"policy\": \"p\" } ] }"
#define BAD_POLICY "{ \"version\": 1,\n  \"polices\": {} }"

static void check_policy(const char *text, const struct ctl_row *rows, size_t n)
{
	char path[] = "/tmp/deputy-ctl-XXXXXX";
	int fd = mkstemp(path);
	size_t bytes = strlen(text);

	assert_int_equal(write(fd, text, bytes), bytes);
	close(fd);
	for (size_t i = 0; i < n; i++) {
		struct ctl_row row = rows[i];

		for (int a = 0; row.args[a]; a++)
			if (strcmp(row.args[a], "FILE") == 0)
				row.args[a] = path;
		ctl_expect(NULL, &row);
	}
	unlink(path);
}

TEST(deputyctl, policy_check)
{
	static const struct ctl_row good[] = {
		{ { "policy", "check", "FILE" }, 0, ": good, 1 policy\n", "" },
		{ { "policy", "check", "FILE", "--json" },
		  0,
		  "\"errors\": 0,\n",
		  "" },
	};
	static const struct ctl_row bad[] = {
		{ { "policy", "check", "FILE" }, 1, "", ":2:3: error: " },
		{ { "policy", "check", "FILE", "-j" },
		  1,
		  "\"line\": 2,\n",
		  "error: " },
	};
	static const struct ctl_row missing = { { "policy", "check", "/no/file" },
					    1,
					    "",
					    "/no/file: " };

	check_policy(GOOD_POLICY, good, ARRAY_SIZE(good));
	check_policy(BAD_POLICY, bad, ARRAY_SIZE(bad));
	ctl_expect(NULL, &missing);
}

#define PROFILE_POLICY                                                         \
	"{ \"version\": 1, \"policies\": { \"p\": { \"rules\": [ "             \
	"{ \"syscalls\": [ \"mknodat\" ], \"match\": { \"type\": \"block\" }, " \
	"\"action\": { \"errno\": \"EPERM\" } }, { \"syscalls\": "            \
	"[ \"mknod\" ], \"action\": \"continue\" } ], \"default\": "        \
	"\"continue\" } }, \"bindings\": [ { \"when\": {}, \"policy\": \"p\" } ] }"

TEST(deputyctl, policy_profile)
{
	static const struct ctl_row rows[] = {
		{ { "policy", "profile", "FILE" }, 0,
		  "\"action\": \"SCMP_ACT_NOTIFY\",\n", "" },
		{ { "policy", "profile", "FILE" }, 0,
		  "\"listenerPath\": \"/run/deputy/oci.sock\",\n", "" },
		{ { "policy", "profile", "FILE", "--listener", "/x/y.sock",
		    "--policy=p", "--wait-killable" }, 0,
		  "\"listenerPath\": \"/x/y.sock\",\n", "" },
		{ { "--wait-killable", "policy", "profile", "FILE" }, 0,
		  "\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"\n", "" },
		{ { "policy", "profile", "FILE", "--dialect", "docker" }, 0,
		  "\"archMap\": [\n", "" },
		{ { "policy", "profile", "FILE", "--dialect", "lxc" }, 0,
		  "2\ndenylist\n# Of deputy's policy p\n", "" },
		{ { "policy", "profile", "FILE", "--dialect", "lxc" }, 0,
		  "unix:/run/deputy/lxc.sock\n", "" },
		{ { "policy", "profile", "FILE", "--dialect", "lxc" }, 0,
		  "\n[all]\nmknodat notify "
		  "[2,24576,SCMP_CMP_MASKED_EQ,61440]\n", "" },
		{ { "policy", "profile", "FILE", "--policy", "q" }, 1, "",
		  "no policy \"q\"" },
		{ { "policy", "profile", "FILE", "--base", "FILE" }, 1, "",
		  "error: \"defaultAction\" is missing\n" },
		{ { "policy", "check", "FILE", "--profile", "FILE" }, 1, "",
		  "error: \"defaultAction\" is missing\n" },
		{ { "policy", "check", "FILE", "--profile", "FILE", "--json" },
		  1, "\"errors\": 1,\n", "is missing" },
		{ { "policy", "check", "FILE", "--profile", "/no/file" }, 1, "",
		  "/no/file: error: cannot read" },
	};

	check_policy(PROFILE_POLICY, rows, ARRAY_SIZE(rows));
}

#define NODES_POLICY                                                           \
	"{ \"version\": 1, \"policies\": { \"p\": { \"rules\": [\n"             \
	"{ \"syscalls\": [\"mknod\"], \"match\": { \"type\": \"char\", "         \
	"\"device\": [\"1:3\", \"10:229\", \"10:200\", \"11:0-9\"] }, "          \
	"\"action\": \"emulate\" }, { \"syscalls\": [\"mknodat\"], "           \
	"\"action\": \"continue\" } ], \"default\": \"continue\" } }, "         \
	"\"bindings\": [ { \"when\": {}, \"policy\": \"p\" } ] }"
#define AT(column, i) ":2:" column ": warning: /policies/p/rules/0/match/device/" i

/* What the runtime itself allows stands behind the rules, and cannot be denied. */
#define CONFIG                                                                 \
	"{ \"linux\": { \"resources\": { \"devices\": [ { \"allow\": true, "       \
	"\"type\": \"c\", \"major\": 11, \"minor\": 3, \"access\": \"rw\" }, "     \
	"{ \"allow\": false, \"access\": \"rwm\" }, { \"allow\": true, "           \
	"\"type\": \"c\", \"major\": 10, \"access\": \"rwm\" }, { \"allow\": "     \
	"false, \"type\": \"c\", \"major\": 10, \"minor\": 200, "                 \
	"\"access\": \"w\" }, { \"allow\": true, \"type\": \"b\", "                \
	"\"major\": 11, \"access\": \"rw\" } ] } } }"

TEST(deputyctl, policy_check_of_devices)
{
	static const struct {
		const char *config;
		struct ctl_row row;
	} rows[] = {
		{ CONFIG, { { "policy", "check", "FILE", "--oci-config" }, 0,
			    ": good, 1 policy\n",
			    AT("81", "2") ": \"devices\" of /tmp/deputy-ctl-c" } },
		{ CONFIG, { { "policy", "check", "FILE", "--oci-config" }, 0,
			    ": good", " refuses to open c 10:200 for writing\n" } },
		{ CONFIG, { { "policy", "check", "FILE", "--policy", "p",
			      "--oci-config" },
			    0, ": good", " refuses to open c 11:0\n" } },
		{ CONFIG, { { "policy", "check", "FILE", "--policy", "q",
			      "--oci-config" },
			    1, "", "no policy \"q\" in it\n" } },
		{ "{ \"linux\": {} }",
		  { { "policy", "check", "FILE", "--oci-config" }, 0, ": good",
		    AT("71", "1") ": \"devices\" of " } },
		{ "{ \"linux\": { \"resources\": { \"devices\": [ { \"allow\": "
		  "true, \"type\": \"a\" } ] } } }",
		  { { "policy", "check", "FILE", "--oci-config" }, 0, ": good",
		    "" } },
		{ "{ \"linux\": { \"resources\": { \"devices\": [ 7 ] } } }",
		  { { "policy", "check", "FILE", "--oci-config" }, 1, "",
		    ": a device rule is no object\n" } },
		{ "{}", { { "policy", "check", "FILE", "--oci-config" }, 1, "",
			  ": no config.json: \"linux\" is missing\n" } },
		{ "{", { { "policy", "check", "FILE", "--oci-config" }, 1, "",
			 "deputyctl: " } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char path[] = "/tmp/deputy-ctl-cXXXXXX";
		struct ctl_row row = rows[i].row;
		int fd = mkstemp(path), n = 0;
		size_t bytes = strlen(rows[i].config);

		assert_int_equal(write(fd, rows[i].config, bytes), bytes);
		close(fd);
		while (row.args[n])
			n++;
		row.args[n] = path;
		check_policy(NODES_POLICY, &row, 1);
		unlink(path);
	}
}

TEST(deputyctl, output_that_cannot_be_written)
{
	assert_int_equal(
		WEXITSTATUS(system(DEPUTYCTL " --help >/dev/full 2>&1")), 1);
}
