// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/lexer.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "policy/lex_node.h"
#include "policy/utf8.h"

#define NUMBER_MAX_BYTES 64
#define HALF_A_PAIR	 "this \\u is half of a surrogate pair: write both"

struct reader {
	struct lex *lex;
	struct diags *diags;
	size_t at;
	uint32_t node; /* that is being read: for messages */
	unsigned depth;
	enum lex_integers integers;
};

__attribute__((format(printf, 3, 4))) static int fail(struct reader *r,
						      size_t at,
						      const char *fmt, ...)
{
	struct lex_place p;
	char reason[128], pointer[256] = "";
	va_list ap;

	if (diags_full(r->diags)) {
		diags_count(r->diags, DIAG_ERROR);
		return -EINVAL;
	}
	p = lex_place_of(r->lex, at);
	va_start(ap, fmt);
	(void)vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	if (r->node != LEX_NONE)
		lex_pointer(r->lex, r->node, pointer, sizeof(pointer));
	diags_add(r->diags, DIAG_ERROR, p.line, p.column, pointer, "%s",
		  reason);
	return -EINVAL;
}

/* Return: the byte at the reader, -1 at the end */
static int peek(const struct reader *r)
{
	return r->at < r->lex->bytes ? (unsigned char)r->lex->text[r->at] : -1;
}

static void skip_space(struct reader *r)
{
	int c;

	while ((c = peek(r)) == ' ' || c == '\t' || c == '\n' || c == '\r')
		r->at++;
}

static int unexpected(struct reader *r, const char *wanted)
{
	int c = peek(r);

	if (c < 0)
		return fail(r, r->at, "the file ends here: expected %s",
			    wanted);
	if (c == '/')
		return fail(r, r->at,
			    "JSON has no comments: use a \"comment\" key");
	if (c == '\'')
		return fail(r, r->at, "a string needs double quotes");
	if (c > 0x20 && c < 0x7f)
		return fail(r, r->at, "unexpected '%c': expected %s", c,
			    wanted);
	return fail(r, r->at, "unexpected byte 0x%02x: expected %s",
		    (unsigned)c, wanted);
}

