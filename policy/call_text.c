// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/call_text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "lib/own.h"
#include "policy/decide.h"
#include "policy/nearest.h"
#include "policy/utf8.h"

#define MAJOR_MAX  4095 /* linux/kdev_t.h: 12 bits, 20 bits */
#define MINOR_MAX  1048575

static const struct symbol {
	enum call_arg arg;
	const char *name;
	uint64_t value;
} symbols[] = {
	{ ARG_DIRFD, "AT_FDCWD", (uint64_t)AT_FDCWD },
	{ ARG_MODE, "S_IFCHR", S_IFCHR },
	{ ARG_MODE, "S_IFBLK", S_IFBLK },
	{ ARG_MODE, "S_IFIFO", S_IFIFO },
	{ ARG_MODE, "S_IFSOCK", S_IFSOCK },
	{ ARG_MODE, "S_IFREG", S_IFREG },
	{ ARG_MODE, "S_IFDIR", S_IFDIR },
	{ ARG_MODE, "S_IFLNK", S_IFLNK },
	{ ARG_MODE, "S_ISUID", S_ISUID },
	{ ARG_MODE, "S_ISGID", S_ISGID },
	{ ARG_MODE, "S_ISVTX", S_ISVTX },
	{ ARG_FLAGS, "XATTR_CREATE", XATTR_CREATE },
	{ ARG_FLAGS, "XATTR_REPLACE", XATTR_REPLACE },
	{ ARG_AT_FLAGS, "AT_SYMLINK_NOFOLLOW", AT_SYMLINK_NOFOLLOW },
	{ ARG_AT_FLAGS, "AT_EMPTY_PATH", AT_EMPTY_PATH },
};

/* What is expected where an argument begins. */
static const char *const wanted[] = {
	[ARG_NONE] = "a number, a string or NULL",
	[ARG_DIRFD] = "AT_FDCWD or a directory's fd",
	[ARG_FD] = "an fd's number",
	[ARG_MODE] = "a mode (S_IFCHR|0666)",
	[ARG_DEV] = "a device (1:3 or makedev(1, 3))",
	[ARG_SIZE] = "the value's size in bytes",
	[ARG_FLAGS] = "flags (0, XATTR_CREATE, XATTR_REPLACE)",
	[ARG_PATH] = "a path (\"/dev/null\" or NULL)",
	[ARG_NAME] = "an attribute's name (\"user.a\" or NULL)",
	[ARG_VALUE] = "an attribute's value (\"y\" or NULL)",
	[ARG_OUT] = "a buffer (NULL, an address, or what was read)",
	[ARG_AT_FLAGS] = "flags (0, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH)",
	[ARG_ARGS] = "{value=\"y\", size=1, flags=0} or NULL",
	[ARG_ARGS_OUT] = "{value=NULL, size=1, flags=0} or NULL",
	[ARG_ARGS_SIZE] = "the struct's size in bytes (16)",
};

struct reader {
	const char *text, *p;
	struct call_text c; /* its strings are stored in: */
	char *bytes;
	size_t used;
	struct call_text_error *error;
};

/* -- words ------------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static int
fail(struct reader *r, const char *at, const char *fmt, ...)
{
	va_list ap;

	r->error->column = (unsigned)(at - r->text) + 1;
	va_start(ap, fmt);
	(void)vsnprintf(r->error->reason, sizeof(r->error->reason), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int expected(struct reader *r, const char *what)
{
	unsigned char c = (unsigned char)*r->p;

	if (c == '\0')
		return fail(r, r->p, "expected %s, found the end", what);
	if (c > ' ' && c < 0x7f)
		return fail(r, r->p, "expected %s, found '%c'", what, c);
	return fail(r, r->p, "expected %s, found byte 0x%02x", what, c);
}

static void skip_blanks(struct reader *r)
{
	r->p += strspn(r->p, " \t");
}

static int take(struct reader *r, char c, const char *what)
{
	skip_blanks(r);
	if (*r->p != c)
		return expected(r, what);
	r->p++;
	skip_blanks(r);
	return 0;
}

static size_t word_length(const char *s)
{
	return strspn(s, "abcdefghijklmnopqrstuvwxyz"
			 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* -- numbers ------------------------------------------------------------------------ */

