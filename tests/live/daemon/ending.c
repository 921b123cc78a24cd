// SPDX-License-Identifier: LGPL-2.1-or-later
/* A worker that starts and never serves. */
#include "policy/handover_note.h"

HANDOVER_NOTE_EMIT;

int main(void)
{
	return 1;
}
