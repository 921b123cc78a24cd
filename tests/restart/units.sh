#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# units.sh BUILD-DIR [CASE...]: deputy's units under a real systemd, with real
# containers of the tests' own. A case is a function case_NAME, run in a systemd
# that is booted for all of them; to add one, write it.
#
# Exit status 0 good, 1 a failure, 77 this machine can't boot one.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/runtimes/check.sh
. "$here/../runtimes/check.sh"
# shellcheck source=tests/runtimes/bundle.sh
. "$here/../runtimes/bundle.sh"
units="deputyd.service deputyd-oci.socket deputyd-lxc.socket
	deputyd-control.socket"
passed=0 failed=0 skipped=0 case_failed=0 jail=/deputy/build/tests/restart/jail dir=/tmp/units container_PID=''

main_pid()
{
	systemctl show -P MainPID deputyd.service
}

stored()
{
	systemctl show -P NFileDescriptorStore deputyd.service
}

is_stored()
{
	[ "$(stored)" -eq "$1" ]
}

has_new_pid()
{
	local now

	now=$(main_pid)
	[ "$now" != 0 ] && [ "$now" != "$1" ] &&
		[ "$(systemctl is-active deputyd.service)" = active ]
}

# said EVENT: whether the journal has it, found by its message id.
said()
{
	local id

	id=$(sed -n "s/^X(\"$1\", \"\(.*\)\")$/\1/p" \
		/deputy/source/lib/event.def)
	[ -n "$id" ] && journalctl --quiet --no-pager "MESSAGE_ID=$id" |
		grep -q "$1"
}

# ask NAME: have the container make /NAME, a null device; prints 0 or the errno.
ask()
{
	local answer

	echo "$1" >&"${container[1]}"
	read -r -t 30 answer <&"${container[0]}" || answer="no answer"
	echo "$answer"
}

start_container()
{
	coproc container { exec "$jail" "$dir" "$@"; }
	read -r -t 30 _ <&"${container[0]}" || wrong "no container"
}

end_container()
{
	local pid=$container_PID

	eval "exec ${container[1]}>&-"
	wait "$pid"
}

stop_all()
{
	# shellcheck disable=SC2086 # a list of words
	systemctl -q stop $units
	systemctl -q reset-failed
	rm -rf "$dir"
	mkdir -p "$dir"
}

case_verify()
{
	local out

	# shellcheck disable=SC2086 # a list of words
	out=$(systemd-analyze verify --man=no $units deputyd-workers.service 2>&1) ||
		wrong "systemd-analyze verify failed"
	# A key of systemd 254, which older ones say that they ignore.
	out=$(grep -F deputy <<<"$out" |
		grep -vF "Unknown key 'FileDescriptorStorePreserve'")
	is "" "$out" "what systemd-analyze verify says"
}

# Sockets first; the container sends its listener before any deputyd runs.
case_activation()
{
	systemctl start deputyd-oci.socket deputyd-control.socket
	is inactive "$(systemctl is-active deputyd.service)" "deputyd before"
	is "srw-rw---- root deputy-users" "$(stat -c '%A %U %G' /run/deputy/oci.sock)" \
		"the OCI socket"
	is "srw-rw---- root deputy" \
		"$(stat -c '%A %U %G' /run/deputy/control.sock)" \
		"the control socket"
	start_container early
	is 0 "$(ask null)" "mknod of a container that was there first"
	is active "$(systemctl is-active deputyd.service)" "deputyd after"
	is "character special file 1:3 100000" \
		"$(stat -c '%F %t:%T %u' "$dir/early/null")" "the node"
	end_container
	until_true 10 is_stored 1 || wrong "$(stored) fds are stored, not the policy alone"
}

# The sockets' directory was removed: what doctor says to do mends it, and the
# container lives on.
case_removed()
{
	local advice

	systemctl start deputyd-oci.socket deputyd-control.socket
	start_container kept
	is 0 "$(ask before)" "mknod before"
	rm -rf /run/deputy
	advice=$(deputyctl doctor | grep -A1 -F "control.sock was removed" |
		sed -n 's/^ *-> //p')
	[[ $advice == "systemctl restart deputyd-oci.socket "* ]] ||
		wrong "doctor: $(deputyctl doctor)"
	$advice || wrong "failed: $advice"
	deputyctl status >/dev/null || wrong "no deputyctl status after $advice"
	is 0 "$(ask after)" "mknod after $advice"
	end_container
}

