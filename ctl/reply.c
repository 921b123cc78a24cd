// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ctl/text.h"
#include "lib/own.h"

static struct json_object *reply_get(struct json_object *o, const char *key,
				     json_type type)
{
	struct json_object *value = NULL;

	if (!json_object_is_type(o, json_type_object) ||
	    !json_object_object_get_ex(o, key, &value) ||
	    !json_object_is_type(value, type))
		return NULL;
	return value;
}

struct json_object *reply_object(struct json_object *o, const char *key)
{
	return reply_get(o, key, json_type_object);
}

struct json_object *reply_array(struct json_object *o, const char *key)
{
	return reply_get(o, key, json_type_array);
}

const char *reply_str(struct json_object *o, const char *key)
{
	struct json_object *value = reply_get(o, key, json_type_string);

	return value ? json_object_get_string(value) : "";
}

int64_t reply_int(struct json_object *o, const char *key)
{
	return json_object_get_int64(reply_get(o, key, json_type_int));
}

int reply_print_json(struct json_object *o)
{
	const char *text = json_object_to_json_string_ext(
		o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
			   JSON_C_TO_STRING_NOSLASHESCAPE);

	if (!text) {
		fprintf(stderr, "deputyctl: out of memory\n");
		return CTL_FAILED;
	}
	puts(text);
	return CTL_OK;
}

static void print_escaped(const char *s, FILE *out)
{
	AUTO(free_ptr) char *escaped = text_escape(s);

	fputs(escaped ? escaped : "?", out);
}

void reply_print_policy(struct json_object *policy_set)
{
	struct json_object *names = reply_array(policy_set, "policies");
	size_t n = names ? json_object_array_length(names) : 0;

	print_escaped(reply_str(policy_set, "source"), stdout);
	printf(", generation %" PRId64 ", %zu %s",
	       reply_int(policy_set, "generation"), n,
	       n == 1 ? "policy" : "policies");
	for (size_t i = 0; i < n; i++) {
		struct json_object *name = json_object_array_get_idx(names, i);

		fputs(i ? ", " : ": ", stdout);
		if (name)
			print_escaped(json_object_get_string(name), stdout);
	}
	putchar('\n');
}

/* "2026-11-24 13:43:27 UTC" */
static void print_time(int64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;
	char text[32];

	if (gmtime_r(&t, &tm) &&
	    strftime(text, sizeof(text), "%F %T UTC", &tm) > 0)
		fputs(text, stdout);
	else
		putchar('?');
}

static void print_diagnostic(struct json_object *d, FILE *out)
{
	int64_t line = reply_int(d, "line");

	print_escaped(reply_str(d, "file"), out);
	if (line > 0)
		fprintf(out, ":%" PRId64 ":%" PRId64, line,
			reply_int(d, "column"));
	fputs(": ", out);
	print_escaped(reply_str(d, "level"), out);
	fputs(": ", out);
	if (*reply_str(d, "pointer")) {
		print_escaped(reply_str(d, "pointer"), out);
		fputs(": ", out);
	}
	print_escaped(reply_str(d, "reason"), out);
	fputc('\n', out);
}

/* The files are not what is served. */
static void print_refused(struct json_object *array, const char *indent)
{
	size_t n = array ? json_object_array_length(array) : 0;

	if (n == 0)
		return;
	printf("%sthe last good one: the files as they are now were refused\n",
	       indent);
	for (size_t i = 0; i < n; i++) {
		fputs(indent, stdout);
		print_diagnostic(json_object_array_get_idx(array, i), stdout);
	}
}

void reply_print_policy_state(struct json_object *policy_set,
			      const char *indent)
{
	int64_t finishing = reply_int(policy_set, "finishing");
	int64_t kept = reply_int(policy_set, "kept");

	if (!*reply_str(policy_set, "hash"))
		return; /* an older deputyd */
	printf("%shash ", indent);
	print_escaped(reply_str(policy_set, "hash"), stdout);
	fputs(", loaded ", stdout);
	print_time(reply_int(policy_set, "loaded"));
	putchar('\n');
	if (finishing)
		printf("%s%" PRId64 " %s under an older one\n", indent,
		       finishing,
		       finishing == 1 ? "worker still finishes" :
					"workers still finish");
	if (kept)
		printf("%s%" PRId64 " %s an older one: no binding matches\n",
		       indent, kept,
		       kept == 1 ? "container keeps" : "containers keep");
	print_refused(reply_array(policy_set, "refused"), indent);
}

void reply_print_reloaded(struct json_object *p)
{
	struct json_object *set = reply_object(p, "policy");
	const char *previous = reply_str(p, "previous");

	printf("Reloaded: ");
	reply_print_policy(set);
	reply_print_policy_state(set, "          ");
	if (!*previous)
		return;
	if (strcmp(previous, reply_str(set, "hash")) == 0) {
		puts("          the same as before");
		return;
	}
	printf("          hash before: ");
	print_escaped(previous, stdout);
	putchar('\n');
}

void reply_print_diagnostics(struct json_object *array)
{
	size_t n = array ? json_object_array_length(array) : 0;

	for (size_t i = 0; i < n; i++)
		print_diagnostic(json_object_array_get_idx(array, i), stderr);
}

int reply_print_table(const struct ctl *ctl, struct table *t)
{
	int r = t ? table_print(t, ctl->colour, stdout) : -ENOMEM;

	table_free(t);
	if (r == 0)
		return CTL_OK;
	fprintf(stderr, "deputyctl: out of memory\n");
	return CTL_FAILED;
}