/* Four hex digits after "\u". Return: 0..0xffff, or -1 */
static int read_hex4(struct reader *r)
{
	int v = 0;

	for (int i = 0; i < 4; i++, r->at++) {
		int c = peek(r);

		if (c >= '0' && c <= '9')
			v = v << 4 | (c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			v = v << 4 | ((c | 0x20) - 'a' + 10);
		else
			return -1;
	}
	return v;
}

static char *put_utf8(char *out, unsigned c)
{
	if (c < 0x80) {
		*out++ = (char)c;
		return out;
	}
	if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		*out++ = (char)(0xe0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
	} else {
		*out++ = (char)(0xf0 | c >> 18);
		*out++ = (char)(0x80 | (c >> 12 & 0x3f));
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
	}
	*out++ = (char)(0x80 | (c & 0x3f));
	return out;
}

/* "\u....", the reader behind the 'u'; @at is the backslash's place. */
static int read_unicode(struct reader *r, size_t at, char **out)
{
	int c = read_hex4(r), low;

	if (c < 0)
		return fail(r, at, "\\u needs four hexadecimal digits");
	if (c == 0)
		return fail(r, at, "a string cannot have a NUL character");
	if (c >= 0xdc00 && c <= 0xdfff)
		return fail(r, at, HALF_A_PAIR);
	if (c >= 0xd800 && c <= 0xdbff) {
		if (r->lex->bytes - r->at < 6 ||
		    memcmp(r->lex->text + r->at, "\\u", 2) != 0)
			return fail(r, at, HALF_A_PAIR);
		r->at += 2;
		low = read_hex4(r);
		if (low < 0xdc00 || low > 0xdfff)
			return fail(r, at, HALF_A_PAIR);
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	*out = put_utf8(*out, (unsigned)c);
	return 0;
}

static int read_escape(struct reader *r, char **out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	size_t at = r->at++;
	int c = peek(r);
	const char *known;

	if (c < 0)
		return unexpected(r, "the end of a string");
	r->at++;
	if (c == 'u')
		return read_unicode(r, at, out);
	known = c ? strchr(from, c) : NULL;
	if (!known)
		return fail(r, at, "no such escape: expected one of "
				   "\\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u");
	*(*out)++ = to[known - from];
	return 0;
}

/* @out gets the decoded string: never longer than it is in the text. */
static int read_string(struct reader *r, char *out, size_t *ret_bytes)
{
	char *begin = out;
	int c, err;

	for (r->at++; (c = peek(r)) != '"';) {
		size_t step;

		if (c < 0)
			return unexpected(r, "the end of a string");
		if (c < 0x20)
			return fail(r, r->at,
				    "control character 0x%02x in a string: "
				    "write it as \\u%04x",
				    (unsigned)c, (unsigned)c);
		if (c == '\\') {
			err = read_escape(r, &out);
			if (err < 0)
				return err;
			continue;
		}
		step = utf8_step(r->lex->text + r->at, r->lex->bytes - r->at);
		if (step == 0)
			return fail(r, r->at, "invalid UTF-8");
		memcpy(out, r->lex->text + r->at, step);
		out += step;
		r->at += step;
	}
	r->at++;
	*ret_bytes = (size_t)(out - begin);
	return 0;
}

static bool skip_digits(struct reader *r)
{
	size_t begin = r->at;
	int c;

	while ((c = peek(r)) >= '0' && c <= '9')
		r->at++;
	return r->at > begin;
}

static int number_in_range(struct reader *r, size_t at, bool integer)
{
	char buf[NUMBER_MAX_BYTES + 1];
	size_t n = r->at - at;

	if (n > NUMBER_MAX_BYTES)
		return fail(r, at, "a number of more than %d characters",
			    NUMBER_MAX_BYTES);
	memcpy(buf, r->lex->text + at, n);
	buf[n] = '\0';
	errno = 0;
	if (integer && (*buf == '-' || r->integers == LEX_INT64))
		(void)strtoll(buf, NULL, 10);
	else if (integer)
		(void)strtoull(buf, NULL, 10);
	if (errno == ERANGE || !isfinite(strtod(buf, NULL)))
		return fail(r, at, "the number %s is out of range", buf);
	return 0;
}

static int read_number(struct reader *r)
{
	size_t at = r->at;
	bool integer = true;

	if (peek(r) == '-')
		r->at++;
	if (peek(r) == '0')
		r->at++;
	else if (!skip_digits(r))
		return unexpected(r, "a digit");
	if (peek(r) >= '0' && peek(r) <= '9')
		return fail(r, at, "a number cannot begin with 0");
	if (peek(r) == '.') {
		integer = false;
		r->at++;
		if (!skip_digits(r))
			return unexpected(r, "a digit");
	}
	if (peek(r) == 'e' || peek(r) == 'E') {
		integer = false;
		r->at++;
		if (peek(r) == '+' || peek(r) == '-')
			r->at++;
		if (!skip_digits(r))
			return unexpected(r, "a digit");
	}
	return number_in_range(r, at, integer);
}

static int read_word(struct reader *r)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t n = strlen(words[i]);

		if (r->lex->bytes - r->at >= n &&
		    memcmp(r->lex->text + r->at, words[i], n) == 0) {
			r->at += n;
			return 0;
		}
	}
	return unexpected(r, "a value");
}

static int read_value(struct reader *r, uint32_t parent, const char *key,
		      size_t key_at);

/* Behind an element: a comma and more, or @close. Return: 1 for more, 0 */
static int read_separator(struct reader *r, char close)
{
	const char *wanted = close == '}' ? "',' or '}'" : "',' or ']'";
	size_t comma = r->at;

	skip_space(r);
	if (peek(r) == close) {
		r->at++;
		return 0;
	}
	if (peek(r) != ',')
		return unexpected(r, wanted);
	comma = r->at++;
	skip_space(r);
	if (peek(r) == close)
		return fail(r, comma, "no comma before the closing '%c'",
			    close);
	return 1;
}