# An ordinary user needs one group; one who lacks it is told which.
case_users()
{
	local out gid user=(setpriv --reuid 12345 --regid 12345)

	gid=$(getent group deputy-users | cut -d: -f3)
	systemctl start deputyd-oci.socket deputyd-control.socket
	install -d -o 12345 -g 12345 "$dir/user"
	out=$(cd "$dir/user" && "${user[@]}" --groups "$gid" deputyctl run -- \
		unshare -Ur mknod null c 1 3 2>&1) || wrong "a member: $out"
	is "character special file 1:3 12345" \
		"$(stat -c '%F %t:%T %u' "$dir/user/null")" "a member's node"
	out=$("${user[@]}" --groups "$gid" deputyctl list 2>&1) &&
		wrong "a member reads of others' containers: $out"
	out=$(cd "$dir/user" && "${user[@]}" --clear-groups deputyctl run -- \
		unshare -Ur mknod none c 1 3 2>&1) && wrong "a stranger is taken"
	has "$out" 'the group "deputy-users"' "what a stranger is told"
	[ -e "$dir/user/none" ] && wrong "a stranger's node is there"
	return 0
}

# Where workers get their cgroups: there and nowhere else may deputyd write.  Without
# controllers, as here (tests/vm has them), workers stay in deputyd's own.
case_workers()
{
	local top=/sys/fs/cgroup/system.slice group out
	local inside=(nsenter -m -t)

	group=$top/deputyd-workers.service
	systemctl start deputyd.service
	inside+=("$(main_pid)")
	is active "$(systemctl is-active deputyd-workers.service)" "its unit"
	is "" "$(cat $group/cgroup.procs)" "processes in its cgroup, not in the leaf"
	"${inside[@]}" mkdir $group/try || wrong "deputyd may not write to $group"
	rmdir $group/try
	out=$("${inside[@]}" mkdir $top/try 2>&1) && wrong "deputyd may write to $top"
	has "$out" "Read-only file system" "a cgroup elsewhere"
	out=$(deputyctl doctor | grep "workers' cgroups")
	has "$out" "  $group" "doctor"
	systemctl restart deputyd.service
	is active "$(systemctl is-active deputyd-workers.service)" "after a restart"
}

# Processes of workers that wait in the kernel and cannot be killed.
undying()
{
	local pid

	for pid in $(pgrep -x deputy-worker); do
		grep -qs "^State:.*disk sleep" "/proc/$pid/status" && echo "$pid"
	done
}

is_undying()
{
	[ -n "$(undying)" ]
}

# A container whose file system hangs holds a process of its worker's; deputyd and
# other containers do not wait for that.
case_undying()
{
	local stuck before

	[ -e /dev/fuse ] || {
		skip "no FUSE"
		return
	}
	mkdir -p /etc/deputy
	sed '0,/"rules"/s//"deadline": 1, &/' /deputy/source/policy/builtin.json \
		>/etc/deputy/policy.json
	systemctl start deputyd.service
	exec {stuck}> >(exec "$jail" "$dir" stuck stuck >/dev/null)
	start_container quick
	is 0 "$(ask before)" "mknod before"
	echo 0/node >&"$stuck"
	until_true 30 is_undying || wrong "no process waits in the kernel"
	before=$(main_pid)
	kill -KILL "$before"
	until_true 30 has_new_pid "$before" || wrong "no new deputyd in 30 s"
	is 0 "$(ask killed)" "mknod after it"
	before=$(main_pid)
	timeout 30 systemctl restart deputyd.service ||
		wrong "systemctl restart takes longer than 30 s"
	is 0 "$(ask restarted)" "mknod after a restart"
	exec {stuck}>&-
	end_container
	until_true 30 is_quiet || wrong "left: $(undying)"
	rm -r /etc/deputy
}

is_quiet()
{
	! is_undying
}

# A socket that is asked for nothing but the daemon's state starts it, too.
case_control()
{
	systemctl start deputyd-control.socket
	deputyctl status | grep -q . || wrong "deputyctl status failed"
	is active "$(systemctl is-active deputyd.service)" "deputyd"
}

# adopted HOW COMMAND...: a container outlives one deputyd.
adopted()
{
	local how=$1 before
	shift

	systemctl start deputyd.service
	start_container kept
	is 0 "$(ask "before-$how")" "mknod before"
	before=$(main_pid)
	"$@"
	until_true 20 has_new_pid "$before" || wrong "$how: no new deputyd"
	is 0 "$(ask "after-$how")" "mknod after $how"
	is "kept" "$(deputyctl list --json | grep -o '"kept"' | tr -d '"')" \
		"the containers after $how"
	end_container
	until_true 10 is_stored 1 || wrong "$(stored) fds are stored, not the policy alone"
}

