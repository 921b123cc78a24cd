#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# hardened.sh fortified|- PROGRAM...: each program is position-independent, binds
# all its symbols at the start, then has their table read-only, and has no
# executable stack. "fortified" ones also call libc's checked functions and have
# stack canaries; builds without optimization or with sanitizers don't.
set -euo pipefail

fortified=$1 bad=0
shift

# lacks PROGRAM WHAT
lacks()
{
	echo "${1##*/}: $2"
	bad=1
}

command -v readelf >/dev/null || {
	echo "skipped: no readelf"
	exit 77
}
for program; do
	all=$(LC_ALL=C readelf -hldW --dyn-syms "$program")
	grep -q 'Type: *DYN' <<<"$all" || lacks "$program" "not PIE"
	grep -q 'FLAGS_1.*\<PIE\>' <<<"$all" || lacks "$program" "not linked with -pie"
	grep -q 'FLAGS.*NOW' <<<"$all" || lacks "$program" "no -z now"
	grep -q GNU_RELRO <<<"$all" || lacks "$program" "no -z relro"
	grep -q 'GNU_STACK.* RW ' <<<"$all" || lacks "$program" "an executable stack"
	[ "$fortified" = fortified ] || continue
	grep -q '__[a-z]*printf_chk' <<<"$all" || lacks "$program" "no _FORTIFY_SOURCE"
	grep -q __stack_chk_fail <<<"$all" || lacks "$program" "no stack protector"
done
exit $bad
