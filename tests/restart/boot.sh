#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# boot.sh BUILD-DIR OTHER-BUILD-DIR PROGRAM [ARG...]: boot the machine's own
# systemd as pid 1 in namespaces, with deputy installed from a build tree as
# its packages would, run PROGRAM as root in there, power off, and exit as
# PROGRAM did. What it prints comes out here.
#
# All is private: the root is an overlay whose upper layer is a tmpfs, and the
# cgroup below which it lives goes with it. In there the build tree is
# /deputy/build, the other one /deputy/other, the sources are /deputy/source.
#
# With DEPUTY_BOOT_TREE, a directory with another Debian and its systemd, that is
# booted, and nothing is installed there (packaging/try).
#
# Exit status 77: this machine can't, and why.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/restart/root.sh
. "$here/root.sh"
export DEPUTY_BOOT_TREE=${DEPUTY_BOOT_TREE:-} DEPUTY_BOOT_MEMORY=
boot_seconds=${DEPUTY_BOOT_SECONDS:-600}
tmp='' group='' inner=''

skip()
{
	echo "skipped: $*"
	exit 77
}

# shellcheck disable=SC2317 # called by the trap
cleanup()
{
	[ -n "$inner" ] && kill -KILL "$inner" 2>/dev/null
	[ -n "$inner" ] && wait "$inner" 2>/dev/null
	[ -z "$group" ] || group_remove "$group" || :
	[ -z "$DEPUTY_BOOT_MEMORY" ] || group_remove "$DEPUTY_BOOT_MEMORY" || :
	[ -n "$tmp" ] && rm -rf "$tmp"
	return 0
}

# A group of the unified hierarchy, wherever that is mounted.
make_group()
{
	local top own

	top=$(findmnt -n -t cgroup2 -o TARGET | head -n 1) || :
	[ -n "$top" ] || skip "no cgroup2 is mounted"
	own=$(sed -n 's/^0:://p' /proc/self/cgroup)
	group=$top${own%/}/deputy-boot.$$
	mkdir "$group" 2>/dev/null || {
		group=
		skip "cgroups may not be made below $top$own"
	}
}

# A group of cgroup v1's memory controller, where that is mounted: /deputy/memory.
make_memory_group()
{
	local top own

	top=$(findmnt -n -t cgroup -O memory -o TARGET | head -n 1) || :
	[ -n "$top" ] || return 0
	own=$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)
	DEPUTY_BOOT_MEMORY=$top${own%/}/deputy-boot.$$
	mkdir "$DEPUTY_BOOT_MEMORY" 2>/dev/null || DEPUTY_BOOT_MEMORY=
}

main()
{
	local build other status

	build=$(cd "$1" && pwd)
	other=$(cd "$2" && pwd)
	shift 2
	[ -x "$DEPUTY_BOOT_TREE/lib/systemd/systemd" ] || skip "no systemd"
	need_namespaces
	trap cleanup EXIT
	trap 'exit 1' INT TERM HUP
	tmp=$(mktemp -d /tmp/deputy-boot.XXXXXX)
	make_group
	make_memory_group
	mkdir "$tmp/out"
	: >"$tmp/out/log"
	mkdir "$tmp/install"
	[ -n "$DEPUTY_BOOT_TREE" ] ||
		DESTDIR=$tmp/install cmake --install "$build" >/dev/null
	printf '%q ' "$@" >"$tmp/out/command"

	# In a subshell that is in the group before the namespace is made: it
	# will be the root of what systemd sees.
	(
		echo "$BASHPID" >"$group/cgroup.procs"
		[ -z "$DEPUTY_BOOT_MEMORY" ] ||
			echo "$BASHPID" >"$DEPUTY_BOOT_MEMORY/cgroup.procs"
		exec unshare --cgroup --mount --pid --uts --ipc --net --fork \
			--kill-child=KILL --propagation private \
			"$here/boot_root.sh" "$tmp" "$build" "$other" \
			"$here/../.."
	) >"$tmp/console" 2>&1 &
	inner=$!
	tail -n +1 -s 0.1 -f --pid="$inner" "$tmp/out/log" &
	follow=$!
	status=0
	timeout "$boot_seconds" tail -f --pid="$inner" /dev/null || status=$?
	if [ "$status" -eq 124 ]; then
		echo "boot: not done after $boot_seconds s"
		kill -KILL "$inner"
	fi
	wait "$inner" 2>/dev/null || :
	inner=
	wait "$follow" 2>/dev/null || :
	[ -f "$tmp/out/refused" ] && skip "$(cat "$tmp/out/refused")"
	if [ ! -f "$tmp/out/status" ]; then
		echo "boot: systemd ended without a result; its console:"
		tail -n 50 "$tmp/console"
		exit 1
	fi
	exit "$(cat "$tmp/out/status")"
}

[ $# -ge 3 ] || {
	echo "usage: boot.sh BUILD-DIR OTHER-BUILD-DIR PROGRAM [ARG...]" >&2
	exit 2
}
main "$@"