case_restart()
{
	adopted restart systemctl restart deputyd.service
}

kill_main()
{
	kill -KILL "$(main_pid)"
}

case_killed()
{
	adopted kill kill_main
}

stop_main()
{
	kill -STOP "$(main_pid)"
}

# One that hangs is ended by its watchdog.
case_watchdog()
{
	local dropin=/run/systemd/system/deputyd.service.d/70-watchdog.conf

	is "30s" "$(sed -n 's/^WatchdogSec=//p' \
		/usr/local/lib/systemd/system/deputyd.service)" "WatchdogSec"
	printf '[Service]\nWatchdogSec=2s\n' >$dropin
	systemctl daemon-reload
	adopted watchdog stop_main
	rm $dropin
	systemctl daemon-reload
}

# A restart with a policy that has a mistake, or that is not root's: the last good
# one serves on, for new containers, too, until the files are mended.
case_mistake()
{
	local before

	mkdir -p /etc/deputy
	cp /deputy/source/policy/builtin.json /etc/deputy/policy.json
	sed -i 's/"device": \["@safe"\]/"device": ["1:5"]/' \
		/etc/deputy/policy.json
	systemctl start deputyd.service
	start_container waiting
	is EPERM "$(ask before)" "mknod by the policy before"
	before=$(main_pid)
	echo nonsense >/etc/deputy/policy.json
	systemctl restart deputyd.service ||
		wrong "not started with the last good policy"
	has_new_pid "$before" || wrong "no new deputyd"
	said policy-last-good || wrong "nothing is said of the last good policy"
	is EPERM "$(ask meanwhile)" "mknod by the last good policy"
	deputyctl status | grep -q "policy.json:1:1: error: " ||
		wrong "deputyctl status does not say what is wrong"
	end_container
	start_container late
	is EPERM "$(ask late)" "mknod of a new container"
	cp /deputy/source/policy/builtin.json /etc/deputy/policy.json
	chmod 0666 /etc/deputy/policy.json
	systemctl restart deputyd.service || wrong "not started once more"
	is EPERM "$(ask later)" "mknod by it after one more restart"
	deputyctl status | grep -q "chmod go-w /etc/deputy/policy.json" ||
		wrong "deputyctl status does not say how to mend the mode"
	deputyctl reload 2>/dev/null && wrong "reload took a policy of mode 0666"
	chmod 0644 /etc/deputy/policy.json
	deputyctl reload >/dev/null || wrong "reload failed"
	is 0 "$(ask mended)" "mknod once the files are mended"
	deputyctl status | grep -q error: &&
		wrong "deputyctl status still says that it is wrong"
	end_container
	rm -r /etc/deputy
	until_true 10 is_stored 1 || wrong "$(stored) fds are stored"
}

# Nothing is kept before the first start: deputyd fails, and says why.
# A restart needs no room on disk, and a container may come.
case_run_full()
{
	local before

	systemctl start deputyd.service
	start_container kept
	is 0 "$(ask before)" "mknod before"
	before=$(main_pid)
	mount -o remount,size=$(($(df --output=used -k /run | tail -n 1) + 64))k /run
	cat /dev/zero >/run/full 2>/dev/null
	systemctl restart deputyd.service || wrong "not restarted on a full /run"
	has_new_pid "$before" || wrong "no new deputyd"
	is 0 "$(ask after)" "mknod after"
	end_container
	start_container full
	is 0 "$(ask new)" "mknod of a new container"
	end_container
	rm /run/full
	mount -o remount,size=50% /run
}

# systemd refuses a socket of a group that there is not; running containers are
# served on, and doctor says what makes the group.
case_group_missing()
{
	local advice

	systemctl start deputyd-oci.socket deputyd-control.socket
	start_container kept
	is 0 "$(ask before)" "mknod before"
	groupdel deputy-users
	systemctl restart deputyd.service || wrong "not restarted"
	is 0 "$(ask after)" "mknod after a restart without the group"
	advice=$(deputyctl doctor | grep -A1 -F "deputy-users" |
		sed -n 's/^ *-> //p')
	[[ $advice == *systemd-sysusers* ]] ||
		wrong "doctor: $(deputyctl doctor)"
	systemd-sysusers 2>/dev/null
	getent group deputy-users >/dev/null || wrong "no group after $advice"
	end_container
}