static int read_member(struct reader *r, uint32_t object)
{
	size_t at = r->at, bytes;
	struct lex *l = r->lex;
	char *key = l->keys + l->keys_bytes;
	uint32_t earlier;
	int err;

	if (peek(r) != '"')
		return unexpected(r, "a key in double quotes");
	err = read_string(r, key, &bytes);
	if (err < 0)
		return err;
	key[bytes] = '\0';
	l->keys_bytes += bytes + 1;
	skip_space(r);
	if (peek(r) != ':')
		return unexpected(r, "':'");
	r->at++;
	earlier = lex_member(l, object, key);
	if (earlier != LEX_NONE) {
		l->nodes[earlier].replaced = true;
		(void)fail(r, at, "key \"%.64s\" given twice", key);
	}
	skip_space(r);
	return read_value(r, object, key, at);
}

static int read_object(struct reader *r, uint32_t node)
{
	int more;

	r->at++;
	skip_space(r);
	if (peek(r) == '}') {
		r->at++;
		return 0;
	}
	for (unsigned n = 1;; n++) {
		int err;

		if (n > LEX_MEMBERS_MAX)
			return fail(r, r->at, "more than %d keys in one object",
				    LEX_MEMBERS_MAX);
		err = read_member(r, node);
		if (err < 0)
			return err;
		more = read_separator(r, '}');
		if (more <= 0)
			return more;
	}
}

static int read_array(struct reader *r, uint32_t node)
{
	int more;

	r->at++;
	skip_space(r);
	if (peek(r) == ']') {
		r->at++;
		return 0;
	}
	do {
		int err = read_value(r, node, NULL, 0);

		if (err < 0)
			return err;
		more = read_separator(r, ']');
	} while (more > 0);
	return more;
}

static int read_in_value(struct reader *r, uint32_t node)
{
	size_t bytes;
	int c = peek(r);

	if (c == '{')
		return read_object(r, node);
	if (c == '[')
		return read_array(r, node);
	if (c == '"') /* only its length counts here: behind the keys */
		return read_string(r, r->lex->keys + r->lex->keys_bytes,
				   &bytes);
	if (c == '-' || (c >= '0' && c <= '9'))
		return read_number(r);
	return read_word(r);
}

/* The reader stands at the value's first byte. */
static int read_value(struct reader *r, uint32_t parent, const char *key,
		      size_t key_at)
{
	uint32_t outer = r->node, node;
	int err;

	node = lex_add(r->lex, parent, key, key_at, r->at);
	if (node == LEX_NONE)
		return -ENOMEM;
	if (r->depth == LEX_DEPTH_MAX)
		return fail(r, r->at, "nested more than %d deep",
			    LEX_DEPTH_MAX);
	r->node = node;
	r->depth++;
	err = read_in_value(r, node);
	r->lex->nodes[node].end = r->at;
	r->depth--;
	r->node = outer;
	return err;
}

static int read_document(struct reader *r)
{
	int err;

	if (r->lex->bytes >= 3 && memcmp(r->lex->text, "\xef\xbb\xbf", 3) == 0)
		return fail(r, 0,
			    "remove the byte order mark before the document");
	skip_space(r);
	err = read_value(r, LEX_NONE, NULL, 0);
	if (err < 0)
		return err;
	r->lex->end = r->at;
	skip_space(r);
	if (peek(r) >= 0)
		return unexpected(r, "the end of the file");
	return 0;
}

int lex_read(const char *text, size_t bytes, enum lex_integers integers,
	     struct diags *diags, struct lex **ret_lex)
{
	AUTO(lex_free) struct lex *l = calloc(1, sizeof(*l));
	struct reader r = { .lex = l,
			    .diags = diags,
			    .integers = integers,
			    .node = LEX_NONE };
	int err;

	if (!l)
		return -ENOMEM;
	l->text = text;
	l->bytes = bytes;
	l->keys = malloc(bytes + 1);
	if (!l->keys)
		return -ENOMEM;
	err = read_document(&r);
	if (err < 0)
		return err;
	*ret_lex = TAKE_PTR(l);
	return 0;
}
