#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# many.sh BUILD-DIR [IN-A-ROW [AT-ONCE]]: so many containers one after another
# (1000), then so many at once (50), of runc, crun, LXC and "deputyctl run" in
# turn; each has a device node made. Whatever deputyd, the runtimes or the kernel
# keep of them is counted before and after: it must be the same.
#
# Exit status 0 good, 1 a failure, 77 this machine can't run them.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:?usage: many.sh BUILD-DIR [IN-A-ROW [AT-ONCE]]}" && pwd)
in_a_row=${2:-1000} at_once=${3:-50}
# shellcheck source=tests/runtimes/suite.sh
. "$here/suite.sh"
own_mounts "$0" "$build" "$in_a_row" "$at_once"

ways=(runc crun lxc run)
mark=deputy-many-$$ # in the name of each container

cleanup()
{
	end_suite
	# crun makes directories where the second hierarchy was before.
	rm -rf /sys/fs/cgroup/unified/"$mark".* 2>/dev/null
}
trap cleanup EXIT
trap 'exit 1' INT TERM

write_policy()
{
	cat >"$tmp/policy.json" <<-'END'
	{ "version": 1,
	  "policies": { "many": { "default": "continue", "rules": [
	    { "syscalls": ["@mknod"], "action": "emulate",
	      "match": { "type": "char", "device": ["@safe"] } } ] } },
	  "bindings": [ { "policy": "many", "when": {} } ] }
	END
}

# -- one container: its node is $tmp/nodes/NUMBER, told "ok" by itself --------------

new_rootfs()
{
	local root=$tmp/$1/rootfs

	bundle_rootfs "$root" "$probe"
	chown -R "$BUNDLE_FIRST_ID:$BUNDLE_FIRST_ID" "$root"
}

prepare_oci()
{
	new_rootfs "$1"
	bundle_config userns "$tmp/oci.sock" many >"$tmp/$1/config.json"
	sed -i 's|"args": .*|"args": ["/bin/probe", "mknod", "/t/NUMBER", "c", "1:3", "0600"],|' \
		"$tmp/$1/config.json"
}

# A bundle's config.json names its container's number: a bundle each.
start_oci()
{
	local dir=$tmp/$1.$2

	mkdir -p "$dir"
	ln -s "$tmp/$1/rootfs" "$dir/rootfs"
	sed "s/NUMBER/$2/; s|\"path\": \"rootfs\"|\"path\": \"$tmp/$1/rootfs\"|" \
		"$tmp/$1/config.json" >"$dir/config.json"
	"$1" --root "$tmp/state.$1" run -b "$dir" "$mark.$2"
	rm -r "$dir"
}

start_runc()
{
	start_oci runc "$1"
}

start_crun()
{
	start_oci crun "$1"
}

prepare_lxc()
{
	new_rootfs lxc
	mkdir -p "$tmp/lxc/containers"
	bundle_lxc "$tmp/lxc" "$tmp/lxc.sock"
}

start_lxc()
{
	bundle_lxc_run execute -n "$mark.$1" \
		-P "$tmp/lxc/containers" -f "$tmp/lxc/config" -- \
		/bin/probe mknod "/t/$1" c 1:3 0600
}

start_run()
{
	ctl --listener "$tmp/oci.sock" --file "$tmp/policy.json" \
		--policy many run -- unshare -Ur "$probe" mknod \
		"$tmp/run/rootfs/t/$1" c 1:3 0600
}

way_of()
{
	echo "${ways[$(($1 % ${#ways[@]}))]}"
}

start()
{
	"start_$(way_of "$1")" "$1" </dev/null 2>"$tmp/err.$1"
}

# check NUMBER ANSWER: from outside; and its node goes
check()
{
	local way node
	way=$(way_of "$1")
	node=$tmp/$way/rootfs/t/$1

	is ok "$2" "$way $1: $(cat "$tmp/err.$1")"
	is "character special file 1:3" "$(stat -c '%F %t:%T' "$node" 2>&1)" \
		"$way $1"
	rm -f "$node" "$tmp/err.$1"
}

# -- what there is ---------------------------------------------------------------------

# What containers leave behind where something is wrong, a number each.
count()
{
	echo "fds of deputyd: $(daemon_fds)"
	echo "processes of deputyd: $(worker_pids | wc -w)"
	echo "listeners: $(ctl --json status | json 'r["listeners"]')"
	echo "mounts: $(wc -l </proc/self/mountinfo)"
	echo "mounts of deputyd: $(wc -l <"/proc/$daemon/mountinfo")"
	echo "cgroups: $(find /sys/fs/cgroup \( -fstype cgroup -o -fstype cgroup2 \) \
		-type d -path "*$mark.*" | wc -l)"
	echo "states of runtimes: $(find "$tmp"/state.* "$tmp/lxc/containers" \
		-mindepth 1 2>/dev/null | wc -l)"
	echo "files: $(find "$tmp" -path "$tmp/lxc/containers" -prune -o -print |
		wc -l)"
}

same_as_before()
{
	count >"$tmp/now"
	cmp -s "$tmp/before" "$tmp/now"
}

nothing_left()
{
	until_true 30 same_as_before && return
	diff "$tmp/before" "$tmp/now"
	wrong "$1 left something behind"
}

# Its own: what it shares counts less where others share it, too.
memory()
{
	awk '/^Pss_Anon:/ { print $2 }' "/proc/$daemon/smaps_rollup"
}

run_in_a_row()
{
	local i begin=$SECONDS

	for ((i = 0; i < in_a_row; i++)); do
		check "$i" "$(start "$i")"
	done
	echo "$in_a_row in a row: $((SECONDS - begin)) s"
	nothing_left "$in_a_row in a row"
}

run_at_once()
{
	local i begin=$SECONDS pids=()

	for ((i = 0; i < at_once; i++)); do
		start "$i" >"$tmp/answer.$i" &
		pids+=($!)
	done
	wait "${pids[@]}"
	for ((i = 0; i < at_once; i++)); do
		check "$i" "$(cat "$tmp/answer.$i")"
		rm "$tmp/answer.$i"
	done
	echo "$at_once at once: $((SECONDS - begin)) s"
	nothing_left "$at_once at once"
}

main()
{
	local why tool before i

	why=$(why_no_runc)
	for tool in crun lxc-execute; do
		[ -n "$why" ] || command -v "$tool" >/dev/null || why="no $tool"
	done
	TMPDIR=${TMPDIR:-/var/tmp} make_scratch "$why"
	compile_probes
	prepare_oci runc
	prepare_oci crun
	prepare_lxc
	new_rootfs run
	chown 0:0 "$tmp/run/rootfs/t"
	write_policy
	start_daemon --policy "$tmp/policy.json"
	# What is made once and stays
	for ((i = 0; i < ${#ways[@]}; i++)); do
		check "$i" "$(start "$i")"
	done
	touch "$tmp/before" "$tmp/now" "$tmp/out"
	until_true 20 no_containers
	count >"$tmp/before"
	before=$(memory)
	run_in_a_row
	run_at_once
	echo "deputyd: $before KiB before, $(memory) KiB after"
	[ $case_failed = 0 ]
}

main
