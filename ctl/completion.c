// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * "completion SHELL", hidden: the build asks for it once for each shell.  All
 * three scripts find the verb among the words before the cursor, then offer by
 * what the table says of the word at the cursor: an option's value, an option, a
 * verb, an argument.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl/verbs.h"
#include "lib/own.h"

/* Ids are not to be trusted: none that a shell would read as more than a word. */
#define IDS                                                                    \
	"awk 'NR > 1 && $1 ~ /^[A-Za-z0-9_.-]+$/ { print $1 }'"

#define GROUP_SUMMARY "Verbs that look into policy files"

/* "--name", and "-x" where it has a letter, with @between. */
static void put_option(const struct verb_option *o, const char *between)
{
	printf("--%s", o->name);
	if (o->letter)
		printf("%s-%c", between, o->letter);
}

/* In single quotes. @special: besides, after a backslash */
static void put_quoted(const char *text, const char *special,
		       const char *apostrophe)
{
	putchar('\'');
	for (; *text; text++) {
		if (*text == '\'') {
			fputs(apostrophe, stdout);
			continue;
		}
		if (strchr(special, *text))
			putchar('\\');
		putchar(*text);
	}
	putchar('\'');
}

/* Patterns of all options that @test chooses, joined by bars. */
static bool put_patterns(bool (*test)(const struct verb_option *o))
{
	bool any = false;

	for (int i = 0; i < CTL_OPTIONS; i++) {
		if (!test(&verb_options[i]))
			continue;
		fputs(any ? "|" : "", stdout);
		put_option(&verb_options[i], "|");
		any = true;
	}
	return any;
}

static bool has_value(const struct verb_option *o)
{
	return o->argument;
}

static bool is_file(const struct verb_option *o)
{
	return o->argument && o->kind == WORD_FILE;
}

static bool is_directory(const struct verb_option *o)
{
	return o->argument && o->kind == WORD_DIRECTORY;
}

static bool is_text(const struct verb_option *o)
{
	return o->argument && o->kind == WORD_NONE;
}

static unsigned shown(const struct verb *v)
{
	return v->takes | OPTION_BIT(HELP);
}

static const char *const kinds[] = {
	[WORD_FILE] = "file",	      [WORD_DIRECTORY] = "directory",
	[WORD_CONTAINER] = "container", [WORD_COMMAND] = "command",
	[WORD_VERB] = "verb",
};

/* The first words of all verbs, each once: "policy". */
static bool is_first_of_its_word(size_t i, size_t *ret_bytes)
{
	*ret_bytes = strcspn(verbs[i].name, " ");
	for (size_t k = 0; k < i; k++)
		if (strncmp(verbs[k].name, verbs[i].name, *ret_bytes) == 0 &&
		    strchr(" ", verbs[k].name[*ret_bytes]))
			return false;
	return true;
}

/* -- bash, and what zsh shares with it ---------------------------------------------- */

/* Sets verb, n (arguments before the cursor), command (where "--" is). The words
 * are @words, from @from on, up to the one at @cursor. */
static void put_find_verb(const char *words, int from, const char *cursor)
{
	printf("\tfor ((i = %d; i < %s; i++)); do\n"
	       "\t\tcase ${%s[i]} in\n\t\t--) command=$((i + 1)); break ;;\n\t\t",
	       from, cursor, words);
	(void)put_patterns(has_value);
	printf(") i=$((i + 1)) ;;\n\t\t-*) ;;\n"
	       "\t\t*)\tcase $verb in\n"
	       "\t\t\t'') verb=${%s[i]} ;;\n"
	       "\t\t\tpolicy|help) verb+=\" ${%s[i]}\" ;;\n"
	       "\t\t\t'help policy') verb+=\" ${%s[i]}\" ;;\n"
	       "\t\t\t'run') command=$i; break ;;\n"
	       "\t\t\t*) n=$((n + 1)) ;;\n"
	       "\t\t\tesac ;;\n\t\tesac\n\tdone\n", words, words, words);
}

