// SPDX-License-Identifier: LGPL-2.1-or-later
/* A call as text; what call_text.c reads. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "lib/own.h"
#include "policy/call_text.h"
#include "policy/utf8.h"

/* -- strings ------------------------------------------------------------------------ */

/* Is the character of @step bytes one that a terminal shows, and shows where it
 * stands? Not those that control it, join, or turn the direction. */
static bool is_shown(const char *s, size_t step)
{
	const unsigned char *u = (const unsigned char *)s;

	if (step == 1)
		return *u >= 0x20 && *u != 0x7f;
	if (step == 2) /* C1; the soft hyphen; Arabic letter mark */
		return !(u[0] == 0xc2 && (u[1] < 0xa0 || u[1] == 0xad)) &&
		       !(u[0] == 0xd8 && u[1] == 0x9c);
	if (step == 3) /* U+2000..206F, U+FEFF */
		return !(u[0] == 0xe2 && (u[1] == 0x80 || u[1] == 0x81)) &&
		       !(u[0] == 0xef && u[1] == 0xbb && u[2] == 0xbf);
	return !(u[0] == 0xf3); /* planes 14 and 15: tags, private use */
}

static void print_escape(char c, FILE *out)
{
	static const char letters[][2] = {
		{ '\n', 'n' }, { '\t', 't' },  { '\r', 'r' },
		{ '"', '"' },  { '\\', '\\' },
	};

	for (size_t i = 0; i < ARRAY_SIZE(letters); i++)
		if (letters[i][0] == c) {
			(void)fprintf(out, "\\%c", letters[i][1]);
			return;
		}
	(void)fprintf(out, "\\%03o", (unsigned char)c);
}

void call_text_quote(const char *s, size_t n, FILE *out)
{
	(void)fputc('"', out);
	while (n) {
		size_t step = utf8_step(s, n);

		if (step == 0 || *s == '"' || *s == '\\' || !is_shown(s, step)) {
			step = step ? step : 1;
			for (size_t i = 0; i < step; i++)
				print_escape(s[i], out);
		} else {
			(void)fwrite(s, 1, step, out);
		}
		s += step;
		n -= step;
	}
	(void)fputc('"', out);
}

/* -- numbers ------------------------------------------------------------------------ */

static void print_mode(uint32_t mode, FILE *out)
{
	static const struct {
		uint32_t type;
		const char *name;
	} types[] = {
		{ S_IFCHR, "S_IFCHR" }, { S_IFBLK, "S_IFBLK" },
		{ S_IFIFO, "S_IFIFO" }, { S_IFSOCK, "S_IFSOCK" },
		{ S_IFREG, "S_IFREG" }, { S_IFDIR, "S_IFDIR" },
		{ S_IFLNK, "S_IFLNK" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == (mode & S_IFMT)) {
			(void)fprintf(out, "%s|%#04o", types[i].name,
				      mode & ~(uint32_t)S_IFMT);
			return;
		}
	(void)fprintf(out, "%#04o", mode);
}

static void print_at_flags(uint32_t flags, FILE *out)
{
	uint32_t other = flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
	const char *bar = "";

	if (flags & AT_SYMLINK_NOFOLLOW)
		bar = fputs("AT_SYMLINK_NOFOLLOW", out) < 0 ? "" : "|";
	if (flags & AT_EMPTY_PATH)
		bar = fprintf(out, "%sAT_EMPTY_PATH", bar) < 0 ? "" : "|";
	if (other || !flags)
		(void)fprintf(out, other ? "%s%#x" : "%s%x", bar, other);
}

void call_text_flags(uint32_t flags, FILE *out)
{
	uint32_t other = flags & ~(uint32_t)(XATTR_CREATE | XATTR_REPLACE);
	const char *bar = "";

	if (flags & XATTR_CREATE)
		bar = fputs("XATTR_CREATE", out) < 0 ? "" : "|";
	if (flags & XATTR_REPLACE)
		bar = fprintf(out, "%sXATTR_REPLACE", bar) < 0 ? "" : "|";
	if (other || !flags)
		(void)fprintf(out, other ? "%s%#x" : "%s%x", bar, other);
}

static void print_pointer(const struct call_text *c, int i, FILE *out)
{
	uint64_t v = c->data.args[i];

	if (c->args[i].there)
		call_text_quote(c->args[i].text, c->args[i].n, out);
	else if (v && call_arg_at(c->id, i) == ARG_NONE)
		(void)fprintf(out, "%" PRIu64, v);
	else
		(void)fputs("NULL", out);
}

static void print_buffer(const struct call_bytes *b, uint64_t address, FILE *out)
{
	if (b->there)
		call_text_quote(b->text, b->n, out);
	else if (address)
		(void)fprintf(out, "%#" PRIx64, address);
	else
		(void)fputs("NULL", out);
}

static void print_packed(const struct call_text *c, int i, unsigned any, FILE *out)
{
	const struct call_args *p = &c->packed;

	if (!c->has_packed) {
		print_pointer(c, i, out);
		return;
	}
	(void)fputs("{value=", out);
	if (any & 1U << ARG_VALUE)
		(void)fputs("*", out);
	else
		print_buffer(&c->args[i], p->value, out);
	(void)fputs(", size=", out);
	if (any & 1U << ARG_SIZE)
		(void)fputs("*", out);
	else
		(void)fprintf(out, "%" PRIu32, p->size);
	(void)fputs(", flags=", out);
	call_text_flags(p->flags, out);
	(void)fputc('}', out);
}

static void print_arg(const struct call_text *c, const struct call *call, int i,
		      unsigned any, FILE *out)
{
	switch (call_arg_at(c->id, i)) {
	case ARG_DIRFD:
		if (call->dirfd == AT_FDCWD)
			(void)fputs("AT_FDCWD", out);
		else
			(void)fprintf(out, "%d", call->dirfd);
		break;
	case ARG_FD:
		(void)fprintf(out, "%d", call->fd);
		break;
	case ARG_MODE:
		print_mode(call->mode, out);
		break;
	case ARG_DEV:
		(void)fprintf(out, "%u:%u", dev_major(call->dev),
			      dev_minor(call->dev));
		break;
	case ARG_SIZE:
		(void)fprintf(out, "%" PRIu64, call->size);
		break;
	case ARG_FLAGS:
		call_text_flags(call->flags, out);
		break;
	case ARG_AT_FLAGS:
		print_at_flags(call->at_flags, out);
		break;
	case ARG_ARGS_SIZE:
		(void)fprintf(out, "%" PRIu64, call->args_size);
		break;
	case ARG_OUT:
		print_buffer(&c->args[i], c->data.args[i], out);
		break;
	case ARG_ARGS:
	case ARG_ARGS_OUT:
		print_packed(c, i, any, out);
		break;
	case ARG_NONE:
	case ARG_PATH:
	case ARG_NAME:
	case ARG_VALUE:
		print_pointer(c, i, out);
		break;
	}
}

void call_text_print(const struct call_text *c, unsigned any, FILE *out)
{
	struct call call;

	call_decode(&c->data, c->id, &call);
	(void)fprintf(out, "%s(", c->name);
	for (int i = 0; i < c->n_args; i++) {
		(void)fputs(i ? ", " : "", out);
		if (any & 1U << call_arg_at(c->id, i))
			(void)fputc('*', out);
		else
			print_arg(c, &call, i, any, out);
	}
	(void)fputc(')', out);
}

char *call_text_string(const struct call_text *c, unsigned any)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	call_text_print(c, any, out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}
