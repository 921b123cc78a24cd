// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl/reply.h"
#include "ctl/text.h"
#include "proto/varlink.h"
#include "lib/own.h"

static const struct {
	const char *area;
	doctor_check *run;
} checks[] = {
#define CHECK(area, name) { area, doctor_##name },
#include "ctl/doctor.def"
#undef CHECK
};

static const struct {
	const char *word, *mark, *colour;
} states[DOCTOR_STATES] = {
	[DOCTOR_GOOD] = { "good", "ok", "\033[32m" },
	[DOCTOR_NOTE] = { "note", "note", "\033[33m" },
	[DOCTOR_BAD] = { "bad", "BAD", "\033[31m" },
};

static bool put(struct json_object *o, const char *key, const char *value)
{
	struct json_object *s = json_object_new_string(value);

	if (s && json_object_object_add(o, key, s) == 0)
		return true;
	json_object_put(s);
	return false;
}

void doctor_find(struct doctor *d, enum doctor_state state, const char *name,
		 const char *advice, const char *fmt, ...)
{
	struct json_object *o = json_object_new_object();
	char found[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(found, sizeof(found), fmt, ap);
	va_end(ap);
	d->bad |= state == DOCTOR_BAD;
	if (o && put(o, "area", d->area) && put(o, "name", name) &&
	    put(o, "state", states[state].word) && put(o, "found", found) &&
	    (!advice || put(o, "advice", advice)) &&
	    json_object_array_add(d->findings, o) == 0)
		return;
	json_object_put(o);
	d->no_memory = true;
}

static void print_finding(const struct ctl *ctl, struct json_object *o)
{
	AUTO(free_ptr) char *name = text_escape(reply_str(o, "name"));
	AUTO(free_ptr) char *found = text_escape(reply_str(o, "found"));
	const char *word = reply_str(o, "state"), *advice;
	int state = DOCTOR_GOOD;

	while (state < DOCTOR_BAD && strcmp(states[state].word, word) != 0)
		state++;
	printf("  %s%-4s%s  %-18s  %s\n", ctl->colour ? states[state].colour : "",
	       states[state].mark, ctl->colour ? "\033[0m" : "",
	       name ? name : "?", found ? found : "?");
	advice = reply_str(o, "advice");
	if (*advice)
		printf("                            -> %s\n", advice);
}

static void print_findings(const struct doctor *d)
{
	const char *area = "";

	for (size_t i = 0; i < json_object_array_length(d->findings); i++) {
		struct json_object *o =
			json_object_array_get_idx(d->findings, i);

		if (strcmp(area, reply_str(o, "area")) != 0) {
			area = reply_str(o, "area");
			printf("%s%s%s\n", d->ctl->colour ? "\033[1m" : "", area,
			       d->ctl->colour ? "\033[0m" : "");
		}
		print_finding(d->ctl, o);
	}
	printf("\n%s\n", d->bad ? "Something does not work: see BAD above." :
				  "Nothing is in the way.");
}

static int print_json(const struct doctor *d)
{
	AUTO(json_put) struct json_object *o = json_object_new_object();

	if (!o)
		return CTL_FAILED;
	json_object_object_add(o, "good", json_object_new_boolean(!d->bad));
	json_object_object_add(o, "findings", json_object_get(d->findings));
	return reply_print_json(o);
}

int verb_doctor(const struct ctl *ctl, char **args)
{
	AUTO(json_put) struct json_object *findings = json_object_new_array();
	struct doctor d = { .ctl = ctl, .findings = findings };
	int r = CTL_OK;

	for (size_t i = 0; findings && i < ARRAY_SIZE(checks); i++) {
		d.area = checks[i].area;
		checks[i].run(&d);
	}
	(void)json_put(d.status);
	if (!findings || d.no_memory) {
		fprintf(stderr, "deputyctl: out of memory\n");
		return CTL_FAILED;
	}
	if (ctl->json)
		r = print_json(&d);
	else
		print_findings(&d);
	return r == CTL_OK && d.bad ? CTL_FAILED : r;
}
