#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# docs.sh PROGRAM PAGE.scd: each option and verb of --help stands in the man page
# and the reverse.
set -eu

program=$1 page=$2
help=${HELP:---help}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Options: in the help at the start of a line, in the page a term in bold.
"$program" "$help" >"$dir/help"
grep -E '^ +-' "$dir/help" | sed -E 's/  +[^ -].*//' |
	grep -oE -- '--?[A-Za-z][a-z-]*' | sort -u >"$dir/help.options"
grep -E '^\*-' "$page" |
	grep -oE -- '--?[A-Za-z][a-z-]*' | sort -u >"$dir/page.options"

# Verbs: in lower case, arguments in upper case.
sed -n '/^Verbs:/,/^$/p' "$dir/help" | grep -E '^  [a-z]' |
	sed -E 's/^  //; s/  .*//; s/ (-- |\[)?[A-Z].*//' | sort >"$dir/help.verbs"
sed -n '/^# VERBS/,/^# OPTIONS/p' "$page" | grep -E '^\*[a-z]' |
	sed -E 's/^\*([^*]*)\*.*/\1/' | sort >"$dir/page.verbs"

[ -s "$dir/help.options" ] || { echo "no option found in --help"; exit 1; }
diff -u "$dir/help.options" "$dir/page.options"
diff -u "$dir/help.verbs" "$dir/page.verbs"
