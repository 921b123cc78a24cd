// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * /proc/TID/status.  What is accepted is written again as the kernel does, with
 * the input's first line as the thread's name: it reads alike, whatever the name.
 */
#include <errno.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "worker/status.h"

#define NAME_MAX_BYTES 15 /* TASK_COMM_LEN without its NUL */

/* fs/proc/array.c proc_task_name() */
static void write_name(const char *text, FILE *out)
{
	(void)fputs("Name:\t", out);
	for (int i = 0; i < NAME_MAX_BYTES && text[i]; i++)
		if (text[i] == '\n')
			(void)fputs("\\n", out);
		else if (text[i] == '\\')
			(void)fputs("\\\\", out);
		else
			(void)fputc(text[i], out);
	(void)fputc('\n', out);
}

static void write_ids(const char *key, const uint32_t ids[CALLER_IDS], FILE *out)
{
	(void)fprintf(out, "%s:\t%u\t%u\t%u\t%u\n", key, ids[REAL],
		      ids[EFFECTIVE], ids[SAVED], ids[FS]);
}

static char *write_again(const struct caller *c, const char *name)
{
	char *text = NULL;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);

	FUZZ_ASSERT(out);
	write_name(name, out);
	(void)fprintf(out, "Umask:\t%04o\nState:\tS (sleeping)\n", c->umask);
	(void)fprintf(out, "Tgid:\t%d\n", c->tgid);
	write_ids("Uid", c->uid, out);
	write_ids("Gid", c->gid, out);
	(void)fputs("Groups:\t", out);
	for (unsigned i = 0; i < c->n_groups; i++)
		(void)fprintf(out, "%u ", c->groups[i]);
	(void)fputs("\nNSpid:", out);
	for (unsigned i = 0; i < c->n_tids; i++)
		(void)fprintf(out, "\t%d", c->tids[i]);
	(void)fprintf(out, "\nCapEff:\t%016llx\nCapBnd:\t%016llx\n",
		      (unsigned long long)c->caps, ~0ULL);
	FUZZ_ASSERT(fclose(out) == 0);
	return text;
}

static void check(const struct caller *a, const char *name)
{
	static struct caller b;
	pid_t tids[CALLER_PIDNS_MAX];
	char *text = write_again(a, name);

	FUZZ_ASSERT(a->n_groups <= CALLER_GROUPS_MAX);
	FUZZ_ASSERT(a->n_tids <= CALLER_PIDNS_MAX);
	FUZZ_ASSERT(status_parse(text, &b) == CALLER_OK);
	FUZZ_ASSERT(a->umask == b.umask && a->caps == b.caps && a->tgid == b.tgid);
	FUZZ_ASSERT(memcmp(a->uid, b.uid, sizeof(a->uid)) == 0);
	FUZZ_ASSERT(memcmp(a->gid, b.gid, sizeof(a->gid)) == 0);
	FUZZ_ASSERT(a->n_groups == b.n_groups && a->n_tids == b.n_tids);
	FUZZ_ASSERT(memcmp(a->groups, b.groups,
			   a->n_groups * sizeof(*a->groups)) == 0);
	FUZZ_ASSERT(memcmp(a->tids, b.tids, a->n_tids * sizeof(*a->tids)) == 0);
	FUZZ_ASSERT(status_tids(text, tids) == a->n_tids);
	FUZZ_ASSERT(memcmp(a->tids, tids, a->n_tids * sizeof(*tids)) == 0);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct caller c;
	pid_t tids[CALLER_PIDNS_MAX];
	char *text = strndup((const char *)data, size);
	int r;

	FUZZ_ASSERT(text);
	r = status_parse(text, &c);
	FUZZ_ASSERT(r == CALLER_OK || r == CALLER_GONE || r == CALLER_UNKNOWN ||
		    r == -EPROTO);
	FUZZ_ASSERT(status_tids(text, tids) <= CALLER_PIDNS_MAX);
	if (r == CALLER_UNKNOWN)
		FUZZ_ASSERT(c.n_groups == CALLER_GROUPS_MAX);
	if (r == CALLER_OK)
		check(&c, text);
	free(text);
	return 0;
}
