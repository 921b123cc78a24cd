# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034 # its variables are looked at by the caller
# Sourced by the runtime tests: how a case says what it finds. The caller sets
# case_failed to 0 before each case.

wrong()
{
	echo "    $*"
	case_failed=1
}

# is WANT GOT WHAT
is()
{
	[ "$1" = "$2" ] || wrong "$3: wanted \"$1\", got \"$2\""
}

# until_true SECONDS COMMAND...: poll, for what happens in other processes.
until_true()
{
	local end=$((SECONDS + $1))
	shift

	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		read -rt 0.02 <> <(:) || :
	done
}