static void put_bash_values(void)
{
	printf("\tcase $prev in\n\t");
	(void)put_patterns(is_file);
	printf(") kind=\"file\" ;;\n\t");
	(void)put_patterns(is_directory);
	printf(") kind=directory ;;\n\t");
	(void)put_patterns(is_text);
	printf(") return ;;\n");
	for (int i = 0; i < CTL_OPTIONS; i++) {
		if (verb_options[i].kind != WORD_CHOICE)
			continue;
		printf("\t");
		put_option(&verb_options[i], "|");
		printf(") kind=words words='%s' ;;\n", verb_options[i].choices);
	}
	printf("\tesac\n");
}

static void put_bash_verb(const struct verb *v)
{
	printf("\t'%s')\toptions='", v->name);
	for (int i = 0; i < CTL_OPTIONS; i++)
		if (shown(v) & 1U << i)
			printf("--%s ", verb_options[i].name);
	printf("'\n\t\tkinds=(");
	for (int i = 0; i < VERB_WORDS_MAX; i++)
		if (v->words[i])
			printf("%s%s", i ? " " : "", kinds[v->words[i]]);
	printf(") ;;\n");
}

static void put_bash_verbs(void)
{
	size_t bytes;

	printf("\t''|help)\toptions='");
	for (int i = 0; i < CTL_OPTIONS; i++)
		if (OPTIONS_GLOBAL & 1U << i)
			printf("--%s ", verb_options[i].name);
	printf("'\n\t\tkind=${kind:-words}; words=${words:-'");
	for (size_t i = 0; i < n_verbs; i++)
		if (is_first_of_its_word(i, &bytes))
			printf("%.*s ", (int)bytes, verbs[i].name);
	printf("'} ;;\n\tpolicy|'help policy') options=--help\n"
	       "\t\tkind=${kind:-words}; words=${words:-'");
	for (size_t i = 0; i < n_verbs; i++)
		if (verb_is_of_group(&verbs[i], "policy", strlen("policy")))
			printf("%s ", verbs[i].name + strlen("policy "));
	printf("'} ;;\n");
	for (size_t i = 0; i < n_verbs; i++)
		if (verbs[i].run)
			put_bash_verb(&verbs[i]);
}

static void print_bash(void)
{
	printf("# deputyctl(1) completion for bash. Made by \"deputyctl completion "
	       "bash\".\n"
	       "_deputyctl()\n{\n"
	       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	       "\tlocal verb='' options='' kind='' words='' kinds=() n=0 command=0 i\n"
	       "\tlocal socket=()\n\n"
	       "\t# --option=value is three words\n"
	       "\t[[ $cur != '=' ]] || cur=''\n"
	       "\t[[ $prev != '=' ]] || prev=${COMP_WORDS[COMP_CWORD-2]}\n"
	       "\tfor ((i = 1; i < COMP_CWORD - 1; i++)); do\n"
	       "\t\tcase ${COMP_WORDS[i]} in\n"
	       "\t\t-s|--socket) socket=(--socket \"${COMP_WORDS[i+1]}\") ;;\n"
	       "\t\t--|run) break ;;\n"
	       "\t\tesac\n\tdone\n");
	put_find_verb("COMP_WORDS", 1, "COMP_CWORD");
	put_bash_values();
	printf("\tcase $verb in\n");
	put_bash_verbs();
	printf("\tesac\n"
	       "\t[[ -n $kind || $n -ge ${#kinds[@]} ]] || kind=${kinds[n]}\n"
	       "\tif [[ $verb = run ]] && ((command)); then\n"
	       "\t\tkind=\"command\"\n"
	       "\telif [[ $cur = -* && $prev != --socket ]]; then\n"
	       "\t\tkind=words words=$options\n\tfi\n"
	       "\tcase $kind in\n"
	       "\twords) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\") ;;\n"
	       "\tfile) mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	       "\t\tcompopt -o filenames ;;\n"
	       "\tdirectory) mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")\n"
	       "\t\tcompopt -o filenames ;;\n"
	       "\tcontainer)\n"
	       "\t\twords=$(deputyctl \"${socket[@]}\" list 2>/dev/null |\n"
	       "\t\t\t" IDS ")\n"
	       "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\") ;;\n"
	       "\tcommand)\n"
	       "\t\tif ((command == 0 || command == COMP_CWORD)); then\n"
	       "\t\t\tmapfile -t COMPREPLY < <(compgen -c -- \"$cur\")\n"
	       "\t\telif declare -F _command_offset >/dev/null; then\n"
	       "\t\t\t_command_offset \"$command\"\n"
	       "\t\telse\n"
	       "\t\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	       "\t\t\tcompopt -o filenames\n\t\tfi ;;\n"
	       "\tesac\n}\ncomplete -F _deputyctl deputyctl\n");
}

