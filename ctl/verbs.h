/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The one table of verbs, options and what their arguments are.  The command line
 * is read by it, --help is printed from it, and the completions of the shells are
 * made from it (completion.c).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "ctl/verb.h"

/* What a word of the command line may be, for completions. */
enum word_kind {
	WORD_NONE = 0, /* no word, or any text */
	WORD_FILE,
	WORD_DIRECTORY,
	WORD_CHOICE,	/* one of the option's choices */
	WORD_CONTAINER, /* an id of "deputyctl list" */
	WORD_COMMAND,	/* a program, and behind it its arguments */
	WORD_VERB,
};

#define VERB_WORDS_MAX 2 /* arguments with a kind of their own */
#define VERB_ANY_ARGS  -1 /* one or more */
#define VERB_MAY_ARGS  -2 /* any number */

struct verb {
	const char *name; /* one word or two */
	const char *args; /* for the help */
	int n_args;	  /* or VERB_ANY_ARGS, VERB_MAY_ARGS */
	enum word_kind words[VERB_WORDS_MAX];
	const char *summary;
	const char *help;
	verb_fn *run;  /* NULL: main.c does it */
	unsigned takes; /* a bit for each enum ctl_option */
};

struct verb_option {
	const char *name;
	char letter;	      /* 0: none */
	const char *argument; /* NULL: it has none */
	enum word_kind kind;  /* of its argument */
	const char *choices;  /* of WORD_CHOICE, with blanks between them */
	const char *help;     /* one text; it is wrapped where it is printed */
};

extern const struct verb verbs[];
extern const size_t n_verbs;
/* Indexed by enum ctl_option. */
extern const struct verb_option verb_options[CTL_OPTIONS];

/* Those that each verb may have; the help of a verb shows what it uses. */
#define OPTION_BIT(o) (1U << CTL_##o)
#define OPTIONS_GLOBAL                                                         \
	(OPTION_BIT(SOCKET) | OPTION_BIT(JSON) | OPTION_BIT(HELP) |            \
	 OPTION_BIT(VERSION))

/* Does @v begin with a word that others begin with, too: "policy"? */
bool verb_is_of_group(const struct verb *v, const char *group, size_t bytes);

void help_print(void);			     /* of all */
void help_print_verb(const struct verb *v);  /* of one, with its own options */
/* The verbs of "policy" and the like. */
void help_print_group(const char *group, FILE *out);

/* The hidden verb "completion SHELL". */
int completion_print(const char *shell);
