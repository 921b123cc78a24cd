// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/call.h"

#include <fcntl.h>
#include <string.h>

static const struct row {
	const char *name;
	enum call_family family;
	unsigned char args[6]; /* enum call_arg */
} rows[CALL_IDS] = {
	[CALL_OTHER] = {"?", FAMILY_NONE, {0}},
#define X(name, family, a, b, c, d, e, f)                                      \
	[CALL_##name] = {#name,                                                \
			 FAMILY_##family,                                      \
			 {ARG_##a, ARG_##b, ARG_##c, ARG_##d, ARG_##e, ARG_##f}},
#include "policy/syscall.def"
#undef X
};

static void decode_arg(struct call *c, enum call_arg arg, uint64_t v)
{
	switch (arg) {
	case ARG_NONE:
		break;
	case ARG_DIRFD:
		c->dirfd = (int)v;
		break;
	case ARG_FD:
		c->fd = (int)v;
		break;
	case ARG_MODE:
		c->mode = v & 0xffff;
		break;
	case ARG_DEV:
		c->dev = (uint32_t)v;
		break;
	case ARG_SIZE:
		c->size = v;
		break;
	case ARG_FLAGS:
		c->flags = (uint32_t)v;
		break;
	case ARG_PATH:
		c->path_addr = v;
		break;
	case ARG_NAME:
		c->name_addr = v;
		break;
	case ARG_VALUE:
	case ARG_OUT:
		c->value_addr = v;
		break;
	case ARG_AT_FLAGS:
		c->at_flags = (uint32_t)v;
		break;
	case ARG_ARGS:
	case ARG_ARGS_OUT:
		c->args_addr = v;
		c->size = UINT64_MAX;
		break;
	case ARG_ARGS_SIZE:
		c->args_size = v;
		break;
	}
}

void call_decode(const struct seccomp_data *data, enum call_id id,
		 struct call *ret)
{
	uint64_t mask = data->arch & ARCH_64BIT ? UINT64_MAX : UINT32_MAX;

	*ret = (struct call){
		.id = id, .family = rows[id].family, .dirfd = AT_FDCWD, .fd = -1};
	for (int i = 0; i < 6; i++)
		decode_arg(ret, rows[id].args[i], data->args[i] & mask);
}

void call_unpack(struct call *c, const struct call_args *args)
{
	c->value_addr = args->value;
	c->size = args->size;
	c->flags = args->flags;
}

int call_is_packed(enum call_id id)
{
	return call_has(id, ARG_ARGS) || call_has(id, ARG_ARGS_OUT);
}

const char *call_name(enum call_id id)
{
	return id < CALL_IDS ? rows[id].name : "?";
}

enum call_id call_from_name(const char *name)
{
	for (int id = 1; id < CALL_IDS; id++)
		if (strcmp(rows[id].name, name) == 0)
			return id;
	return CALL_OTHER;
}

enum call_family call_family_of(enum call_id id)
{
	return id < CALL_IDS ? rows[id].family : FAMILY_NONE;
}

int call_index_of(enum call_id id, enum call_arg arg)
{
	for (int i = 0; id < CALL_IDS && i < 6; i++)
		if (rows[id].args[i] == arg)
			return i;
	return -1;
}

int call_has(enum call_id id, enum call_arg arg)
{
	return call_index_of(id, arg) >= 0;
}

enum call_arg call_arg_at(enum call_id id, int i)
{
	return id < CALL_IDS && i >= 0 && i < 6 ? rows[id].args[i] : ARG_NONE;
}