/* -- zsh ---------------------------------------------------------------------------- */

#define ZSH_APOSTROPHE "'\\''"

static void put_zsh_pair(const char *name, const char *help)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "%s", help);
	printf("\t\t\t");
	putchar('\'');
	printf("%s:'", name);
	put_quoted(text, ":", ZSH_APOSTROPHE);
	putchar('\n');
}

static void put_zsh_options(unsigned bits)
{
	char name[64];

	printf("\t\toptions=(\n");
	for (int i = 0; i < CTL_OPTIONS; i++) {
		if (!(bits & 1U << i))
			continue;
		(void)snprintf(name, sizeof(name), "--%s", verb_options[i].name);
		put_zsh_pair(name, verb_options[i].help);
	}
	printf("\t\t)\n");
}

static void put_zsh_values(void)
{
	printf("\tcase $prev in\n\t");
	(void)put_patterns(is_file);
	printf(") _files; return ;;\n\t");
	(void)put_patterns(is_directory);
	printf(") _files -/; return ;;\n\t");
	(void)put_patterns(is_text);
	printf(") _message value; return 1 ;;\n");
	for (int i = 0; i < CTL_OPTIONS; i++) {
		if (verb_options[i].kind != WORD_CHOICE)
			continue;
		printf("\t");
		put_option(&verb_options[i], "|");
		printf(") compadd -- %s; return ;;\n", verb_options[i].choices);
	}
	printf("\tesac\n");
}

static void put_zsh_verbs(void)
{
	size_t bytes;
	char name[64];

	printf("\t''|help)\n");
	put_zsh_options(OPTIONS_GLOBAL);
	printf("\t\tlist=(\n");
	for (size_t i = 0; i < n_verbs; i++) {
		if (!is_first_of_its_word(i, &bytes))
			continue;
		(void)snprintf(name, sizeof(name), "%.*s", (int)bytes,
			       verbs[i].name);
		put_zsh_pair(name, verbs[i].name[bytes] ?
					   GROUP_SUMMARY :
					   verbs[i].summary);
	}
	printf("\t\t) kinds=(verb) ;;\n\tpolicy|'help policy')\n");
	put_zsh_options(OPTION_BIT(HELP));
	printf("\t\tlist=(\n");
	for (size_t i = 0; i < n_verbs; i++)
		if (verb_is_of_group(&verbs[i], "policy", strlen("policy")))
			put_zsh_pair(verbs[i].name + strlen("policy "),
				     verbs[i].summary);
	printf("\t\t) kinds=(verb) ;;\n");
	for (size_t i = 0; i < n_verbs; i++) {
		if (!verbs[i].run)
			continue;
		printf("\t'%s')\n", verbs[i].name);
		put_zsh_options(shown(&verbs[i]));
		printf("\t\tkinds=(");
		for (int k = 0; k < VERB_WORDS_MAX; k++)
			if (verbs[i].words[k])
				printf("%s%s", k ? " " : "",
				       kinds[verbs[i].words[k]]);
		printf(") ;;\n");
	}
}

