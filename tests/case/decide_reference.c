// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Random policies and calls: what decide() finds in the arena, against the
 * rules of the document held to the call one after the other, key by key, in
 * the plain words of deputy-policy(5).  Always the same ones, from one seed.
 */
#include <fnmatch.h>
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/decide.h"
#include "policy/doc.h"
#include "tests/harness/test.h"

#define POLICIES    1500
#define CALLS	    200 /* of each */
#define RULES_MAX   12
#define MKNOD_NR    133 /* x86-64's */
#define SETXATTR_NR 188
#define X86_64_BIT  1 /* in policy/arch.c */

static uint64_t seed = 0x9b1e5;

/* xorshift64: below @n */
static uint32_t any_of(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 20) % n;
}

static bool one_in(uint32_t n)
{
	return any_of(n) == 0;
}

/* -- policies ------------------------------------------------------------------ */

/* Few of each, so that rules and calls meet. Those alike are far and near. */
static const char *const names[] = {
	"trusted.a",
	"trusted.b",
	"trusted.ab",
	"trusted.abcdefgh",
	"trusted.abcdefghi",
	"trusted.abcdefghj",
	"trusted.abcdefg",
	"trusted.overlay.opaque",
	"trusted.overlay.opaquE",
	"trusted.overlay.origin",
	"user.a",
	"user.",
	"u",
	"trusted.",
	"trusted",
	"security.capability",
};
static const char *const patterns[] = {
	"trusted.*",
	"trusted.a*",
	"trusted.abcdefgh*",
	"trusted.overlay.opaq*",
	"*.a",
	"t*d.*b*",
	"trusted.overlay.?paque",
	"u*",
	"?",
	"user.?",
	"trusted.overlay.opaque*",
	"*a*b*",
	"trusted.?b*",
};
static const char *const values[] = { "y", "n", "", "yes", "no", "abcdefgh" };
static const char *const directories[] = { "/dev", "/dev/*", "/*", "/a/b", "/" };
static const char *const places[] = { "/",	"/dev", "/dev/shm",
				      "/devil", "/a/b", "/a/b/c" };
#define PICK(list) ((list)[any_of(sizeof(list) / sizeof((list)[0]))])

static uint32_t any_minor(void)
{
	static const uint32_t far[] = { 255, 256, 257, 4095, 4096, 0xfffff };

	return one_in(4) ? PICK(far) : any_of(6);
}

static void put_devices(FILE *f)
{
	uint32_t n = one_in(12) ? 20 + any_of(20) : 1 + any_of(4);

	(void)fputs(",\"device\":[", f);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t major = one_in(9) ? 4095 : any_of(3), a = any_minor(),
			 b = any_minor();

		(void)fputs(i ? "," : "", f);
		if (one_in(8))
			(void)fprintf(f, "\"%u:*\"", major);
		else if (one_in(3))
			(void)fprintf(f, "\"%u:%u-%u\"", major, a < b ? a : b,
				      a < b ? b : a);
		else
			(void)fprintf(f, "\"%u:%u\"", major, a);
	}
	(void)fputs("]", f);
}

static void put_bits(FILE *f)
{
	static const char *const bits[] = { "all", "any", "none" };
	uint32_t first = any_of(3);

	(void)fprintf(f, ",\"mode\":{\"%s\":\"%04o\"", bits[first],
		      1 + any_of(3));
	if (one_in(2))
		(void)fprintf(f, ",\"%s\":\"%04o\"", bits[(first + 1) % 3],
			      1 + any_of(3));
	(void)fputs("}", f);
}

static void put_node(FILE *f)
{
	static const char *const types[] = { "\"char\"", "\"block\"",
					     "[\"char\",\"block\"]", "\"fifo\"",
					     "[\"file\",\"socket\"]" };
	uint32_t type = any_of(5);

	(void)fprintf(f, ",\"type\":%s", types[type]);
	if (type < 3 && !one_in(5))
		put_devices(f);
	if (one_in(3))
		put_bits(f);
}

static void put_names(FILE *f)
{
	uint32_t n = one_in(12) ? 18 : 1 + any_of(3);
	bool exact = one_in(2);

	(void)fputs(",\"name\":[", f);
	for (uint32_t i = 0; i < n; i++)
		(void)fprintf(f, "%s\"%s\"", i ? "," : "",
			      exact || one_in(3) ? PICK(names) : PICK(patterns));
	(void)fputs("]", f);
}

