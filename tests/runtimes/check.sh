# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034 # its variables are looked at by the caller
# Sourced by the runtime tests: how a case says what it finds. The caller sets
# case_failed to 0 and skip_reason to nothing before each case.

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

skip()
{
	skip_reason=$*
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

# json EXPRESSION: of a reply on standard input, by python's rules.
json()
{
	python3 -c "import json, sys; r = json.load(sys.stdin); print($1)"
}

# node PATH: type, rdev, owner and mode as the host sees them.
node()
{
	stat -c '%F %t:%T %u:%g %a' "$1" 2>&1
}

attr()
{
	getfattr --absolute-names --only-values -n "$2" "$1" 2>/dev/null
}
