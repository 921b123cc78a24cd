// SPDX-License-Identifier: LGPL-2.1-or-later
#include "worker/status.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int parse_ids(const char *s, uint32_t ids[CALLER_IDS])
{
	char *end;

	for (int i = 0; i < CALLER_IDS; i++, s = end) {
		ids[i] = (uint32_t)strtoul(s, &end, 10);
		if (end == s)
			return -EPROTO;
	}
	return CALLER_OK;
}

static int parse_groups(const char *s, struct caller *c)
{
	for (;;) {
		char *end;
		gid_t gid;

		while (*s == ' ' || *s == '\t')
			s++;
		if (*s == '\n' || *s == '\0')
			return CALLER_OK;
		gid = (gid_t)strtoul(s, &end, 10);
		if (end == s)
			return -EPROTO;
		if (c->n_groups == CALLER_GROUPS_MAX)
			return CALLER_UNKNOWN;
		c->groups[c->n_groups++] = gid;
		s = end;
	}
}

/* A line of numbers. Return: how many there are */
static unsigned parse_numbers(const char *s, pid_t numbers[CALLER_PIDNS_MAX])
{
	unsigned n = 0;
	char *end;

	for (; n < CALLER_PIDNS_MAX; s = end, n++) {
		while (*s == ' ' || *s == '\t')
			s++;
		numbers[n] = (pid_t)strtol(s, &end, 10);
		if (*s == '\n' || end == s)
			break;
	}
	return n;
}

enum {
	SEEN_UMASK = 1,
	SEEN_UID = 2,
	SEEN_GID = 4,
	SEEN_GROUPS = 8,
	SEEN_CAPS = 16,
	SEEN_ALL = 31
};

static int parse_line(const char *line, struct caller *c, unsigned *seen)
{
	if (strncmp(line, "Umask:", 6) == 0) {
		*seen |= SEEN_UMASK;
		c->umask = (mode_t)strtoul(line + 6, NULL, 8);
	} else if (strncmp(line, "Uid:", 4) == 0) {
		*seen |= SEEN_UID;
		return parse_ids(line + 4, c->uid);
	} else if (strncmp(line, "Gid:", 4) == 0) {
		*seen |= SEEN_GID;
		return parse_ids(line + 4, c->gid);
	} else if (strncmp(line, "Groups:", 7) == 0) {
		*seen |= SEEN_GROUPS;
		return parse_groups(line + 7, c);
	} else if (strncmp(line, "Tgid:", 5) == 0) {
		c->tgid = (pid_t)strtol(line + 5, NULL, 10);
	} else if (strncmp(line, "NSpid:", 6) == 0) {
		c->n_tids = parse_numbers(line + 6, c->tids);
	} else if (strncmp(line, "CapEff:", 7) == 0) {
		*seen |= SEEN_CAPS;
		c->caps = strtoull(line + 7, NULL, 16);
	}
	return CALLER_OK;
}

int status_parse(const char *text, struct caller *c)
{
	unsigned seen = 0;

	c->n_groups = c->n_tids = 0;
	for (const char *line = strchr(text, '\n'); line && seen != SEEN_ALL;
	     line = strchr(line, '\n')) {
		int r = parse_line(++line, c, &seen);

		if (r != CALLER_OK)
			return r;
	}
	/* A thread on its way out has no umask any more. */
	return seen == SEEN_ALL ? CALLER_OK : CALLER_GONE;
}

unsigned status_tids(const char *text, pid_t ret[CALLER_PIDNS_MAX])
{
	const char *line = strstr(text, "\nNSpid:");

	return line ? parse_numbers(line + 7, ret) : 0;
}