static void print_zsh(void)
{
	printf("#compdef deputyctl\n"
	       "# deputyctl(1) completion for zsh. Made by \"deputyctl completion "
	       "zsh\".\n"
	       "_deputyctl()\n{\n"
	       "\tlocal verb='' prev=${words[CURRENT-1]} i n=0 command=0\n"
	       "\tlocal -a list options kinds socket ids\n\n"
	       "\tif [[ ${words[CURRENT]} = --*=* ]]; then\n"
	       "\t\tprev=${words[CURRENT]%%%%=*}\n"
	       "\t\tcompset -P '*='\n\tfi\n"
	       "\tfor ((i = 2; i < CURRENT - 1; i++)); do\n"
	       "\t\tcase ${words[i]} in\n"
	       "\t\t-s|--socket) socket=(--socket \"${words[i+1]}\") ;;\n"
	       "\t\t--|run) break ;;\n\t\tesac\n\tdone\n");
	put_find_verb("words", 2, "CURRENT");
	printf("\tif [[ $verb = run ]] && ((command)); then\n"
	       "\t\tif ((command == CURRENT)); then\n"
	       "\t\t\t_command_names -e\n\t\telse\n"
	       "\t\t\tshift $((command - 1)) words\n"
	       "\t\t\tCURRENT=$((CURRENT - command + 1))\n"
	       "\t\t\t_normal\n\t\tfi\n\t\treturn\n\tfi\n");
	put_zsh_values();
	printf("\tcase $verb in\n");
	put_zsh_verbs();
	printf("\tesac\n"
	       "\tif [[ ${words[CURRENT]} = -* ]]; then\n"
	       "\t\t_describe -o option options\n\t\treturn\n\tfi\n"
	       "\tcase ${kinds[n+1]:-} in\n"
	       "\tverb) _describe verb list ;;\n"
	       "\tfile) _files ;;\n"
	       "\tdirectory) _files -/ ;;\n"
	       "\tcommand) _command_names -e ;;\n"
	       "\tcontainer)\n"
	       "\t\tids=(${(f)\"$(deputyctl $socket list 2>/dev/null |\n"
	       "\t\t\t" IDS ")\"})\n"
	       "\t\tcompadd -- $ids ;;\n"
	       "\tesac\n}\n"
	       "if [[ ${funcstack[1]:-} = _deputyctl ]]; then\n"
	       "\t_deputyctl \"$@\"\nelse\n\tcompdef _deputyctl deputyctl\nfi\n");
}

/* -- fish --------------------------------------------------------------------------- */

static void put_fish_help(const char *help)
{
	printf(" -d ");
	put_quoted(help, "\\", "\\'");
	putchar('\n');
}

static void put_fish_option(int i, const char *when)
{
	const struct verb_option *o = &verb_options[i];

	printf("complete -c deputyctl -n %s -l %s", when, o->name);
	if (o->letter)
		printf(" -s %c", o->letter);
	if (!o->argument)
		;
	else if (o->kind == WORD_FILE)
		printf(" -r -F");
	else if (o->kind == WORD_DIRECTORY)
		printf(" -x -a '(__fish_complete_directories)'");
	else if (o->kind == WORD_CHOICE)
		printf(" -x -a '%s'", o->choices);
	else
		printf(" -x");
	put_fish_help(o->help);
}

static void put_fish_verb(const struct verb *v)
{
	static const char *const offers[] = {
		[WORD_FILE] = "-F",
		[WORD_DIRECTORY] = "-a '(__fish_complete_directories)'",
		[WORD_CONTAINER] = "-a '(__deputyctl_ids)'",
		[WORD_COMMAND] = "-a '(__deputyctl_command)'",
	};
	char when[128];

	(void)snprintf(when, sizeof(when), "\"__deputyctl_verb '%s'\"", v->name);
	for (int i = 0; i < CTL_OPTIONS; i++)
		if (shown(v) & 1U << i)
			put_fish_option(i, when);
	for (int i = 0; i < VERB_WORDS_MAX; i++) {
		if (!v->words[i])
			continue;
		printf("complete -c deputyctl -n \"__deputyctl_verb '%s'", v->name);
		if (v->words[i] != WORD_COMMAND)
			printf(" %d", i);
		printf("\" %s\n", offers[v->words[i]]);
	}
}

