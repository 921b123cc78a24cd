// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdio.h>
#include <string.h>

#include "ctl/verbs.h"

#define COLUMNS	  79
#define VERB_TEXT 28 /* where the summaries begin */
#define TEXT	  21 /* and the texts of options */

/* @text, from column @at on, wrapped; its lines begin at column @indent. */
static void print_wrapped(const char *text, int at, int indent)
{
	while (*text) {
		int n = (int)strcspn(text, " ");

		if (at > indent && at + 1 + n > COLUMNS) {
			putchar('\n');
			at = 0;
		}
		if (at < indent)
			at += printf("%*s", indent - at, "");
		else if (at > indent)
			at += printf(" ");
		at += printf("%.*s", n, text);
		text += n;
		text += *text == ' ';
	}
	putchar('\n');
}

static void print_option(const struct verb_option *o)
{
	int at = 0;

	if (o->letter)
		at += printf("  -%c, --%s", o->letter, o->name);
	else
		at += printf("  --%s", o->name);
	if (o->argument)
		at += printf(" %s", o->argument);
	if (at + 2 > TEXT) {
		putchar('\n');
		at = 0;
	}
	print_wrapped(o->help, at, TEXT);
}

static void print_options(unsigned bits)
{
	for (int i = 0; i < CTL_OPTIONS; i++)
		if (bits & 1U << i)
			print_option(&verb_options[i]);
}

/* Return: a bit for each verb that has this option */
static unsigned verbs_of(int option)
{
	unsigned bits = 0;

	for (size_t i = 0; i < n_verbs; i++)
		if (verbs[i].takes & 1U << option)
			bits |= 1U << i;
	return bits;
}

static void print_heading(unsigned verb_bits)
{
	char text[512] = "Options of ";
	bool first = true;

	for (size_t i = 0; i < n_verbs; i++) {
		if (!(verb_bits & 1U << i))
			continue;
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
			       "%s%s", first ? "" : ", ", verbs[i].name);
		first = false;
	}
	strncat(text, ":", sizeof(text) - strlen(text) - 1);
	print_wrapped(text, 0, 0);
}

static void print_verb_line(const struct verb *v, FILE *out)
{
	int n = fprintf(out, "  %s %s", v->name, v->args);

	fprintf(out, "%*s%s\n", n < VERB_TEXT - 1 ? VERB_TEXT - n : 2, "",
		v->summary);
}

void help_print_group(const char *group, FILE *out)
{
	for (size_t i = 0; i < n_verbs; i++)
		if (verb_is_of_group(&verbs[i], group, strlen(group)))
			print_verb_line(&verbs[i], out);
}

void help_print(void)
{
	unsigned before = 0;

	printf("Usage: deputyctl [OPTION...] VERB [ARGUMENT...]\n"
	       "Query and control deputyd, the seccomp notification supervisor.\n\n"
	       "Verbs:\n");
	for (size_t i = 0; i < n_verbs; i++)
		print_verb_line(&verbs[i], stdout);
	printf("\nOptions:\n");
	print_options(OPTIONS_GLOBAL);
	for (int i = 0; i < CTL_OPTIONS; i++) {
		unsigned bits = verbs_of(i);

		if (OPTIONS_GLOBAL & 1U << i)
			continue;
		if (bits != before)
			print_heading(bits);
		before = bits;
		print_option(&verb_options[i]);
	}
	printf("\nExit status: 0 good, 1 failed, 2 wrong usage.\n");
}

void help_print_verb(const struct verb *v)
{
	printf("Usage: deputyctl [OPTION...] %s%s%s\n%s.\n\n%s%sOptions:\n",
	       v->name, *v->args ? " " : "", v->args, v->summary, v->help,
	       *v->help ? "\n" : "");
	print_options(v->takes | OPTION_BIT(HELP));
}
