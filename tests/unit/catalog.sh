#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# catalog.sh SOURCE-DIR: every message id has its event and its text: those of
# lib/event.def, of the journal catalog and of the programs are the same.
set -euo pipefail
cd "$1"

failed=0

wrong()
{
	echo "$*"
	failed=1
}

ids=$(sed -n 's/^X(".*", "\([0-9a-f]\{32\}\)")$/\1/p' lib/event.def)
names=$(sed -n 's/^X("\(.*\)", ".*")$/\1/p' lib/event.def)
[ "$(wc -l <<<"$ids")" -eq "$(grep -c '^X(' lib/event.def)" ] ||
	wrong "lib/event.def: a line is no event with an id"
[ "$(sort -u <<<"$ids" | wc -l)" -eq "$(wc -l <<<"$ids")" ] ||
	wrong "lib/event.def: an id stands twice"
diff <(sort <<<"$ids") \
	<(sed -n 's/^-- \([0-9a-f]*\)$/\1/p' systemd/deputy.catalog | sort) ||
	wrong "systemd/deputy.catalog has other ids than lib/event.def"
while read -r name; do
	grep -rqF "\"$name\"" daemon worker ||
		wrong "lib/event.def: no program logs $name"
done <<<"$names"
# A field in a text, but none that programs write?
while read -r field; do
	key=${field,,}
	[ "$key" = error ] || grep -rqF "\"$key\"" daemon worker ||
		wrong "systemd/deputy.catalog: no program logs DEPUTY_$field"
done < <(grep -o '@DEPUTY_[A-Z_]*@' systemd/deputy.catalog |
	sed 's/@DEPUTY_\(.*\)@/\1/' | sort -u)
exit $failed