static const char fish_functions[] =
	"# The verb before the cursor, and how many arguments are.\n"
	"function __deputyctl_words\n"
	"	set -l skip 0\n"
	"	set -l verb ''\n"
	"	set -l n 0\n"
	"	for word in (commandline -opc)[2..-1]\n"
	"		if test $skip = 1\n"
	"			set skip 0\n"
	"		else if contains -- $word $__deputyctl_valued\n"
	"			set skip 1\n"
	"		else if string match -q -- '-*' $word\n"
	"		else if test -z \"$verb\"\n"
	"			set verb $word\n"
	"		else if contains -- $verb policy help 'help policy'\n"
	"			set verb \"$verb $word\"\n"
	"		else\n"
	"			set n (math $n + 1)\n"
	"		end\n"
	"	end\n"
	"	echo \"$verb\"\n"
	"	echo $n\n"
	"end\n"
	"# VERB [N]: is that the verb, with so many arguments before the cursor?\n"
	"function __deputyctl_verb\n"
	"	set -l now (__deputyctl_words)\n"
	"	test \"$now[1]\" = \"$argv[1]\"; or return 1\n"
	"	test -z \"$argv[2]\"; or test \"$now[2]\" = \"$argv[2]\"\n"
	"end\n"
	"# Behind \"run\" and its options: a command line of its own.\n"
	"function __deputyctl_command\n"
	"	set -l words (commandline -opc)\n"
	"	set -l i (contains -i -- run $words); or return\n"
	"	set -l rest\n"
	"	set -l skip 0\n"
	"	for word in $words[(math $i + 1)..-1]\n"
	"		if test -n \"$rest\"\n"
	"			set -a rest (string escape -- $word)\n"
	"		else if test $skip = 1\n"
	"			set skip 0\n"
	"		else if contains -- $word $__deputyctl_valued\n"
	"			set skip 1\n"
	"		else if not string match -q -- '-*' $word\n"
	"			set -a rest (string escape -- $word)\n"
	"		end\n"
	"	end\n"
	"	set -a rest (commandline -ct)\n"
	"	string match -q -- '-*' $rest[1]; or complete \"-C$rest\"\n"
	"end\n"
	"function __deputyctl_ids\n"
	"	deputyctl list 2>/dev/null | " IDS "\n"
	"end\n"
	"complete -c deputyctl -f\n";

static void put_fish_words(const struct verb *v, size_t i)
{
	size_t bytes;

	if (verb_is_of_group(v, "policy", strlen("policy"))) {
		printf("complete -c deputyctl -n \"__deputyctl_verb policy; or "
		       "__deputyctl_verb 'help policy'\" -a %s",
		       v->name + strlen("policy "));
		put_fish_help(v->summary);
	}
	if (!is_first_of_its_word(i, &bytes))
		return;
	printf("complete -c deputyctl -n \"__deputyctl_verb ''; or "
	       "__deputyctl_verb help\" -a %.*s", (int)bytes, v->name);
	put_fish_help(v->name[bytes] ? GROUP_SUMMARY : v->summary);
}

static void print_fish(void)
{
	printf("# deputyctl(1) completion for fish. Made by \"deputyctl completion "
	       "fish\".\nset -g __deputyctl_valued");
	for (int i = 0; i < CTL_OPTIONS; i++)
		if (verb_options[i].argument) {
			putchar(' ');
			put_option(&verb_options[i], " ");
		}
	printf("\n%s", fish_functions);
	for (int i = 0; i < CTL_OPTIONS; i++)
		if (OPTIONS_GLOBAL & 1U << i)
			put_fish_option(i, "\"__deputyctl_verb ''\"");
	for (size_t i = 0; i < n_verbs; i++) {
		put_fish_words(&verbs[i], i);
		if (verbs[i].run)
			put_fish_verb(&verbs[i]);
	}
}

int completion_print(const char *shell)
{
	static const struct {
		const char *shell;
		void (*print)(void);
	} shells[] = { { "bash", print_bash },
		       { "zsh", print_zsh },
		       { "fish", print_fish } };

	for (size_t i = 0; i < ARRAY_SIZE(shells); i++) {
		if (strcmp(shells[i].shell, shell) != 0)
			continue;
		shells[i].print();
		return CTL_OK;
	}
	fprintf(stderr, "deputyctl: completion: expected bash, zsh or fish\n");
	return CTL_USAGE;
}
