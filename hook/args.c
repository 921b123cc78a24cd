// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Read leniently, as the runtimes' own parsers together do: --name VALUE,
 * --name=VALUE, and with one dash (runc, runsc).  A global option that takes a
 * value stands in a table, because its value could be taken for the command.
 */
#include "hook/args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "policy/profile.h"

#define OURS "--deputy-"

/* runc, crun, youki, runsc: global options with a value. */
static const char *const valued[] = {
	"root",	    "log", "log-format",     "criu", "log-level",
	"rootless", "r",   "cgroup-manager", "l",    "config"
};

/* Options of create and run with a value. */
static const char *const start_valued[] = { "bundle",	      "b",
					    "config",	      "f",
					    "console-socket", "pid-file",
					    "preserve-fds" };

static bool listed(const char *const *list, size_t n, const char *name,
		   size_t bytes)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(list[i]) == bytes && memcmp(list[i], name, bytes) == 0)
			return true;
	return false;
}

/* One option: its name without dashes, and its value or NULL. */
struct one {
	const char *name;
	size_t bytes;
	const char *value;
};

static bool is(const struct one *o, const char *name)
{
	return strlen(name) == o->bytes && memcmp(name, o->name, o->bytes) == 0;
}

/* Reads argv[*i]; steps on to the value where it is the next one. */
static struct one read_one(int argc, char **argv, int *i,
			   const char *const *with, size_t n)
{
	const char *name = argv[*i] + strspn(argv[*i], "-");
	const char *sign = strchr(name, '=');
	struct one o = { name, sign ? (size_t)(sign - name) : strlen(name),
			 sign ? sign + 1 : NULL };

	if (!sign && listed(with, n, name, o.bytes) && *i + 1 < argc)
		o.value = argv[++*i];
	return o;
}

/* -- ours ----------------------------------------------------------------------------- */

static const struct own {
	const char *name;
	size_t offset; /* of a string; or, without a value, of a bool */
	bool has_value;
} own[] = {
#define AT(m) offsetof(struct args, m)
	{ "runtime", AT(runtime), true },
	{ "file", AT(o.file), true },
	{ "policy", AT(o.inject.policy), true },
	{ "listener", AT(o.inject.listener), true },
	{ "control-socket", AT(o.socket), true },
	{ "wait-killable", AT(o.inject.wait_killable), false },
	{ "no-gate", AT(no_gate), false },
	{ "help", AT(help), false },
	{ "version", AT(version), false },
#undef AT
};

static int read_own(int argc, char **argv, int *i, struct args *a)
{
	const char *arg = argv[*i], *name = arg + strlen(OURS);
	size_t bytes = strcspn(name, "=");
	const struct own *row = NULL;
	const char *value = name[bytes] ? name + bytes + 1 : NULL;

	a->wrong = arg;
	for (size_t k = 0; k < ARRAY_SIZE(own) && !row; k++)
		if (strlen(own[k].name) == bytes &&
		    memcmp(own[k].name, name, bytes) == 0)
			row = &own[k];
	if (!row || (value && !row->has_value))
		return -EINVAL;
	if (!row->has_value) {
		*(bool *)((char *)a + row->offset) = true;
		a->wrong = NULL;
		return 0;
	}
	if (!value && *i + 1 < argc)
		value = argv[++*i];
	if (!value || !*value)
		return -EINVAL;
	*(const char **)((char *)a + row->offset) = value;
	a->wrong = NULL;
	return 0;
}

/* -- theirs --------------------------------------------------------------------------- */

static void read_start(int argc, char **argv, int i, struct args *a)
{
	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		struct one o;

		if (argv[i][0] != '-')
			continue;
		o = read_one(argc, argv, &i, start_valued,
			     ARRAY_SIZE(start_valued));
		if (is(&o, "bundle") || is(&o, "b"))
			a->bundle = o.value;
		else if (is(&o, "config") || is(&o, "f"))
			a->config = o.value;
		else if (o.name[0] == 'b' && argv[i][1] != '-' && !o.value)
			a->bundle = o.name + 1; /* -bDIR, as crun's */
	}
}

static bool starts(const char *command)
{
	return strcmp(command, "create") == 0 || strcmp(command, "run") == 0;
}

int args_parse(int argc, char **argv, struct args *ret)
{
	char **rest = calloc((size_t)argc + 2, sizeof(*rest));
	int n = 1, i, r = 0;

	*ret = (struct args){ .rest = rest };
	if (!rest)
		return -ENOMEM;
	prepare_defaults(&ret->o);
	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		struct one o;
		int first = i;

		if (strncmp(argv[i], OURS, strlen(OURS)) == 0) {
			if (r == 0) /* on behind a wrong one, for the log */
				r = read_own(argc, argv, &i, ret);
			continue;
		}
		o = read_one(argc, argv, &i, valued, ARRAY_SIZE(valued));
		if (is(&o, "log"))
			ret->log = o.value;
		else if (is(&o, "log-format"))
			ret->log_format = o.value;
		while (first <= i)
			rest[n++] = argv[first++];
	}
	if (r < 0)
		return r;
	if (i < argc) {
		ret->command = argv[i];
		ret->starts = starts(argv[i]);
	}
	if (ret->starts)
		read_start(argc, argv, i + 1, ret);
	while (i < argc)
		rest[n++] = argv[i++];
	return 0;
}
