# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034 # its variables are looked at by the caller
# Sourced by tests: how a case says what it finds, and is counted in passed, failed
# and skipped, which are the caller's.

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

# has TEXT PART WHAT
has()
{
	[[ $1 == *"$2"* ]] || wrong "$3: no \"$2\" in \"$1\""
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

# run_case NAME [MODE]: case_NAME, which is told its mode.
run_case()
{
	local what=$1${2:+ ($2)}
	case_failed=0 skip_reason=''

	"case_$1" "${2:-}"
	if [ -n "$skip_reason" ]; then
		echo "skipped: $what: $skip_reason"
		skipped=$((skipped + 1))
	elif [ $case_failed = 0 ]; then
		echo "ok      $what"
		passed=$((passed + 1))
	else
		echo "FAILED  $what"
		failed=$((failed + 1))
	fi
}
