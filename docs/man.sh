#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# man.sh SCDOC PAGE.scd PAGE: make a manual page, with two lines that scdoc does not
# write. A page with tables begins with the one that has man(1) run tbl(1) before
# troff. The other keeps the margin ragged: scdoc's own .ad is undone by .TH, and
# troff warns of words that it cannot spread in a narrow cell.
set -eu

"$1" <"$2" >"$3.part"
{
	! grep -q '^\.TS' "$3.part" || printf "'\\\\\" t\n"
	sed '/^\.ad l$/a .ds AD l' "$3.part"
} >"$3"
rm "$3.part"