static unsigned digit(char c)
{
	if (is_digit(c))
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 99;
}

static unsigned take_base(struct reader *r)
{
	if (r->p[0] != '0')
		return 10;
	if (r->p[1] == 'x' || r->p[1] == 'X') {
		r->p += 2;
		return 16;
	}
	if (r->p[1] == 'b' || r->p[1] == 'B') {
		r->p += 2;
		return 2;
	}
	return 8;
}

static int read_number(struct reader *r, uint64_t max, const char *what,
		       uint64_t *ret)
{
	const char *at = r->p, *first;
	uint64_t n = 0;
	unsigned base;

	if (!is_digit(*r->p))
		return expected(r, what);
	base = take_base(r);
	for (first = r->p; digit(*r->p) < base; r->p++)
		if (__builtin_mul_overflow(n, base, &n) ||
		    __builtin_add_overflow(n, digit(*r->p), &n))
			return fail(r, at, "the number is too big");
	if (r->p == first || word_length(r->p))
		return fail(r, r->p, "expected a digit of base %u", base);
	if (n > max)
		return fail(r, at, "the number is above %" PRIu64, max);
	*ret = n;
	return 0;
}

static uint64_t register_max(const struct reader *r)
{
	return r->c.arch->audit_arch & ARCH_64BIT ? UINT64_MAX : UINT32_MAX;
}

/* A number as an int is passed: a negative one has all upper bits set. */
static int read_signed(struct reader *r, const char *what, uint64_t *ret)
{
	bool minus = *r->p == '-';
	int error;

	r->p += minus;
	error = read_number(r, minus ? INT32_MAX : register_max(r), what, ret);
	if (error == 0 && minus)
		*ret = -*ret & register_max(r);
	return error;
}

static int read_symbol(struct reader *r, enum call_arg arg, uint64_t *ret)
{
	size_t n = word_length(r->p);
	struct nearest near;
	char word[48], hint[96];

	(void)snprintf(word, sizeof(word), "%.*s", (int)(n < 47 ? n : 47), r->p);
	nearest_init(&near, word);
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
		if (symbols[i].arg != arg)
			continue;
		nearest_offer(&near, symbols[i].name);
		if (strcmp(symbols[i].name, word) == 0) {
			*ret = symbols[i].value & register_max(r);
			r->p += n;
			return 0;
		}
	}
	return fail(r, r->p, "expected %s, found %s%s", wanted[arg], word,
		    nearest_hint(&near, hint, sizeof(hint)));
}

/* Numbers and symbols, joined by bars. */
static int read_bits(struct reader *r, enum call_arg arg, uint64_t *ret)
{
	uint64_t one;
	int error;

	for (*ret = 0;; *ret |= one) {
		skip_blanks(r);
		if (word_length(r->p) && !is_digit(*r->p))
			error = read_symbol(r, arg, &one);
		else
			error = read_number(r, register_max(r), wanted[arg],
					    &one);
		if (error < 0)
			return error;
		skip_blanks(r);
		if (*r->p != '|')
			break;
		r->p++;
	}
	*ret |= one;
	return 0;
}

static int read_int(struct reader *r, enum call_arg arg, uint64_t *ret)
{
	if (word_length(r->p) && !is_digit(*r->p))
		return read_symbol(r, arg, ret);
	return read_signed(r, wanted[arg], ret);
}

static int read_size(struct reader *r, enum call_arg arg, uint64_t *ret)
{
	return read_number(r, register_max(r), wanted[arg], ret);
}

static int read_minor(struct reader *r, uint64_t major, uint64_t *ret)
{
	uint64_t minor;
	int error = read_number(r, MINOR_MAX, "a minor number", &minor);

	if (error == 0)
		*ret = dev_make((uint32_t)major, (uint32_t)minor);
	return error;
}

