// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/verb.h"

static bool set_peer(struct subject *s, const char *value)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(value, &end, 10);
	s->peer = (uid_t)n;
	s->has_peer = true;
	return *value >= '0' && *value <= '9' && !*end && !errno &&
	       n < UINT32_MAX;
}

static bool set_asker(struct subject *s, enum asker_word word, const char *value)
{
	s->has_asker = true;
	return asker_set(&s->asker, word, value) == 0;
}

bool subject_set(struct subject *s, char option, const char *value)
{
	switch (option) {
	case 'p':
		s->policy = value;
		return true;
	case 'a':
		s->arch = value;
		return true;
	case 'm':
		s->metadata = value;
		return true;
	case 'A':
		if (!strchr(value, '=') ||
		    s->n_annotations == SUBJECT_ANNOTATIONS_MAX)
			return false;
		s->annotations[s->n_annotations++] = value;
		return true;
	case 'P':
		return set_peer(s, value);
	case 'u':
		return set_asker(s, ASKER_UID, value);
	case 'g':
		return set_asker(s, ASKER_GID, value);
	case 'c':
		return set_asker(s, ASKER_CAPS, value);
	case 'd':
		return set_asker(s, ASKER_DIR, value);
	default:
		return false;
	}
}
