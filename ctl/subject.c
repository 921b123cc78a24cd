// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/verb.h"

bool subject_set(struct subject *s, char option, const char *value)
{
	char *end;
	unsigned long n;

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
	case 'u':
		errno = 0;
		n = strtoul(value, &end, 10);
		s->uid = (uid_t)n;
		s->has_uid = true;
		return *value >= '0' && *value <= '9' && !*end && !errno &&
		       n < UINT32_MAX;
	default:
		return false;
	}
}
