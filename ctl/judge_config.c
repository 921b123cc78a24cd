// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/judge.h"
#include "ctl/reply.h"
#include "lib/own.h"
#include "proto/varlink.h"

#define RULES_MAX  4096
#define MINORS_MAX 65536
#define ANY	   (-1)

struct device_rule {
	bool allow, chars, blocks;
	int64_t major, minor; /* ANY: all */
	int access;	      /* enum device_access */
};

/* Rules to open devices that runc (libcontainer/specconv) and crun
 * (cgroup-resources.c) both add after a container's own. */
static const struct device_rule always[] = {
#define CHARS(major, minor)                                                    \
	{                                                                      \
		true, true, false, major, minor, 3                             \
	}
	CHARS(1, 3), CHARS(1, 5), CHARS(1, 7), CHARS(1, 8),
	CHARS(1, 9), CHARS(5, 0), CHARS(5, 2), CHARS(136, ANY),
#undef CHARS
};

struct config_judge {
	char name[300];
	struct device_rule rules[RULES_MAX];
	size_t n;
};

static void apply(const struct device_rule *rules, size_t n,
		  const struct device_rule *asked, int *access)
{
	for (size_t i = 0; i < n; i++) {
		const struct device_rule *r = &rules[i];

		if (asked->blocks ? !r->blocks : !r->chars)
			continue;
		if ((r->major != ANY && r->major != asked->major) ||
		    (r->minor != ANY && r->minor != asked->minor))
			continue;
		*access = r->allow ? *access | r->access : *access & ~r->access;
	}
}

static int may_open(void *ctx, bool block, uint32_t major, uint32_t minor)
{
	const struct config_judge *c = ctx;
	const struct device_rule asked = { .blocks = block,
					   .major = major,
					   .minor = minor };
	int access = 0;

	apply(c->rules, c->n, &asked, &access);
	apply(always, ARRAY_SIZE(always), &asked, &access);
	return access;
}

struct device_judge config_judge_of(struct config_judge *c)
{
	return (struct device_judge){ may_open, c, c->name, MINORS_MAX };
}

static int64_t number(struct json_object *o, const char *key)
{
	struct json_object *v = json_object_object_get(o, key);

	return v && json_object_get_int64(v) >= 0 ? json_object_get_int64(v)
						  : ANY;
}

static void add(struct config_judge *c, struct json_object *o)
{
	const char *type = reply_str(o, "type"),
		   *access = reply_str(o, "access");
	bool all = !*type || *type == 'a';

	c->rules[c->n++] = (struct device_rule){
		.allow = json_object_get_boolean(
			json_object_object_get(o, "allow")),
		.chars = all || *type == 'c' || *type == 'u',
		.blocks = all || *type == 'b',
		/* of all types there is all or nothing, whatever else it says */
		.major = all ? ANY : number(o, "major"),
		.minor = all ? ANY : number(o, "minor"),
		.access = (all || strchr(access, 'r') ? DEVICE_READ : 0) |
			  (all || strchr(access, 'w') ? DEVICE_WRITE : 0),
	};
}

/* Return: what is wrong, or NULL */
static const char *read_rules(struct config_judge *c, struct json_object *config)
{
	struct json_object *part = reply_object(config, "linux");
	struct json_object *list =
		reply_array(reply_object(part, "resources"), "devices");
	size_t n = list ? json_object_array_length(list) : 0;

	if (!part)
		return "no config.json: \"linux\" is missing";
	if (n > RULES_MAX)
		return "too many device rules";
	for (size_t i = 0; i < n; i++) {
		struct json_object *o = json_object_array_get_idx(list, i);

		if (!json_object_is_type(o, json_type_object))
			return "a device rule is no object";
		add(c, o);
	}
	return NULL;
}

struct config_judge *config_judge_new(const char *path)
{
	AUTO(json_put) struct json_object *config = json_object_from_file(path);
	struct config_judge *c = calloc(1, sizeof(*c));
	const char *why;

	if (!config || !c) {
		fprintf(stderr, "deputyctl: %s",
			c ? json_util_get_last_err() : "out of memory\n");
		free(c);
		return NULL;
	}
	(void)snprintf(c->name, sizeof(c->name), "\"devices\" of %s", path);
	why = read_rules(c, config);
	if (!why)
		return c;
	fprintf(stderr, "deputyctl: %s: %s\n", path, why);
	return config_judge_free(c);
}

struct config_judge *config_judge_free(struct config_judge *c)
{
	free(c);
	return NULL;
}