static void put_attribute(FILE *f)
{
	static const char *const flags[] = {
		"\"all\":[\"XATTR_CREATE\"]", "\"none\":[\"XATTR_CREATE\"]",
		"\"any\":[\"XATTR_CREATE\",\"XATTR_REPLACE\"]"
	};

	if (!one_in(4))
		put_names(f);
	if (one_in(4))
		(void)fprintf(f, ",\"value\":[\"%s\",\"%s\"]", PICK(values),
			      PICK(values));
	if (one_in(3))
		(void)fprintf(f, ",\"size\":{\"min\":%u,\"max\":%u}", any_of(3),
			      2 + any_of(7));
	else if (one_in(4))
		(void)fprintf(f, ",\"size\":%u", any_of(9));
	if (one_in(4))
		(void)fprintf(f, ",\"flags\":{%s}", PICK(flags));
}

static void put_caller(FILE *f)
{
	if (one_in(2))
		(void)fprintf(f, ",\"uid\":[%u,\"%u-%u\"]", any_of(3), 3U,
			      3 + any_of(3));
	if (one_in(3))
		(void)fprintf(f, ",\"gid\":%u", any_of(3));
	if (one_in(3))
		(void)fputs(",\"capability\":[\"CAP_MKNOD\",\"CAP_CHOWN\"]", f);
	if (one_in(4))
		(void)fprintf(f, ",\"root\":%s", one_in(2) ? "true" : "false");
}

static void put_rule(FILE *f)
{
	static const char *const actions[] = { "\"continue\"",
					       "{\"errno\":\"EPERM\"}",
					       "{\"errno\":\"ENOENT\"}",
					       "{\"return\":7}",
					       "\"emulate\"",
					       "\"emulate\"",
					       "\"emulate\"" };
	uint32_t action = any_of(7);
	bool mknod = one_in(2);

	(void)fprintf(f, "{\"syscalls\":[\"%s\"],\"match\":{\"arch\":[%s]",
		      mknod ? "mknod" : "setxattr",
		      one_in(8) ? "\"x86\"" : "\"x86_64\",\"arm\"");
	if (mknod)
		put_node(f);
	else
		put_attribute(f);
	if (one_in(3))
		put_caller(f);
	if (action >= 4 && one_in(4))
		(void)fprintf(f, ",\"directory\":\"%s\"", PICK(directories));
	(void)fprintf(f, "},\"action\":%s%s}", actions[action],
		      one_in(4) ? ",\"log\":true" : "");
}

/* Not checked: rules that none reaches are fine here. Return: JSON, to free() */
static char *random_policy(size_t *ret_bytes)
{
	char *text;
	FILE *f = open_memstream(&text, ret_bytes);
	uint32_t n = any_of(RULES_MAX + 1);

	assert_non_null(f);
	(void)fputs("{\"version\":1,\"policies\":{\"p\":{\"rules\":[", f);
	for (uint32_t i = 0; i < n; i++) {
		(void)fputs(i ? "," : "", f);
		put_rule(f);
	}
	(void)fprintf(f,
		      "],\"default\":%s}},\"bindings\":[{\"when\":{},"
		      "\"policy\":\"p\"}]}",
		      one_in(2) ? "\"continue\"" : "{\"errno\":\"EACCES\"}");
	(void)fclose(f);
	return text;
}

/* -- calls --------------------------------------------------------------------- */

struct question {
	struct seccomp_data data;
	struct facts_caller caller;
	struct call call;
	struct decide_plan plan;
	struct facts facts;
};

static uint64_t random_device(void)
{
	uint32_t major = one_in(9) ? 4095 : any_of(3), minor = any_minor();

	return (minor & 0xff) | major << 8 | (uint64_t)(minor & ~0xffU) << 12;
}

