// SPDX-License-Identifier: LGPL-2.1-or-later
/* A call as text; what call_text.c reads. */
#include <fcntl.h>
#include <inttypes.h>
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

static void print_escape(char c, struct text *out)
{
	static const char letters[][2] = {
		{ '\n', 'n' }, { '\t', 't' },  { '\r', 'r' },
		{ '"', '"' },  { '\\', '\\' },
	};

	for (size_t i = 0; i < ARRAY_SIZE(letters); i++)
		if (letters[i][0] == c) {
			text_printf(out, "\\%c", letters[i][1]);
			return;
		}
	text_printf(out, "\\%03o", (unsigned char)c);
}

void call_put_quoted(const char *s, size_t n, struct text *out)
{
	text_put(out, "\"", 1);
	while (n) {
		size_t step = utf8_step(s, n);

		if (step == 0 || *s == '"' || *s == '\\' || !is_shown(s, step)) {
			step = step ? step : 1;
			for (size_t i = 0; i < step; i++)
				print_escape(s[i], out);
		} else {
			text_put(out, s, step);
		}
		s += step;
		n -= step;
	}
	text_put(out, "\"", 1);
}

/* -- numbers ------------------------------------------------------------------------ */

static void print_mode(uint32_t mode, struct text *out)
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
			text_printf(out, "%s|%#04o", types[i].name,
				      mode & ~(uint32_t)S_IFMT);
			return;
		}
	text_printf(out, "%#04o", mode);
}

/* Return: what stands before the next one */
static const char *put_flag(const char *bar, const char *name, struct text *out)
{
	text_str(out, bar);
	text_str(out, name);
	return "|";
}

static void print_at_flags(uint32_t flags, struct text *out)
{
	uint32_t other = flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
	const char *bar = "";

	if (flags & AT_SYMLINK_NOFOLLOW)
		bar = put_flag(bar, "AT_SYMLINK_NOFOLLOW", out);
	if (flags & AT_EMPTY_PATH)
		bar = put_flag(bar, "AT_EMPTY_PATH", out);
	if (other || !flags)
		text_printf(out, other ? "%s%#x" : "%s%x", bar, other);
}

void call_put_flags(uint32_t flags, struct text *out)
{
	uint32_t other = flags & ~(uint32_t)(XATTR_CREATE | XATTR_REPLACE);
	const char *bar = "";

	if (flags & XATTR_CREATE)
		bar = put_flag(bar, "XATTR_CREATE", out);
	if (flags & XATTR_REPLACE)
		bar = put_flag(bar, "XATTR_REPLACE", out);
	if (other || !flags)
		text_printf(out, other ? "%s%#x" : "%s%x", bar, other);
}

static void print_bytes(const struct call_bytes *b, struct text *out)
{
	call_put_quoted(b->text, b->n, out);
	if (b->cut)
		text_str(out, "...");
}

static void print_pointer(const struct call_text *c, int i, struct text *out)
{
	uint64_t v = c->data.args[i];

	if (c->args[i].there)
		print_bytes(&c->args[i], out);
	else if (v && call_arg_at(c->id, i) == ARG_NONE)
		text_printf(out, "%" PRIu64, v);
	else if (v && c->args[i].unread)
		text_printf(out, "%#" PRIx64, v);
	else
		text_str(out, "NULL");
}

static void print_buffer(const struct call_bytes *b, uint64_t address, struct text *out)
{
	if (b->there)
		print_bytes(b, out);
	else if (address)
		text_printf(out, "%#" PRIx64, address);
	else
		text_str(out, "NULL");
}

static void print_packed(const struct call_text *c, int i, unsigned any, struct text *out)
{
	const struct call_args *p = &c->packed;

	if (!c->has_packed) {
		print_pointer(c, i, out);
		return;
	}
	text_str(out, "{value=");
	if (any & 1U << ARG_VALUE)
		text_str(out, "*");
	else
		print_buffer(&c->args[i], p->value, out);
	text_str(out, ", size=");
	if (any & 1U << ARG_SIZE)
		text_str(out, "*");
	else
		text_printf(out, "%" PRIu32, p->size);
	text_str(out, ", flags=");
	call_put_flags(p->flags, out);
	text_put(out, "}", 1);
}

static void print_arg(const struct call_text *c, const struct call *call, int i,
		      unsigned any, struct text *out)
{
	switch (call_arg_at(c->id, i)) {
	case ARG_DIRFD:
		if (call->dirfd == AT_FDCWD)
			text_str(out, "AT_FDCWD");
		else
			text_printf(out, "%d", call->dirfd);
		break;
	case ARG_FD:
		text_printf(out, "%d", call->fd);
		break;
	case ARG_MODE:
		print_mode(call->mode, out);
		break;
	case ARG_DEV:
		text_printf(out, "%u:%u", dev_major(call->dev),
			      dev_minor(call->dev));
		break;
	case ARG_SIZE:
		text_printf(out, "%" PRIu64, call->size);
		break;
	case ARG_FLAGS:
		call_put_flags(call->flags, out);
		break;
	case ARG_AT_FLAGS:
		print_at_flags(call->at_flags, out);
		break;
	case ARG_ARGS_SIZE:
		text_printf(out, "%" PRIu64, call->args_size);
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

void call_put(const struct call_text *c, unsigned any, struct text *out)
{
	struct call call;

	call_decode(&c->data, c->id, &call);
	text_str(out, c->name);
	text_put(out, "(", 1);
	for (int i = 0; i < c->n_args; i++) {
		text_str(out, i ? ", " : "");
		if (any & 1U << call_arg_at(c->id, i))
			text_put(out, "*", 1);
		else
			print_arg(c, &call, i, any, out);
	}
	text_put(out, ")", 1);
}
