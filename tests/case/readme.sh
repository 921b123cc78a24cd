#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# readme.sh DEPUTYCTL README: the policy that newcomers are shown is good, and does
# what the words below it say.
set -eu

deputyctl=$1 readme=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

awk '/^```/ { inside = /json/; next } inside' "$readme" >"$dir/policy.json"
said=$("$deputyctl" policy check "$dir/policy.json" 2>&1)
[ "$said" = "$dir/policy.json: good, 1 policy" ] || {
	echo "the README's policy: $said"
	exit 1
}
cat >"$dir/cases" <<'END'
peer_uid=0 emulate   mknodat(AT_FDCWD, "/n", S_IFCHR|0666, 1:3)
peer_uid=0 emulate   mknodat(AT_FDCWD, "/n", S_IFCHR|0666, 10:229)
peer_uid=0 continue  mknodat(AT_FDCWD, "/n", S_IFCHR|0666, 10:200)
peer_uid=0 continue  mknodat(AT_FDCWD, "/n", S_IFBLK|0666, 8:0)
END
"$deputyctl" policy test "$dir/policy.json" "$dir/cases"
