# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Sourced by fuse.sh and podman.sh: the example of deputy-policy(5), which lets
# containers of one annotation make /dev/fuse, followed step by step. What the
# page says is read out of the page.
# shellcheck disable=SC2154 # here is the caller's

# shellcheck source=tests/runtimes/suite.sh
. "$here/suite.sh"

example_page=$here/../../docs/deputy-policy.5.scd

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

# example_need PROGRAM...: makes $tmp, with the probe in it, or ends the test where
# this machine lacks something.
example_need()
{
	local why program

	why=$(why_no_runc)
	for program; do
		command -v "$program" >/dev/null || why="no $program"
	done
	make_scratch "$why"
	mknod "$tmp/fuse" c 10 229 || exit 1
	(exec 3<>"$tmp/fuse") 2>/dev/null || {
		echo "skipped: no fuse in this kernel"
		exit 77
	}
	compile_probes
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

# example_profile NAME OPTION...: the command of the page, but for the socket.
example_profile()
{
	ctl policy profile "$tmp/policy.json" --policy "$1" \
		--listener "$tmp/oci.sock" "${@:2}" >"$tmp/$1.json" || exit 1
}

# example_start OPTION...: steps 1 to 3, in $tmp; options for the profiles.
example_start()
{
	example_policy >"$tmp/policy.json" || exit 1
	ctl policy check "$tmp/policy.json" || exit 1
	example_profile fuse "$@"
	example_profile plain "$@"
	start_daemon --policy "$tmp/policy.json"
}

# How many calls deputy was asked about so far.
example_received()
{
	ctl --json status | json 'r["counters"]["received"]'
}
