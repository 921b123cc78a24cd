#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# fuse.sh BUILD-DIR [RUNTIME...]: the example of deputy-policy(5) as its page
# says, under runc and crun: containers that root starts with one annotation may
# make and open /dev/fuse, no others may.
#
# Exit status 0 good, 1 a failure, 77 this machine can't run them.
# shellcheck disable=SC2016 # expressions in single quotes are for other shells
set -uo pipefail

build=$(cd "${1:?usage: fuse.sh BUILD-DIR [RUNTIME...]}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
shift
[ $# -gt 0 ] || set -- runc crun
# shellcheck source=tests/runtimes/example.sh
. "$here/example.sh"
own_mounts "$0" "$build" "$@"

# Also those that were cut short.
cleanup()
{
	local state mode id

	for state in "${tmp:-/nowhere}"/state.*; do
		[ -d "$state" ] || continue
		mode=${state##*.} BUNDLE_RUNTIME=${state#*state.}
		BUNDLE_RUNTIME=${BUNDLE_RUNTIME%.*}
		for id in $(bundle_runc "$mode" "$state" list -q 2>/dev/null); do
			bundle_runc "$mode" "$state" delete --force "$id"
		done
	done
	end_suite
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# Step 4: what the page adds to config.json.
edit_config() # DIR ANNOTATION PROFILE
{
	python3 - "$1/config.json" "$2" "$3" <<-'END'
		import json, sys
		path, annotation, profile = sys.argv[1:]
		config = json.load(open(path))
		if annotation:
		    key, value = annotation.split("=")
		    config["annotations"] = {key: value}
		if "resources" in config["linux"]:
		    config["linux"]["resources"]["devices"].append(
		        {"allow": True, "type": "c", "major": 10, "minor": 229,
		         "access": "rwm"})
		config["linux"]["seccomp"] = json.load(open(profile))
		json.dump(config, open(path, "w"))
	END
}

# container NAME RUNTIME MODE ANNOTATION PROFILE ANSWERS RECEIVED
container()
{
	local dir=$tmp/$1.$2 runtime=$2 mode=$3 out before id

	before=$(example_received)
	bundle_new "$dir" "$mode" "$tmp/oci.sock" "" "$probe"
	bundle_command "$dir" <<-'END'
		probe mknod /t/null c 1:3 0600
		probe mknod /t/fuse c 10:229 0600
		[ -c /t/fuse ] && (exec 3<>/t/fuse) && echo opens
		busybox mknod /t/again c 10 229 && echo again
		probe mknod /t/sda b 8:0 0600
	END
	edit_config "$dir" "$4" "$5"
	out=$(BUNDLE_RUNTIME=$runtime timeout -k 5 60 "$BASH" -c \
		'. "$1"; shift; bundle_runc "$@"' bash "$here/bundle.sh" \
		"$mode" "$tmp/state.$runtime.$mode" run -b "$dir" \
		"$1.$runtime.$$" 2>"$dir/stderr" </dev/null)
	is "$6" "${out//$'\n'/ }" "answers"
	[ "$7" = any ] || is "$7" $(($(example_received) - before)) "calls asked about"
	read -r id _ < <(bundle_ids "$mode")
	if [[ $6 == *opens* ]]; then
		is "character special file a:e5 $id:$id 600" \
			"$(stat -c '%F %t:%T %u:%g %a' "$dir/rootfs/t/fuse" 2>&1)" \
			"the node"
	else
		[ -e "$dir/rootfs/t/fuse" ] && wrong "the node was made"
		[ -e "$dir/rootfs/t/again" ] && wrong "the second node was made"
	fi
	[ -e "$dir/rootfs/t/sda" ] && wrong "the block device was made"
	[ $case_failed = 0 ] || sed 's/^/    stderr: /' "$dir/stderr"
	verdict "$1 ($runtime, $mode)"
}

# Of the last two columns: what the container was told, and of how many of its
# calls deputy was asked.
with_runtime()
{
	local fuse=$tmp/fuse.json plain=$tmp/plain.json
	local yes=io.deputy.policy=fuse no="ok EPERM EPERM"

	container annotated "$1" userns $yes "$fuse" "ok ok opens again EPERM" 3
	container unannotated "$1" userns "" "$fuse" "$no" 3
	container other_value "$1" userns io.deputy.policy=fuse2 "$fuse" "$no" 3
	container other_key "$1" userns io.deputy.policies=fuse "$fuse" "$no" 3
	container other_user "$1" rootless $yes "$fuse" "$no" 3
	# A block device, too, is one that plain is asked about.
	container plain "$1" userns "" "$plain" "$no" 2
	container plain_annotated "$1" userns $yes "$plain" "$no" 2
}

example_need "$@"
# shellcheck disable=SC2119 # no options
example_start
for runtime; do
	with_runtime "$runtime"
done
summary