case_mistake_at_first()
{
	mkdir -p /etc/deputy
	echo nonsense >/etc/deputy/policy.json
	systemctl start deputyd.service 2>/dev/null &&
		wrong "started with a policy that is none"
	journalctl --quiet --no-pager -u deputyd.service |
		grep -q "no earlier one is kept" || wrong "nothing is said of it"
	rm -r /etc/deputy
	until_true 20 is_active || wrong "not started once it was mended"
}

is_active()
{
	[ "$(systemctl is-active deputyd.service)" = active ]
}

case_reexec()
{
	local before

	systemctl start deputyd.service
	start_container kept
	is 0 "$(ask before)" "mknod before"
	systemctl daemon-reexec
	before=$(main_pid)
	systemctl restart deputyd.service
	has_new_pid "$before" || wrong "no new deputyd"
	is 0 "$(ask after)" "mknod after daemon-reexec and restart"
	end_container
}

case_reload()
{
	local pid

	mkdir -p /etc/deputy
	cp /deputy/source/policy/builtin.json /etc/deputy/policy.json
	systemctl start deputyd.service
	pid=$(main_pid)
	start_container changing
	is 0 "$(ask before)" "mknod before"
	sed -i 's/"device": \["@safe"\]/"device": ["1:5"]/' \
		/etc/deputy/policy.json
	systemctl reload deputyd.service
	until_true 10 said policy-loaded || wrong "no new policy was logged"
	is EPERM "$(ask after)" "mknod by a policy without it"
	echo nonsense >/etc/deputy/policy.json
	systemctl reload deputyd.service
	until_true 10 said policy-refused || wrong "no refusal was logged"
	is EPERM "$(ask still)" "mknod by the old policy"
	is "$pid" "$(main_pid)" "deputyd's pid"
	end_container
	rm -r /etc/deputy
}

# The container's tmpfs for bound nodes is full: the call fails and leaves nothing, and the
# next one after that succeeds.
case_nodes_full()
{
	local nodes init i

	systemctl start deputyd.service
	start_container own own
	is 0 "$(ask first)" "mknod on a tmpfs of its own"
	nodes=$(echo "/proc/$(main_pid)/root/run/deputy/nodes/"*)
	for ((i = 0; i < 1000000; i++)); do
		: 2>/dev/null >"$nodes/full.$i" || break
	done
	is EPERM "$(ask second)" "mknod without room for a bound node"
	init=$(pgrep -P "$container_PID")
	[ -e "/proc/$init/root$dir/own/first" ] || wrong "the first node is gone"
	[ -e "/proc/$init/root$dir/own/second" ] && wrong "a node is left"
	find "$nodes" -name 'full.*' -delete
	is 0 "$(ask second)" "mknod with room again"
	end_container
}

# The container's own file system is full: the errno is the kernel's.
case_disk_full()
{
	local i answer=0

	mount -t tmpfs -o nr_inodes=12 small "$dir"
	systemctl start deputyd.service
	start_container small
	for ((i = 0; i < 20 && answer == 0; i++)); do
		answer=$(ask "node$i")
		[ "$answer" = 0 ] || break
	done
	is ENOSPC "$answer" "mknod on a full disk"
	is "$i" "$(find "$dir/small" -type c | wc -l)" "the nodes made"
	rm "$dir/small/node0"
	is 0 "$(ask again)" "mknod after room was made"
	end_container
	umount "$dir"
}

# A worker's standard error is a socket here: it may write to it, and lives.
case_worker_log()
{
	mkdir -p /etc/deputy
	sed '0,/"action": "emulate"/s//"action": "emulate", "log": true/' \
		/deputy/source/policy/builtin.json >/etc/deputy/policy.json
	systemctl start deputyd.service
	start_container logged
	is 0 "$(ask one)" "mknod by a rule that is logged"
	is 0 "$(ask two)" "the next one"
	until_true 10 has_logged_both || wrong "the journal has no such calls"
	journalctl --quiet --no-pager -u deputyd.service |
		grep -q "worker-died container=logged" && wrong "its worker died"
	end_container
	rm -r /etc/deputy
}

has_logged_both()
{
	[ "$(journalctl --quiet --no-pager -t deputyd |
		grep -c "event=call .*syscall=mknod")" -ge 2 ]
}