static int read_makedev(struct reader *r, uint64_t *ret)
{
	uint64_t major;
	int error;

	r->p += strlen("makedev");
	error = take(r, '(', "\"(\"");
	if (error == 0)
		error = read_number(r, MAJOR_MAX, "a major number", &major);
	if (error == 0)
		error = take(r, ',', "\",\" and a minor number");
	if (error == 0)
		error = read_minor(r, major, ret);
	return error < 0 ? error : take(r, ')', "\")\"");
}

static int read_device(struct reader *r, enum call_arg arg, uint64_t *ret)
{
	const char *at = r->p;
	int error;

	if (word_length(r->p) == strlen("makedev") &&
	    strncmp(r->p, "makedev", strlen("makedev")) == 0)
		return read_makedev(r, ret);
	error = read_number(r, UINT32_MAX, wanted[arg], ret);
	if (error < 0 || *r->p != ':')
		return error;
	if (*ret > MAJOR_MAX)
		return fail(r, at, "the number is above %d", MAJOR_MAX);
	r->p++;
	return read_minor(r, *ret, ret);
}

/* -- strings ------------------------------------------------------------------------ */

static int read_octal(struct reader *r, char *ret)
{
	const char *at = r->p;
	unsigned n = 0;

	for (int i = 0; i < 3 && digit(*r->p) < 8; i++)
		n = n * 8 + digit(*r->p++);
	if (n > 0xff)
		return fail(r, at, "an octal escape cannot be above \\377");
	*ret = (char)n;
	return 0;
}

static int read_hex(struct reader *r, char *ret)
{
	unsigned n = 0;
	int digits = 0;

	for (; digits < 2 && digit(*r->p) < 16; digits++)
		n = n * 16 + digit(*r->p++);
	if (!digits)
		return expected(r, "one or two hexadecimal digits");
	*ret = (char)n;
	return 0;
}

static const char escapes[][2] = {
	{ 'n', '\n' }, { 't', '\t' },  { 'r', '\r' },  { 'a', '\a' },
	{ 'b', '\b' }, { 'f', '\f' },  { 'v', '\v' },  { 'e', '\x1b' },
	{ '"', '"' },  { '\'', '\'' }, { '\\', '\\' }, { '?', '?' },
};

/* Behind the backslash. */
static int read_escape(struct reader *r, char *ret)
{
	if (digit(*r->p) < 8)
		return read_octal(r, ret);
	if (*r->p == 'x') {
		r->p++;
		return read_hex(r, ret);
	}
	for (size_t i = 0; i < ARRAY_SIZE(escapes); i++)
		if (*r->p == escapes[i][0]) {
			*ret = escapes[i][1];
			r->p++;
			return 0;
		}
	return expected(r, "an escape of C");
}

static int read_string(struct reader *r, enum call_arg arg, struct call_bytes *ret)
{
	size_t first = r->used;

	for (r->p++; *r->p != '"'; r->used++) {
		const char *at = r->p;
		char *to = &r->bytes[r->used];
		int error = 0;

		if (*r->p == '\0')
			return expected(r, "a closing '\"'");
		if (*r->p != '\\') {
			*to = *r->p++;
		} else {
			r->p++;
			error = read_escape(r, to);
		}
		if (error < 0)
			return error;
		if (*to == '\0' && (arg == ARG_PATH || arg == ARG_NAME))
			return fail(r, at,
				    "a NUL byte would end the string here");
	}
	r->p++;
	*ret = (struct call_bytes){ .there = true,
				    .text = r->bytes + first,
				    .n = r->used - first };
	r->bytes[r->used++] = '\0'; /* the quotes are longer than this */
	return 0;
}

/* -- arguments ---------------------------------------------------------------------- */

