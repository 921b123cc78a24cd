// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * LXC's language, version 2: a line is a call, what is done with it, and what its
 * registers must hold, each as [index,value,operator,mask].  That says all that
 * an oci profile of ours says, whose comparisons are of equality, masked or not;
 * only calls that the machine's own ABI lacks have no name.
 *
 * LXC adds a line to the filter of each architecture, whatever section it is
 * in, so all is in [all].
 */
#include <inttypes.h>
#include <string.h>

#include "policy/profile.h"
#include "policy/profile_read.h"

static struct json_object *get(struct json_object *o, const char *key)
{
	return json_object_object_get(o, key);
}

static size_t count(struct json_object *list)
{
	return list ? json_object_array_length(list) : 0;
}

/* A policy's words: none of them may end the comment and begin a rule. */
static void print_comment(FILE *out, const char *what, const char *text)
{
	(void)fprintf(out, "# %s", what);
	for (; *text; text++)
		(void)fputc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' :
									  *text,
			    out);
	(void)fputc('\n', out);
}

static void print_arg(FILE *out, struct json_object *arg)
{
	uint64_t value = json_object_get_uint64(get(arg, "value"));
	const char *op = json_object_get_string(get(arg, "op"));

	(void)fprintf(out, "[%d,", json_object_get_int(get(arg, "index")));
	if (strcmp(op, "SCMP_CMP_MASKED_EQ") == 0)
		(void)fprintf(out, "%" PRIu64 ",%s,%" PRIu64 "]",
			      json_object_get_uint64(get(arg, "valueTwo")), op,
			      value);
	else
		(void)fprintf(out, "%" PRIu64 ",%s]", value, op);
}

static void print_rule(FILE *out, struct json_object *rule)
{
	struct json_object *names = get(rule, "names"), *args = get(rule, "args");
	const char *action = json_object_get_string(get(rule, "action"));

	for (size_t i = 0; i < count(names); i++) {
		(void)fprintf(out, "%s ", json_object_get_string(
				       json_object_array_get_idx(names, i)));
		if (strcmp(action, SECCOMP_ACT_NOTIFY) == 0)
			(void)fprintf(out, "notify");
		else
			(void)fprintf(out, "errno %d",
				      json_object_get_int(get(rule, "errnoRet")));
		for (size_t k = 0; k < count(args); k++) {
			(void)fputc(' ', out);
			print_arg(out, json_object_array_get_idx(args, k));
		}
		(void)fputc('\n', out);
	}
}

void profile_print_lxc(struct json_object *profile, const struct diags *notes,
		       FILE *out)
{
	const char *listener =
		json_object_get_string(get(profile, "listenerPath"));
	const char *metadata =
		json_object_get_string(get(profile, "listenerMetadata"));
	struct json_object *rules = get(profile, "syscalls");
	char line[sizeof(struct diag) + 64];

	(void)fprintf(out, "2\ndenylist\n");
	if (listener) {
		print_comment(out, "Of deputy's policy ", metadata);
		print_comment(out, "", "In the container's configuration:");
		print_comment(out, "  lxc.seccomp.notify.proxy = unix:", listener);
		print_comment(out, "  lxc.seccomp.notify.cookie = ", metadata);
	}
	for (size_t i = 0; i < notes->n && i < DIAGS_MAX; i++) {
		diag_format(notes, &notes->items[i], line, sizeof(line));
		print_comment(out, "", line);
	}
	(void)fprintf(out, "[all]\n");
	for (size_t i = 0; i < count(rules); i++)
		print_rule(out, json_object_array_get_idx(rules, i));
}