# LXC's monitor sends fds of the machine's /proc; the unit has one of its own.
case_lxc()
{
	local root=$dir/lxc/rootfs out

	for out in lxc-execute busybox; do
		command -v $out >/dev/null || {
			skip "no $out"
			return
		}
	done
	systemctl start deputyd.service
	[ "$(stat -c %d /proc/self/)" != \
		"$(nsenter -t "$(main_pid)" -m stat -c %d /proc/self/)" ] ||
		wrong "deputyd's /proc is the machine's: this shows nothing"
	build_probe "$dir/probe" && bundle_rootfs "$root" "$dir/probe"
	printf '%s\n' '#!/bin/sh' 'probe mknod /t/null c 1:3 0600' \
		'probe mknod /t/sda b 8:0 0600' >"$root/run.sh"
	chmod 0755 "$root/run.sh"
	bundle_lxc "$dir/lxc" /run/deputy/lxc.sock
	chown -R "$BUNDLE_FIRST_ID:$BUNDLE_FIRST_ID" "$root"
	out=$(bundle_lxc_run execute -n unit -P "$dir" -f "$dir/lxc/config" \
		-- /run.sh 2>"$dir/lxc/errors" </dev/null)
	is "ok EPERM" "${out//$'\n'/ }" "answers; $(cat "$dir/lxc/errors")"
	is "character special file 1:3 $BUNDLE_FIRST_ID:$BUNDLE_FIRST_ID 600" \
		"$(node "$root/t/null")" "the node"
	[ -e "$root/t/sda" ] && wrong "the block device was made"
	has "$(deputyctl doctor)" "ok    LXC callers" "doctor"
	until_true 10 is_stored 1 || wrong "$(stored) fds are stored, not the policy alone"
}

# systemd as init of an LXC container, with the policy and the profile for that.
case_lxc_systemd()
{
	local root=$dir/init/rootfs pid group

	command -v lxc-start >/dev/null || {
		skip "no LXC"
		return
	}
	mkdir -p /etc/deputy "$dir/lxc"
	cp /usr/local/share/deputy/policies/lxc.json /etc/deputy/policy.json
	systemctl start deputyd.service
	bundle_systemd "$root"
	bundle_lxc "$dir/init" /run/deputy/lxc.sock \
		"lxc.init.cmd = /lib/systemd/systemd"
	sed -i 's/^lxc.mount.auto.*/& cgroup:mixed/' "$dir/init/config"
	deputyctl policy profile /etc/deputy/policy.json --dialect lxc \
		>"$dir/init/profile"
	chown -R "$BUNDLE_FIRST_ID:$BUNDLE_FIRST_ID" "$root"
	bundle_lxc_run start -n init -P "$dir/lxc" -f "$dir/init/config" \
		-F >"$dir/init/said" 2>&1 </dev/null &
	group=/sys/fs/cgroup/lxc.payload.init/system.slice/init.service
	until_true 30 has_attr $group trusted.delegate ||
		wrong "init.service has no trusted.delegate: $(cat "$dir/init/said")"
	is 1 "$(attr $group trusted.delegate)" "trusted.delegate"
	[[ $(attr $group trusted.invocation_id) =~ ^[0-9a-f]{32}$ ]] ||
		wrong "trusted.invocation_id: $(attr $group trusted.invocation_id)"
	pid=$(bundle_lxc_run info -n init -P "$dir/lxc" -pH)
	is "block special file 0:0 $BUNDLE_FIRST_ID:$BUNDLE_FIRST_ID 0" \
		"$(node "/proc/$pid/root/run/systemd/inaccessible/blk")" \
		"systemd's block device"
	bundle_lxc_run stop -n init -P "$dir/lxc" -k
	wait %%
	until_true 10 is_stored 1 || wrong "$(stored) fds are stored, not the policy alone"
	rm -r /etc/deputy
}

has_attr()
{
	[ -n "$(attr "$1" "$2")" ]
}

case_catalog()
{
	systemctl start deputyd.service
	until_true 10 said ready || wrong "the journal has no \"ready\""
	journalctl --quiet --no-pager -x -u deputyd.service |
		grep -q "Subject: deputyd is ready" ||
		wrong "journalctl -x explains nothing"
}

inside()
{
	local name names=("$@")

	[ ${#names[@]} -gt 0 ] ||
		mapfile -t names < <(declare -F | sed -n 's/.* case_//p')
	for name in "${names[@]}"; do
		stop_all
		run_case "$name"
	done
	stop_all
	case_failed=0
	is "" "$(pgrep -l deputy)" "processes that are left"
	exit $((failed + case_failed > 0))
}

if [ "$1" = inside ]; then
	shift
	inside "$@"
fi
build=$1
shift
exec "$here/boot.sh" "$build" "$build" \
	/deputy/source/tests/restart/with_journal.sh \
	/deputy/source/tests/restart/units.sh inside "$@"
