// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Files as big as may be that make a careless reader slow: what they hold is
 * refused or taken in a time that does not grow with its square.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy/policy.h"
#include "tests/harness/test.h"

#define CPU_SECONDS_MAX 5 /* with sanitizers, on a slow machine */

#define HEAD  "{\"version\":1,\"policies\":{\"p\":{\"rules\":["
#define BINDINGS                                                               \
	"{\"version\":1,\"policies\":{\"p\":{\"rules\":[],"                    \
	"\"default\":\"continue\"}},\"bindings\":["
#define TAIL  "],\"default\":\"continue\"}},\"bindings\":[" \
	      "{\"when\":{},\"policy\":\"p\"}]}"
#define LONG  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/*
 * head, items of open, n_inner times inner, close; tail. In them # stands for
 * the item's number and @ for the inner one's; commas are put between.
 */
struct hostile {
	const char *what, *head, *open, *inner, *close, *tail;
	unsigned n_items, n_inner; /* of items 0: as many as there is room for */
	const char *says;	   /* in a diagnostic; NULL: it is taken */
};

static const struct hostile files[] = {
	{ "objects of many keys", "{\"comment\":[", "{", "\"k@\":0", "}", "]}",
	  0, 1024, "expected a string" },
	{ "one object of many keys", "{", "\"k#\":0", NULL, "", "}", 0, 0,
	  "more than 1024 keys" },
	{ "a key many times", "{", "\"k\":0", NULL, "", "}", 0, 0,
	  "\"k\" given twice" },
	{ "wrong types", HEAD, "{\"syscalls\":[", "0", "]}", TAIL, 0, 1024,
	  "expected a string" },
	{ "unknown keys", "{\"policies\":{", "\"p#\":{", "\"u@\":0", "}", "}}",
	  0, 1000, "unknown key" },
	{ "unknown syscalls", HEAD, "{\"syscalls\":[", "\"m@\"",
	  "],\"action\":\"continue\"}", TAIL, 0, 1000, "unknown syscall" },
	{ "unknown errnos", HEAD,
	  "{\"syscalls\":[\"bpf\"],\"action\":{\"errno\":\"EHWPOISO\"}}", NULL,
	  "", TAIL, 1024, 0, "did you mean \"EHWPOISON\"" },
	{ "a list longer than any", HEAD, "{\"syscalls\":[", "\"bpf\"",
	  "],\"action\":\"continue\"}", TAIL, 1, 1025,
	  "the list has more than 1024 elements" },
	{ "long lists", BINDINGS, "{\"when\":{\"peer_uid\":[", "@",
	  ",\"9#-9#9\"]},\"policy\":\"p\"}", "]}", 0, 1023, NULL },
	{ "patterns that nearly cover each other", BINDINGS,
	  "{\"when\":{\"cgroup\":[", "\"/*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b@\"",
	  ",\"/" LONG LONG LONG "#\"]},\"policy\":\"p\"}", "]}", 0, 100, NULL },
	{ "a call over and over", HEAD, "{\"syscalls\":[", "\"bpf\"",
	  "],\"action\":\"continue\"}", TAIL, 0, 1024, "is already in this list" },
	{ "many rules for one call", HEAD,
	  "{\"syscalls\":[\"setxattr\",\"lsetxattr\",\"fsetxattr\"],\"match\":"
	  "{\"name\":\"user.#\"},\"action\":\"continue\"}",
	  NULL, "", TAIL, 1024, 0, NULL },
	{ "lists that nearly cover each other", HEAD,
	  "{\"syscalls\":[\"setxattr\",\"lsetxattr\",\"fsetxattr\"],\"match\":"
	  "{\"name\":[",
	  "\"@\"", ",\"user.#\"]},\"action\":\"continue\"}", TAIL, 0, 1023,
	  "write shorter lists" },
	{ "globs that nearly cover each other", HEAD,
	  "{\"syscalls\":[\"setxattr\"],\"match\":{\"name\":[",
	  "\"a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b@\"",
	  ",\"" LONG LONG LONG "#\"]},\"action\":\"continue\"}", TAIL, 0, 100,
	  "write shorter lists" },
	{ "values that nearly cover each other", HEAD,
	  "{\"syscalls\":[\"setxattr\",\"lsetxattr\",\"fsetxattr\"],\"match\":"
	  "{\"value\":[",
	  "\"@\"", ",\"v#\"]},\"action\":\"continue\"}", TAIL, 0, 1023,
	  "write shorter lists" },
	{ "ways by name before denials", HEAD,
	  "{\"syscalls\":[\"setxattr\"],\"match\":{\"name\":\"user.#\"},"
	  "\"action\":\"continue\"},{\"syscalls\":[\"setxattr\"],\"match\":"
	  "{\"size\":#},\"action\":{\"errno\":\"EPERM\"}}",
	  NULL, "", TAIL, 512, 0, "is no boundary" },
	{ "unknown words", HEAD,
	  "{\"syscalls\":[\"bpf\"],\"match\":{\"arch\":[", "\"x86_6\"",
	  "]},\"action\":\"continue\"}", TAIL, 0, 1000, "unknown architecture" },
	{ "many rules for many calls", HEAD,
	  "{\"syscalls\":[\"bpf\",\"mount\",\"umount2\",\"reboot\",\"mknod\","
	  "\"mknodat\",\"swapon\",\"swapoff\",\"kexec_load\",\"socket\"],"
	  "\"action\":\"continue\"}",
	  NULL, "", TAIL, 1024, 0, "never reached" },
};

