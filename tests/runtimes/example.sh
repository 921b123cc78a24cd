# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Sourced by fuse.sh and podman.sh: the example of deputy-policy(5), which lets
# containers of one annotation make /dev/fuse, followed step by step. What the
# page says is read out of the page.

# shellcheck source=tests/runtimes/check.sh
. "$(dirname "${BASH_SOURCE[0]}")/check.sh"

example_page=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/docs/deputy-policy.5.scd
tmp='' daemon='' case_failed=0 failed=0 passed=0

# verdict NAME: of all that was said since the last one.
verdict()
{
	if [ $case_failed = 0 ]; then
		echo "ok      $1"
		passed=$((passed + 1))
	else
		echo "FAILED  $1"
		failed=$((failed + 1))
	fi
	case_failed=0
}

example_end()
{
	[ -n "$daemon" ] && kill "$daemon" 2>/dev/null && wait "$daemon"
	[ -n "$tmp" ] && rm -rf "$tmp"
}

# example_need PROGRAM...: makes $tmp, with the probe in it, or ends the test where
# this machine lacks something.
example_need()
{
	local why program

	why=$(why_no_runc)
	for program; do
		command -v "$program" >/dev/null || why="no $program"
	done
	[ -n "$why" ] || tmp=$(scratch_dir) ||
		why="no directory where device nodes open"
	[ -n "$why" ] || mknod "$tmp/fuse" c 10 229 || why="no mknod"
	[ -n "$why" ] || (exec 3<>"$tmp/fuse") 2>/dev/null ||
		why="no fuse in this kernel"
	[ -z "$why" ] || {
		echo "skipped: $why"
		exit 77
	}
	${CC:-gcc} -O2 -static -D_GNU_SOURCE -o "$tmp/probe" \
		"$(dirname "${BASH_SOURCE[0]}")/probe.c" || exit 1
}

# The page's policy: the one file in it about fuse.
example_policy()
{
	python3 - "$example_page" <<-'END'
		import re, sys
		page = open(sys.argv[1], encoding="utf-8").read()
		example = page[page.index("\n# EXAMPLE"):]
		files = [b for b in re.findall(r"^```\n(.*?)^```$", example,
		                               re.M | re.S) if '"version"' in b]
		assert len(files) == 1, "one file was expected"
		print(files[0])
	END
}

# example_profile BUILD NAME OPTION...: the command of the page, but for the socket.
example_profile()
{
	"$1/ctl/deputyctl" policy profile "$tmp/policy.json" --policy "$2" \
		--listener "$tmp/oci.sock" "${@:3}" >"$tmp/$2.json" || exit 1
}

# example_start BUILD OPTION...: steps 1 to 3, in $tmp; options for the profiles.
example_start()
{
	local build=$1

	example_ctl=$build/ctl/deputyctl
	example_policy >"$tmp/policy.json" || exit 1
	"$build/ctl/deputyctl" policy check "$tmp/policy.json" || exit 1
	example_profile "$build" fuse "${@:2}"
	example_profile "$build" plain "${@:2}"
	"$build/daemon/deputyd" --policy "$tmp/policy.json" \
		--oci-socket "$tmp/oci.sock" --oci-socket-mode 0666 \
		--control-socket "$tmp/control.sock" \
		--worker "$build/worker/deputy-worker" >"$tmp/deputyd.log" 2>&1 &
	daemon=$!
	until_true 10 test -S "$tmp/control.sock" || {
		cat "$tmp/deputyd.log"
		echo "deputyd did not start"
		exit 1
	}
}

# How many calls deputy was asked about so far.
example_received()
{
	"$example_ctl" --socket "$tmp/control.sock" --json status |
		python3 -c 'import json, sys
print(json.load(sys.stdin)["counters"]["received"])'
}

# example_summary: the exit status of the test.
example_summary()
{
	kill "$daemon" && wait "$daemon"
	is 0 $? "deputyd's exit status"
	daemon=''
	[ $case_failed = 0 ] || failed=$((failed + 1))
	[ $failed = 0 ] || tail -n 40 "$tmp/deputyd.log"
	echo "$passed passed, $failed failed"
	[ $failed = 0 ]
}