static int read_pointer(struct reader *r, enum call_arg arg, int i)
{
	uint64_t v;
	int error;

	if (*r->p == '"') {
		r->c.data.args[i] = UINT64_C(0x10000) * (unsigned)(i + 1);
		error = read_string(r, arg, &r->c.args[i]);
		if (error == 0 && arg == ARG_PATH && strncmp(r->p, "...", 3) == 0) {
			r->c.args[i].cut = true;
			r->p += 3;
		}
		return error;
	}
	if (word_length(r->p) == 4 && strncmp(r->p, "NULL", 4) == 0) {
		r->p += 4;
		return 0;
	}
	if (!is_digit(*r->p) || arg == ARG_NONE || arg == ARG_ARGS ||
	    arg == ARG_ARGS_OUT)
		return expected(r, wanted[arg]);
	error = read_number(r, register_max(r), wanted[arg], &v);
	if (error < 0)
		return error;
	r->c.args[i].unread = arg != ARG_OUT && v; /* 0 is NULL */
	r->c.data.args[i] = v;
	return 0;
}

/* NULL: a pointer, or a struct */
static int (*const readers[])(struct reader *, enum call_arg, uint64_t *) = {
	[ARG_DIRFD] = read_int, [ARG_FD] = read_int,
	[ARG_MODE] = read_bits, [ARG_DEV] = read_device,
	[ARG_SIZE] = read_size, [ARG_FLAGS] = read_bits,
	[ARG_AT_FLAGS] = read_bits, [ARG_ARGS_SIZE] = read_size,
	[ARG_ARGS_OUT] = NULL,
};

/* A value of which fewer bytes are known than the call looks at. */
static int check_size(struct reader *r, const char *at, uint64_t size)
{
	struct call_bytes value = call_text_bytes(&r->c, ARG_VALUE);

	if (value.there && size > value.n + 1 && size <= DECIDE_VALUE_MAX_BYTES)
		return fail(r, at,
			    "the size is %" PRIu64
			    ", but only %zu of the value is written here",
			    size, value.n);
	return 0;
}

/* "NAME=" */
static int take_member(struct reader *r, const char *name)
{
	size_t n = strlen(name);
	char what[16];

	(void)snprintf(what, sizeof(what), "\"%s=\"", name);
	if (word_length(r->p) != n || strncmp(r->p, name, n) != 0)
		return expected(r, what);
	r->p += n;
	return take(r, '=', "\"=\"");
}

static int read_member(struct reader *r, enum call_arg arg, const char *name,
		       uint32_t *ret)
{
	const char *at;
	uint64_t v = 0;
	int error = take(r, ',', "\",\"");

	if (error == 0)
		error = take_member(r, name);
	at = r->p;
	if (error == 0)
		error = readers[arg](r, arg, &v);
	if (error == 0 && v > UINT32_MAX)
		return fail(r, at, "the number is above %u", UINT32_MAX);
	*ret = (uint32_t)v;
	return error < 0 || arg != ARG_SIZE ? error : check_size(r, at, v);
}

/* Behind the brace. */
static int read_packed(struct reader *r, enum call_arg arg, int i)
{
	struct call_args *packed = &r->c.packed;
	enum call_arg value = arg == ARG_ARGS ? ARG_VALUE : ARG_OUT;
	int error = take_member(r, "value");

	if (error == 0)
		error = read_pointer(r, value, i);
	packed->value = r->c.data.args[i];
	r->c.data.args[i] = UINT64_C(0x100000) * (unsigned)(i + 1);
	if (error == 0)
		error = read_member(r, ARG_SIZE, "size", &packed->size);
	if (error == 0)
		error = read_member(r, ARG_FLAGS, "flags", &packed->flags);
	r->c.has_packed = true;
	return error < 0 ? error : take(r, '}', "\"}\"");
}

