/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The deputy-worker program that deputyd starts.
 *
 * deputyd opens it once and starts each worker by that fd. So an upgrade that
 * replaces the file under a running deputyd changes nothing for it: its workers
 * are those it came with until it is restarted.
 */

#include <limits.h>

#include "policy/handover_note.h"

struct program {
	const char *path; /* borrowed */
	int fd; /* -1: none was usable yet */
	char note[HANDOVER_NOTE_MAX_BYTES]; /* fd's: release, space, layout */
	char why[PATH_MAX + 256]; /* why the last try failed */
};

/* Opens nothing yet. */
void program_init(struct program *p, const char *path);
void program_done(struct program *p);

/**
 * program_open() - have a program to start
 * A file that was not usable is tried again each time.
 * Return: NULL, or why there is none; valid until the next call
 */
const char *program_open(struct program *p);

/* Takes the file that is at the path now, if it is usable; else keeps the one that
 * is held. For one that does not start or does not serve. */
void program_renew(struct program *p);
