/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The version of a deputy-worker, in an ELF note of its program: deputyd reads it
 * (daemon/program.c) before it starts one.
 *
 * The layout decides whether the two can work together: what is handed over, the
 * journal slot and the compiled policy. The release is for messages. A release
 * that changes no layout goes with workers of the one before.
 */

#include "lib/handover.h"
#include "lib/own.h"
#include "lib/slot.h"
#include "policy/layout.h"

#define HANDOVER_LAYOUT                                                        \
	TEXT_OF(HANDOVER_VERSION) "." TEXT_OF(SLOT_VERSION) "." TEXT_OF(ARENA_VERSION)
#define HANDOVER_NOTE_OWNER	"deputy"
#define HANDOVER_NOTE_TYPE	1
#define HANDOVER_NOTE_MAX_BYTES 64 /* of what it says, with the NUL */
/* What it says: release, space, layout. */
#define HANDOVER_NOTE DEPUTY_VERSION " " HANDOVER_LAYOUT

/* elf(5), "Notes"; a program has this once, outside of any function. */
#define HANDOVER_NOTE_EMIT                                                     \
	__asm__(".pushsection .note.deputy, \"a\", %note\n"                    \
		".balign 4\n"                                                  \
		".long 2f - 1f, 4f - 3f, " TEXT_OF(HANDOVER_NOTE_TYPE) "\n"     \
		"1: .asciz \"" HANDOVER_NOTE_OWNER "\"\n"                      \
		"2: .balign 4\n"                                               \
		"3: .asciz \"" HANDOVER_NOTE "\"\n"                            \
		"4: .balign 4\n"                                               \
		".popsection\n")
