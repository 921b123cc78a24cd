// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The command line, by the table of verbs.c.  Options may stand anywhere before
 * "--"; behind "run" the first word that is none begins the command, whose own
 * options are left alone.
 */
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/verbs.h"
#include "lib/own.h"
#include "policy/nearest.h"
#include "proto/reach.h"

#define FIRST	    256 /* getopt's values: no character is one */
#define WORD	    1	/* getopt's, of a word that is no option */
#define HINT_BYTES  96
#define LETTERS_MAX (2 * CTL_OPTIONS + 3)

struct command {
	char **words; /* verb and arguments, and a NULL */
	int n;
	bool help;
};

/* Does @v's name stand at @args? Return: its words, 0: no */
static int verb_match(const struct verb *v, char **args, int n)
{
	size_t first = strcspn(v->name, " ");

	if (n < 1 || strlen(args[0]) != first ||
	    strncmp(args[0], v->name, first) != 0)
		return 0;
	if (!v->name[first])
		return 1;
	return n >= 2 && strcmp(args[1], v->name + first + 1) == 0 ? 2 : 0;
}

static const struct verb *find_verb(char **args, int n, int *ret_words)
{
	for (size_t i = 0; i < n_verbs; i++) {
		*ret_words = verb_match(&verbs[i], args, n);
		if (*ret_words)
			return &verbs[i];
	}
	return NULL;
}

static bool is_group(const char *word)
{
	for (size_t i = 0; i < n_verbs; i++)
		if (verb_is_of_group(&verbs[i], word, strlen(word)))
			return true;
	return false;
}

static bool wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) &&
	       !(term && strcmp(term, "dumb") == 0);
}

/* -- what is wrong -------------------------------------------------------------- */

static int usage(const struct verb *v)
{
	fprintf(stderr, "Try \"deputyctl help%s%s\".\n", v ? " " : "",
		v ? v->name : "");
	return CTL_USAGE;
}

static int say_unknown_verb(const struct command *c)
{
	bool of_group = c->n > 1 && is_group(c->words[0]);
	struct nearest near;
	char hint[HINT_BYTES];
	char name[128];

	(void)snprintf(name, sizeof(name), "%s%s%s", c->words[0],
		       of_group ? " " : "", of_group ? c->words[1] : "");
	nearest_init(&near, name);
	for (size_t i = 0; i < n_verbs; i++)
		nearest_offer(&near, verbs[i].name);
	if (!of_group)
		nearest_offer(&near, "policy");
	fprintf(stderr, "deputyctl: unknown verb \"%s\"%s\n", name,
		nearest_hint(&near, hint, sizeof(hint)));
	return usage(NULL);
}

/* A word that begins others, alone. */
static int say_group(const char *group, bool help)
{
	if (help) {
		printf("Usage: deputyctl [OPTION...] %s VERB [ARGUMENT...]\n\n"
		       "Verbs:\n", group);
		help_print_group(group, stdout);
		return CTL_OK;
	}
	fprintf(stderr, "deputyctl: \"%s\" needs one of these verbs:\n", group);
	help_print_group(group, stderr);
	return CTL_USAGE;
}

/* @word: as it stands on the command line, with its value perhaps */
static int say_unknown_option(const struct command *c, const char *word,
			      char letter)
{
	char name[64] = "-", hint[HINT_BYTES] = "";
	struct nearest near;
	int words;
	const struct verb *v = find_verb(c->words, c->n, &words);

	if (letter) {
		name[1] = letter;
		name[2] = '\0';
	} else {
		(void)snprintf(name, sizeof(name), "%.*s",
			       (int)strcspn(word, "="), word);
		nearest_init(&near, name);
		for (int i = 0; i < CTL_OPTIONS; i++) {
			char known[64];

			(void)snprintf(known, sizeof(known), "--%s",
				       verb_options[i].name);
			nearest_offer(&near, known);
		}
		nearest_hint(&near, hint, sizeof(hint));
	}
	fprintf(stderr, "deputyctl: unknown option %s%s\n", name, hint);
	return usage(v);
}

static int say_no_option(const struct verb *v, int option)
{
	fprintf(stderr, "deputyctl: %s has no --%s\n", v->name,
		verb_options[option].name);
	return usage(v);
}

static bool options_fit(const struct ctl *ctl, const struct verb *v)
{
	for (int i = 0; i < CTL_OPTIONS; i++)
		if (ctl->option[i] && !((v->takes | OPTIONS_GLOBAL) & 1U << i)) {
			(void)say_no_option(v, i);
			return false;
		}
	if ((ctl->option[CTL_METADATA] || ctl->option[CTL_ANNOTATION]) &&
	    !ctl->option[CTL_PEER_UID]) {
		fprintf(stderr,
			"deputyctl: --metadata and --annotation need "
			"--peer-uid: a policy asks for it beside them\n");
		return false;
	}
	return true;
}

/* -- what to do ------------------------------------------------------------------ */

static int print_help(const struct command *c)
{
	int words;
	const struct verb *v = find_verb(c->words, c->n, &words);

	if (c->n == 0)
		help_print();
	else if (v)
		help_print_verb(v);
	else if (c->n == 1 && is_group(c->words[0]))
		return say_group(c->words[0], true);
	else
		return say_unknown_verb(c);
	return CTL_OK;
}