struct text {
	char *data;
	size_t n;
};

static void put(struct text *t, const char *s, unsigned item, unsigned inner)
{
	for (; *s; s++)
		if (*s == '#' || *s == '@')
			t->n += (size_t)sprintf(t->data + t->n, "%u",
						*s == '#' ? item : inner);
		else
			t->data[t->n++] = *s;
}

static void put_item(struct text *t, const struct hostile *h, unsigned item)
{
	if (item)
		put(t, ",", 0, 0);
	put(t, h->open, item, 0);
	for (unsigned i = 0; i < h->n_inner; i++) {
		if (i)
			put(t, ",", 0, 0);
		put(t, h->inner, item, i);
	}
	put(t, h->close, item, 0);
}

static struct text make(const struct hostile *h)
{
	struct text t = { malloc(2 * POLICY_FILE_MAX_BYTES), 0 };
	size_t room = POLICY_FILE_MAX_BYTES - strlen(h->tail), before = 0;

	assert_non_null(t.data);
	put(&t, h->head, 0, 0);
	for (unsigned i = 0; !h->n_items || i < h->n_items; i++) {
		before = t.n;
		put_item(&t, h, i);
		if (t.n > room) {
			t.n = before;
			break;
		}
	}
	put(&t, h->tail, 0, 0);
	return t;
}

static bool is_said(const struct diags *d, const char *what)
{
	for (size_t i = 0; i < d->n && i < DIAGS_MAX; i++)
		if (strstr(d->items[i].reason, what))
			return true;
	return false;
}

static double cpu_seconds(void)
{
	struct timespec ts;

	assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts), 0);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* @says: in a diagnostic; NULL: it is taken */
static void read_within(const char *what, const char *says, struct text t)
{
	static struct diags diags;
	struct policy_set *s = NULL;
	double begin = cpu_seconds(), took;
	int r = policy_set_parse("hostile", t.data, t.n, &s, &diags);

	took = cpu_seconds() - begin;
	print_message("%s: %zu bytes, %zu diagnostics, %.2f s\n", what, t.n,
		      diags.n, took);
	assert_int_equal(r, says ? -EINVAL : 0);
	assert_true(!says || is_said(&diags, says));
	assert_true(took < CPU_SECONDS_MAX * test_slowness());
	policy_set_unref(s);
	free(t.data);
}

TEST_WITHIN(hostile, files_are_read_in_bounded_time, 200)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		read_within(files[i].what, files[i].says, make(&files[i]));
}

/* Each name is to be compared with each: a long common beginning. */
TEST_WITHIN(hostile, names_of_policies_are_found_in_bounded_time, 100)
{
	struct text t = { malloc(POLICY_FILE_MAX_BYTES), 0 };

	assert_non_null(t.data);
	put(&t, "{\"version\":1,\"policies\":{", 0, 0);
	for (unsigned i = 0; i < 1024; i++) {
		put(&t, i ? "," : "", i, 0);
		put(&t, "\"" LONG "#\":{\"rules\":[],\"default\":\"continue\"}",
		    i, 0);
	}
	put(&t, "},\"bindings\":[", 0, 0);
	for (unsigned i = 0; i < 1024; i++) {
		put(&t, i ? "," : "", i, 0);
		put(&t, "{\"when\":{\"peer_uid\":[#]},\"policy\":\"x" LONG
			"#\"}", i, 0);
	}
	put(&t, "]}", 0, 0);
	read_within("unknown policies", "no policy", t);
}

#define AT "\\u0040" /* put() has another use for the letter */

static const char one_rule[] =
	"},\"policies\":{\"p\":{\"rules\":[{\"syscalls\":[\"mknod\"],"
	"\"match\":{\"type\":\"char\",\"device\":[\"" AT "0\"]},"
	"\"action\":\"continue\"}" TAIL;

