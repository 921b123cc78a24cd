#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# man.sh SCDOC PAGE.scd PAGE: make a manual page. A page with tables begins with
# the line that has man(1) run tbl(1) before troff; scdoc does not write it.
set -eu

"$1" <"$2" >"$3.part"
if grep -q '^\.TS' "$3.part"; then
	printf "'\\\\\" t\n" | cat - "$3.part" >"$3"
	rm "$3.part"
else
	mv "$3.part" "$3"
fi