static int run(const struct ctl *ctl, struct command *c)
{
	const struct verb *v;
	int words, n;

	if (c->n > 0 && strcmp(c->words[0], "help") == 0 && !c->help) {
		c->words++;
		c->n--;
		c->help = true;
	}
	if (c->help)
		return print_help(c);
	if (c->n == 0) {
		fprintf(stderr, "deputyctl: a verb is missing\n");
		return usage(NULL);
	}
	if (c->n == 2 && strcmp(c->words[0], "completion") == 0)
		return completion_print(c->words[1]);
	v = find_verb(c->words, c->n, &words);
	if (!v && c->n == 1 && is_group(c->words[0]))
		return say_group(c->words[0], false);
	if (!v)
		return say_unknown_verb(c);
	if (!options_fit(ctl, v))
		return CTL_USAGE;
	n = c->n - words;
	if (v->n_args == VERB_ANY_ARGS ? n > 0 : n == v->n_args)
		return v->run(ctl, c->words + words);
	fprintf(stderr, "deputyctl: usage: deputyctl %s%s%s\n", v->name,
		*v->args ? " " : "", v->args);
	return usage(v);
}

/* -- options ---------------------------------------------------------------------- */

/* For getopt_long(), made of the table. */
struct getopt_tables {
	struct option options[CTL_OPTIONS + 1];
	char letters[LETTERS_MAX];
};

static void make_tables(struct getopt_tables *t)
{
	char *to = t->letters;

	*t = (struct getopt_tables){ 0 };
	*to++ = '-'; /* words come in their order, as WORD */
	*to++ = ':'; /* errors are ours to say */
	for (int i = 0; i < CTL_OPTIONS; i++) {
		const struct verb_option *o = &verb_options[i];

		t->options[i] = (struct option){
			o->name,
			o->argument ? required_argument : no_argument,
			NULL,
			FIRST + i,
		};
		if (!o->letter)
			continue;
		*to++ = o->letter;
		if (o->argument)
			*to++ = ':';
	}
}

/* Return: CTL_OPTIONS: none */
static enum ctl_option option_of(int value)
{
	if (value >= FIRST)
		return (enum ctl_option)(value - FIRST);
	for (int i = 0; i < CTL_OPTIONS; i++)
		if (verb_options[i].letter && verb_options[i].letter == value)
			return (enum ctl_option)i;
	return CTL_OPTIONS;
}

/* Return: CTL_OK, or CTL_USAGE; -1: go on */
static int take_option(struct ctl *ctl, struct command *c, enum ctl_option which)
{
	ctl->option[which] = optarg ? optarg : "";
	switch (which) {
	case CTL_SOCKET:
		ctl->socket = optarg;
		return -1;
	case CTL_JSON:
		ctl->json = true;
		return -1;
	case CTL_HELP:
		c->help = true;
		return -1;
	case CTL_VERSION:
		puts("deputyctl " DEPUTY_VERSION);
		return CTL_OK;
	default:
		if (subject_set(&ctl->subject, which, ctl->option[which]))
			return -1;
		fprintf(stderr, "deputyctl: \"%s\" is not a value for --%s\n",
			optarg, verb_options[which].name);
		return usage(NULL);
	}
}

/* @value: what getopt_long() gave. Return: as above */
static int take(struct ctl *ctl, struct command *c, int value, char **argv)
{
	enum ctl_option which;

	if (value == WORD) {
		c->words[c->n++] = optarg;
		return -1;
	}
	which = option_of(value == ':' ? optopt : value);
	if (value == ':') {
		fprintf(stderr, "deputyctl: --%s needs %s\n",
			verb_options[which].name, verb_options[which].argument);
		return usage(NULL);
	}
	if (value == '?' && optopt >= FIRST) {
		fprintf(stderr, "deputyctl: --%s takes no value\n",
			verb_options[option_of(optopt)].name);
		return usage(NULL);
	}
	if (value == '?')
		return say_unknown_option(c, argv[optind - 1], (char)optopt);
	return take_option(ctl, c, which);
}

/* "run CMD": what follows is CMD's. */
static bool is_command_next(const struct command *c, char **argv)
{
	return c->n == 1 && strcmp(c->words[0], "run") == 0 && argv[optind] &&
	       argv[optind][0] != '-';
}

/* Return: as above */
static int read_command_line(struct ctl *ctl, struct command *c, int argc,
			     char **argv)
{
	struct getopt_tables t;
	int r = -1, value;

	make_tables(&t);
	opterr = 0;
	while (r < 0 && !is_command_next(c, argv) &&
	       (value = getopt_long(argc, argv, t.letters, t.options, NULL)) >= 0)
		r = take(ctl, c, value, argv);
	while (r < 0 && optind < argc)
		c->words[c->n++] = argv[optind++];
	return r;
}

int main(int argc, char **argv)
{
	AUTO(free_ptr) char **words = calloc((size_t)argc + 1, sizeof(*words));
	struct ctl ctl = { .socket = REACH_CONTROL_DEFAULT };
	struct command command = { .words = words };
	int r;

	if (!words) {
		perror("deputyctl");
		return CTL_FAILED;
	}
	setlocale(LC_CTYPE, "");
	r = read_command_line(&ctl, &command, argc, argv);
	ctl.colour = wants_colour();
	if (r < 0)
		r = run(&ctl, &command);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("deputyctl: writing the output");
		return r == CTL_OK ? CTL_FAILED : r;
	}
	return r;
}