static int read_arg(struct reader *r, int i)
{
	enum call_arg arg = call_arg_at(r->c.id, i);
	const char *at = r->p;
	uint64_t v;
	int error;

	if (readers[arg])
		error = readers[arg](r, arg, &v);
	else if (arg == ARG_NONE && (is_digit(*r->p) || *r->p == '-'))
		error = read_signed(r, wanted[arg], &v);
	else if ((arg == ARG_ARGS || arg == ARG_ARGS_OUT) && *r->p == '{')
		return take(r, '{', "\"{\"") ?: read_packed(r, arg, i);
	else
		return read_pointer(r, arg, i);
	if (error < 0)
		return error;
	r->c.data.args[i] = v;
	return arg == ARG_SIZE ? check_size(r, at, v) : 0;
}

static int count_args(enum call_id id)
{
	int n = 0;

	while (n < CALL_TEXT_ARGS && call_arg_at(id, n) != ARG_NONE)
		n++;
	return n;
}

static int read_args(struct reader *r)
{
	bool other = r->c.id == CALL_OTHER;
	int most = other ? CALL_TEXT_ARGS : count_args(r->c.id), error;
	char what[80];

	if (other && *r->p == ')')
		return 0;
	for (int i = 0; i < most; i++) {
		(void)snprintf(what, sizeof(what), "\",\" and %s",
			       wanted[call_arg_at(r->c.id, i)]);
		if (i && other && *r->p == ')')
			return 0;
		error = i ? take(r, ',', what) : 0;
		if (error == 0)
			error = read_arg(r, i);
		if (error < 0)
			return error;
		skip_blanks(r);
		r->c.n_args = i + 1;
	}
	return 0;
}

/* -- calls -------------------------------------------------------------------------- */

static int read_name(struct reader *r)
{
	size_t n = word_length(r->p);
	int nr;

	if (n == 0 || is_digit(*r->p))
		return expected(r,
				"a call, as mknod(\"/x\", S_IFCHR|0666, 1:3)");
	if (n > CALL_TEXT_NAME_MAX)
		return fail(r, r->p, "no syscall has so long a name");
	memcpy(r->c.name, r->p, n);
	r->c.name[n] = '\0';
	nr = arch_number(r->c.arch, r->c.name);
	if (nr < 0 && !arch_knows(r->c.name))
		return fail(r, r->p, "unknown syscall \"%s\"", r->c.name);
	if (nr < 0)
		return fail(r, r->p, "%s has no %s", r->c.arch->name, r->c.name);
	r->p += n;
	r->c.id = call_from_name(r->c.name);
	r->c.data.nr = nr;
	r->c.data.arch = r->c.arch->audit_arch;
	return 0;
}

static int read_call(struct reader *r)
{
	int error;

	skip_blanks(r);
	error = read_name(r);
	if (error == 0)
		error = take(r, '(', "\"(\"");
	if (error == 0)
		error = read_args(r);
	if (error == 0)
		error = take(r, ')',
			     r->c.id == CALL_OTHER ? "\",\" or \")\"" : "\")\"");
	if (error == 0 && *r->p && !strchr("=#", *r->p))
		error = expected(r, "nothing more");
	return error;
}

int call_text_parse(const char *text, const struct arch *arch,
		    struct call_text *ret, struct call_text_error *error)
{
	struct reader r = { .text = text,
			    .p = text,
			    .bytes = ret->bytes,
			    .error = error,
			    .c = { .arch = arch } };
	int e;

	if (strlen(text) >= CALL_TEXT_MAX_BYTES)
		return fail(&r, text, "the call is longer than %d bytes",
			    CALL_TEXT_MAX_BYTES - 1);
	e = read_call(&r);
	if (e < 0)
		return e;
	memcpy(r.c.bytes, ret->bytes, r.used);
	*ret = r.c;
	return 0;
}

struct call_bytes call_text_bytes(const struct call_text *c, enum call_arg arg)
{
	for (int i = 0; i < CALL_TEXT_ARGS; i++)
		if (call_arg_at(c->id, i) == arg ||
		    (arg == ARG_VALUE && call_arg_at(c->id, i) == ARG_ARGS))
			return c->args[i];
	return (struct call_bytes){ 0 };
}