static void random_call(const struct arena *a, struct question *q)
{
	static const uint32_t types[] = { S_IFCHR,  S_IFBLK, S_IFIFO,
					  S_IFSOCK, S_IFREG, 0 };
	const char *value = PICK(values);
	bool mknod = one_in(2);

	*q = (struct question){ .data = { .arch = AUDIT_ARCH_X86_64,
					  .nr = mknod ? MKNOD_NR : SETXATTR_NR } };
	q->caller =
		(struct facts_caller){ one_in(9) ? UINT32_MAX : any_of(7),
				       any_of(3),
				       one_in(2) ? 1 << 27 | 1 << 0 : 1 << 27 };
	if (mknod) {
		q->data.args[1] = PICK(types) | any_of(4);
		q->data.args[2] = random_device();
	} else {
		q->data.args[3] = one_in(3) ? any_of(9) : strlen(value);
		q->data.args[4] = any_of(3);
	}
	decide_plan(a, q->data.arch, (uint32_t)q->data.nr, &q->plan);
	call_decode(&q->data, q->plan.id, &q->call);
	q->facts = (struct facts){
		.call = &q->call,
		.name = mknod || !q->plan.needs_name || one_in(20) ? NULL
								   : PICK(names),
		.value_read = one_in(2),
		.caller_read = one_in(2),
		.directory_read = one_in(2),
	};
	if (q->facts.value_read && !one_in(9) && q->call.size <= strlen(value))
		q->facts.value = value;
	if (q->facts.caller_read && !one_in(9))
		q->facts.caller = &q->caller;
	if (q->facts.directory_read && !one_in(9))
		q->facts.directory = PICK(places);
}

/* -- the plain words ------------------------------------------------------------- */

static bool ref_devices(const struct doc_match *m, const struct call *c)
{
	uint32_t major = c->dev >> 8 & 0xfff;
	uint32_t minor = (c->dev & 0xff) | (c->dev >> 12 & 0xfff00);

	for (size_t i = 0; i < m->n_devices; i++)
		if (m->devices[i].major == major &&
		    m->devices[i].first_minor <= minor &&
		    minor <= m->devices[i].last_minor)
			return true;
	return m->n_devices == 0;
}

static bool ref_names(const struct doc_match *m, const char *name)
{
	for (size_t i = 0; name && i < m->n_names; i++) {
		char pattern[300];

		(void)snprintf(pattern, sizeof(pattern), "%.*s%s",
			       (int)m->names[i].bytes, m->names[i].text,
			       m->names[i].prefix ? "*" : "");
		if (m->names[i].prefix || m->names[i].glob
			    ? fnmatch(pattern, name, FNM_NOESCAPE) == 0
			    : strcmp(pattern, name) == 0)
			return true;
	}
	return m->n_names == 0;
}

static bool ref_bits(const struct bits *b, uint32_t v)
{
	for (int i = 0; i < 32; i++) {
		uint32_t one = UINT32_C(1) << i;

		if (((b->all & one) && !(v & one)) ||
		    ((b->none & one) && (v & one)))
			return false;
	}
	return b->any == 0 || (v & b->any) != 0;
}

static bool ref_registers(const struct doc_match *m, const struct question *q)
{
	const struct call *c = &q->call;
	bool length = m->n_values == 0;

	if (m->arches && !(m->arches & 1 << X86_64_BIT))
		return false;
	if (m->types && !(m->types & DOC_TYPE_BIT(c->mode)))
		return false;
	for (size_t i = 0; i < m->n_values; i++)
		length |= m->values[i].bytes == c->size;
	return length && ref_devices(m, c) && ref_bits(&m->mode, c->mode) &&
	       ref_bits(&m->flags, c->flags) && c->size >= m->min_size &&
	       c->size <= m->max_size && ref_names(m, q->facts.name);
}

static bool ref_ids(const struct doc_id *ids, size_t n, uint32_t id)
{
	for (size_t i = 0; i < n; i++)
		if (id != UINT32_MAX && ids[i].first <= id && id <= ids[i].last)
			return true;
	return n == 0;
}

static bool ref_caller(const struct doc_rule *r, const struct facts_caller *c)
{
	const struct doc_match *m = &r->match;

	if (!doc_has_caller(m))
		return true;
	if (!c)
		return doc_denies(r);
	return ref_ids(m->uids, m->n_uids, c->uid) &&
	       ref_ids(m->gids, m->n_gids, c->gid) &&
	       (m->root != DOC_ROOT || c->uid == 0) &&
	       (m->root != DOC_NOT_ROOT || c->uid != 0) &&
	       (m->caps & ~c->caps) == 0;
}

static bool ref_value(const struct doc_match *m, const struct question *q)
{
	for (size_t i = 0; q->facts.value && i < m->n_values; i++)
		if (m->values[i].bytes == q->call.size &&
		    memcmp(m->values[i].text, q->facts.value, q->call.size) == 0)
			return true;
	return m->n_values == 0;
}