static struct text begin_sets(void)
{
	struct text t = { malloc(POLICY_FILE_MAX_BYTES), 0 };

	assert_non_null(t.data);
	put(&t, "{\"version\":1,\"sets\":{", 0, 0);
	return t;
}

/* Each holds the next one a thousand times. */
TEST_WITHIN(hostile, sets_that_multiply_are_put_in_in_bounded_time, 100)
{
	struct text t = begin_sets();

	for (unsigned i = 0; i < 16; i++) {
		put(&t, "\"" AT "#\":[", i, 0);
		for (unsigned k = 0; k < 1000; k++)
			put(&t, k ? ",\"" AT "#\"" : "\"" AT "#\"", i + 1, 0);
		put(&t, "],", i, 0);
	}
	put(&t, "\"" AT "16\":[\"1:3\"]", 0, 0);
	put(&t, one_rule, 0, 0);
	read_within("sets that multiply", NULL, t);
}

TEST_WITHIN(hostile, a_chain_of_sets_is_read_in_bounded_time, 100)
{
	struct text t = begin_sets();

	for (unsigned i = 0; i < 1023; i++)
		put(&t, "\"" AT "#\":[\"" AT "@\"],", i, i + 1);
	put(&t, "\"" AT "1023\":[\"1:3\"]", 0, 0);
	put(&t, one_rule, 0, 0);
	read_within("a chain of sets", "more than 16 deep", t);
}

/* A short name for a long list, again and again, with @more beside it. */
static struct text make_long_sets(const char *more)
{
	struct text t = begin_sets();

	put(&t, "\"" AT "0\":[", 0, 0);
	for (unsigned i = 0; i < 1024; i++)
		put(&t, i ? ",\"user.#\"" : "\"user.#\"", i, 0);
	put(&t, "]},\"policies\":{\"p\":{\"rules\":[", 0, 0);
	for (unsigned i = 0; i < 1024; i++) {
		put(&t, i ? ",{" : "{", 0, 0);
		put(&t, "\"syscalls\":[\"" AT "setxattr\"],\"match\":{\"name\":[",
		    0, 0);
		put(&t, more, i, 0);
		put(&t, "\"" AT "0\"]},\"action\":\"continue\"}", 0, 0);
	}
	put(&t, TAIL, 0, 0);
	return t;
}

TEST_WITHIN(hostile, sets_are_not_put_in_without_end, 100)
{
	read_within("long sets", "more than 100000 elements",
		    make_long_sets(""));
	read_within("long sets and a name", "with those of its sets",
		    make_long_sets("\"x#\","));
}

#define FILE_ROOM (POLICY_MAX_BYTES / POLICY_FILES_MAX)

static void write_file(const char *dir, unsigned nr)
{
	struct text t = { malloc(FILE_ROOM), 0 };
	char path[64];
	FILE *f;

	assert_non_null(t.data);
	put(&t, "{\"version\":1,\"sets\":{\"" AT "\":[]", 0, 0);
	for (unsigned i = 0; i < 1000; i++)
		put(&t, ",\"" AT "x#\":[]", i, 0);
	put(&t, "},\"policies\":{\"\":0", 0, 0);
	for (unsigned i = 0; i < 16; i++)
		put(&t, ",\"p#\":0", i, 0);
	put(&t, "}}", 0, 0);
	assert_true(t.n <= FILE_ROOM);
	(void)snprintf(path, sizeof(path), "%s/%02u.json", dir, nr);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(t.data, 1, t.n, f), t.n);
	assert_int_equal(fclose(f), 0);
	free(t.data);
}

/* Each file declares what all others do, far behind its beginning. */
TEST_WITHIN(hostile, names_given_in_each_file_are_found_in_bounded_time, 100)
{
	static struct diags diags;
	char dir[] = "/tmp/deputy-hostile-XXXXXX", command[64];
	struct policy_set *s = NULL;
	double begin, took;

	assert_non_null(mkdtemp(dir));
	for (unsigned i = 0; i < POLICY_FILES_MAX; i++)
		write_file(dir, i);
	begin = cpu_seconds();
	assert_int_equal(policy_set_load(dir, &s, &diags), -EINVAL);
	took = cpu_seconds() - begin;
	print_message("%zu diagnostics, %.2f s\n", diags.n, took);
	assert_true(diags.n > POLICY_FILES_MAX * 1000);
	assert_true(took < CPU_SECONDS_MAX * test_slowness());
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert_int_equal(system(command), 0);
}
