# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # here, build and cases are the caller's
# Sourced by the tests: what each of them does around its cases: mounts of its
# own, a directory, probes, deputyd, the table of cases and their sum.

# shellcheck source=tests/runtimes/bundle.sh
. "$here/bundle.sh"
# shellcheck source=tests/runtimes/check.sh
. "$here/check.sh"

tmp='' daemon='' probe='' probe32='' failed=0 passed=0 skipped=0
case_failed=0 skip_reason=''

# own_mounts "$0" ARG...: the program anew in mounts of its own, which are gone
# with it. crun 1.8 stops at a second, unified hierarchy of cgroups. It gives its
# standard streams to the container's root: so /dev/null is another node here.
own_mounts()
{
	[ -z "${DEPUTY_OWN_MOUNTS:-}" ] && [ "$(id -u)" -eq 0 ] || return 0
	# shellcheck disable=SC2016 # they are for the other shell
	DEPUTY_OWN_MOUNTS=1 exec unshare -m "$BASH" -c '
		mountpoint -q /sys/fs/cgroup/unified &&
			umount /sys/fs/cgroup/unified
		mount -t tmpfs -o mode=0755 null /mnt &&
			mknod -m 0666 /mnt/null c 1 3 &&
			mount --bind /mnt/null /dev/null &&
			umount -l /mnt || exit 1
		exec "$@" </dev/null' "$BASH" "$BASH" "$@"
}

# make_scratch WHY: $tmp, or the end of the test, where WHY says what this machine
# lacks.
make_scratch()
{
	local why=$1

	[ -n "$why" ] || tmp=$(scratch_dir) || why="no directory where device \
nodes open and trusted attributes stick"
	[ -z "$why" ] || {
		echo "skipped: $why"
		exit 77
	}
}

# $probe, and $probe32 where this machine can build it.
compile_probes()
{
	probe=$tmp/probe probe32=$tmp/probe32
	build_probe "$probe" || exit 1
	build_probe "$probe32" -m32 2>/dev/null || probe32=''
}

# -- deputyd --------------------------------------------------------------------

# start_daemon OPTION...: its sockets, which anybody may connect to, are in $tmp.
start_daemon()
{
	"$build/daemon/deputyd" "$@" --oci-socket "$tmp/oci.sock" \
		--oci-socket-mode 0666 --lxc-socket "$tmp/lxc.sock" \
		--control-socket "$tmp/control.sock" \
		--control-socket-mode 0666 \
		--worker "$build/worker/deputy-worker" --log-level info \
		>>"$tmp/deputyd.log" 2>&1 &
	daemon=$!
	until_true 20 ctl status >"$tmp/started" 2>&1 || {
		cat "$tmp/started" "$tmp/deputyd.log"
		echo "deputyd did not start"
		exit 1
	}
}

# stop_daemon SIGNAL: its exit status
stop_daemon()
{
	local its=$daemon

	daemon=''
	[ -n "$its" ] || return 0
	kill "-$1" "$its"
	wait "$its" 2>/dev/null # or bash tells of the signal
}

ctl()
{
	"$build/ctl/deputyctl" --socket "$tmp/control.sock" "$@"
}

no_containers()
{
	[ "$(ctl --json status | json 'r["listeners"], r["workers"]')" = "0 0" ]
}

daemon_fds()
{
	find "/proc/$daemon/fd" -mindepth 1 2>/dev/null | wc -l
}

worker_pids()
{
	cat "/proc/$daemon/task/$daemon/children"
}

# -- cases ------------------------------------------------------------------------

# run_cases [NAME...]: all of "cases", rows of a name and its modes, or those.
run_cases()
{
	local row name mode

	for row in "${cases[@]}"; do
		read -r name row <<<"$row"
		[ $# = 0 ] || [[ " $* " == *" $name "* ]] || continue
		for mode in ${row:-""}; do
			run_case "$name" "$mode"
		done
	done
}

# release FIFO: let go who reads it; nobody may.
release()
{
	# shellcheck disable=SC2016 # it is for the other shell
	timeout 20 "$BASH" -c 'echo >"$1"' bash "$1" || wrong "nobody waits at $1"
}

# summary: the test's exit status.
summary()
{
	case_failed=0
	until_true 20 no_containers || wrong "left: $(ctl list)"
	stop_daemon TERM
	is 0 $? "deputyd's exit status"
	[ $case_failed = 0 ] || failed=$((failed + 1))
	[ $failed = 0 ] || tail -n 40 "$tmp/deputyd.log"
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $failed = 0 ]
}

# For the end, however it comes: jobs, deputyd, $tmp.
end_suite()
{
	local pid

	for pid in $(jobs -p); do
		[ "$pid" = "$daemon" ] || kill -KILL "$pid" 2>/dev/null
	done
	stop_daemon TERM
	[ -z "$tmp" ] || rm -rf "$tmp" 2>/dev/null
}