static bool ref_directory(const struct doc_match *m, const char *place)
{
	for (size_t i = 0; place && i < m->n_directories; i++) {
		const struct doc_name *n = &m->directories[i];
		char base[64];

		(void)snprintf(base, sizeof(base), "%.*s", (int)n->bytes,
			       n->text);
		if (strcmp(*base ? base : "/", place) == 0)
			return true;
		(void)strcat(base, "/");
		if (n->prefix && strncmp(place, base, strlen(base)) == 0)
			return true;
	}
	return m->n_directories == 0;
}

/* Return: as decide(), with the rule's index or -1 */
static enum decide_status reference(const struct doc_policy *p,
				    const struct question *q, int *ret_rule)
{
	const struct facts *f = &q->facts;

	for (size_t i = 0; i < p->n_rules; i++) {
		const struct doc_rule *r = &p->rules[i];
		const struct doc_match *m = &r->match;

		*ret_rule = (int)i;
		if (r->syscalls[0].id !=
			    (q->data.nr == MKNOD_NR ? CALL_mknod : CALL_setxattr) ||
		    !ref_registers(m, q))
			continue;
		if (doc_has_caller(m) && !f->caller_read)
			return DECIDE_WANTS_CALLER;
		if (!ref_caller(r, f->caller))
			continue;
		if (m->n_values && !f->value_read)
			return DECIDE_WANTS_VALUE;
		if (!ref_value(m, q))
			continue;
		if (m->n_directories && !f->directory_read)
			return DECIDE_WANTS_DIRECTORY;
		if (ref_directory(m, f->directory))
			return DECIDE_DONE;
	}
	*ret_rule = -1;
	return DECIDE_DONE;
}

/* -- against each other ----------------------------------------------------------- */

static struct {
	unsigned matched, defaults, asked;
} seen;

static void compare(const struct doc_policy *p, const struct arena *a,
		    const char *text)
{
	struct verdict want = p->def;
	enum decide_status status, have;
	struct decision d;
	struct question q;
	int rule;

	random_call(a, &q);
	status = reference(p, &q, &rule);
	have = decide(a, &q.plan, &q.facts, &d);
	if (have != status || d.rule != rule)
		fail_msg(
			"rule %d, status %d, not %d, %d: nr %d, args %llx %llx "
			"%llx %llx, name %s of %s",
			d.rule, have, rule, status, q.data.nr,
			(unsigned long long)q.data.args[1],
			(unsigned long long)q.data.args[2],
			(unsigned long long)q.data.args[3],
			(unsigned long long)q.data.args[4],
			q.facts.name ?: "none", text);
	if (rule >= 0)
		want = p->rules[rule].verdict;
	assert_int_equal(d.emulate, rule >= 0 && p->rules[rule].emulate);
	assert_int_equal(d.log, rule >= 0 && p->rules[rule].log);
	if (!d.emulate) {
		assert_int_equal(d.verdict.kind, want.kind);
		assert_int_equal(d.verdict.error, want.error);
		assert_int_equal(d.verdict.value, want.value);
	}
	seen.asked += status != DECIDE_DONE;
	seen.matched += status == DECIDE_DONE && rule >= 0;
	seen.defaults += rule < 0;
}

static void play_one(void)
{
	static struct diags diags;
	const struct arena *a;
	struct doc *d = NULL;
	size_t bytes;
	char *text = random_policy(&bytes);
	int fd;

	diags_init(&diags, "random");
	if (doc_parse(text, bytes, &diags, &d) < 0) {
		diags_print(&diags, stdout);
		fail_msg("%s", text);
	}
	fd = doc_compile(d, &d->policies[0]);
	assert_true(fd >= 0);
	assert_int_equal(arena_map(fd, &a), 0);
	close(fd);
	for (int i = 0; i < CALLS; i++)
		compare(&d->policies[0], a, text);
	arena_unmap(a);
	doc_free(d);
	free(text);
}

TEST_WITHIN(decisions, are_those_of_the_rules_one_by_one, 120)
{
	for (int i = 0; i < POLICIES; i++)
		play_one();
	print_message("%u by a rule, %u by the default, %u want more\n",
		      seen.matched, seen.defaults, seen.asked);
	assert_true(seen.matched > POLICIES * CALLS / 20);
	assert_true(seen.defaults > POLICIES * CALLS / 20);
	assert_true(seen.asked > POLICIES * CALLS / 50);
}
