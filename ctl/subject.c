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

bool subject_set(struct subject *s, enum ctl_option option, const char *value)
{
	switch (option) {
	case CTL_POLICY:
		s->policy = value;
		return true;
	case CTL_ARCH:
		s->arch = value;
		return true;
	case CTL_METADATA:
		s->metadata = value;
		return true;
	case CTL_ANNOTATION:
		if (!strchr(value, '=') ||
		    s->n_annotations == SUBJECT_ANNOTATIONS_MAX)
			return false;
		s->annotations[s->n_annotations++] = value;
		return true;
	case CTL_PEER_UID:
		return set_peer(s, value);
	case CTL_UID:
		return asker_set(&s->asker, ASKER_UID, value) == 0;
	case CTL_GID:
		return asker_set(&s->asker, ASKER_GID, value) == 0;
	case CTL_CAP:
		return asker_set(&s->asker, ASKER_CAPS, value) == 0;
	case CTL_DIRECTORY:
		return asker_set(&s->asker, ASKER_DIR, value) == 0;
	default:
		return true;
	}
}
