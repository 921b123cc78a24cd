#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# lxc.sh BUILD-DIR [CASE...]: containers of an unmodified LXC, started by root
# with ids mapped, against a real deputyd. A case is a function case_NAME; to add
# one, write it and name it in "cases".
#
# Exit status 0 good, 1 a failure, 77 this machine can't run them.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:?usage: lxc.sh BUILD-DIR [CASE...]}" && pwd)
shift
# shellcheck source=tests/runtimes/suite.sh
. "$here/suite.sh"

cases=(basic profile i386 cookie attach restart killed_restart reload
	worker_killed container_killed fifty pid_namespace)

cleanup()
{
	local dir

	for dir in "$tmp"/containers/*/; do
		[ -n "$tmp" ] && [ -d "$dir" ] &&
			lxc stop "$(basename "$dir")" -k >/dev/null 2>&1
	done
	end_suite
}
trap cleanup EXIT
trap 'exit 1' INT TERM

why_no_lxc()
{
	local tool

	if [ "$(id -u)" -ne 0 ]; then
		echo "not root"
		return
	fi
	for tool in lxc-execute lxc-attach lxc-stop busybox setfattr getfattr; do
		command -v "$tool" >/dev/null || {
			echo "no $tool"
			return
		}
	done
	unshare --user true 2>/dev/null || echo "no user namespaces"
}

lxc() # VERB NAME ARG...
{
	bundle_lxc_run "$1" -n "$2" -P "$tmp/containers" "${@:3}"
}

# -- deputyd and containers ---------------------------------------------------

# new_container NAME [CONFIG-LINE]: standard input is what it runs.
new_container()
{
	local dir=$tmp/bundle.$1

	bundle_rootfs "$dir/rootfs" "$probe" ${probe32:+"$probe32"}
	{
		echo '#!/bin/sh'
		echo 'export PATH=/bin; cd /t'
		cat
	} >"$dir/rootfs/run.sh"
	chmod 0755 "$dir/rootfs/run.sh"
	bundle_lxc "$dir" "$tmp/lxc.sock" "${2:-}"
	chown -R "$BUNDLE_FIRST_ID:$BUNDLE_FIRST_ID" "$dir/rootfs"
}

# execute NAME: run it, print what it prints; LXC's own words are kept apart.
execute()
{
	lxc execute "$1" -f "$tmp/bundle.$1/config" -- /run.sh \
		2>"$tmp/bundle.$1/errors" </dev/null
}

root_of()
{
	echo "$tmp/bundle.$1/rootfs"
}

has_line()
{
	grep -qx "$2" "$1" 2>/dev/null
}

# -- the cases ----------------------------------------------------------------

case_basic()
{
	local out t row

	new_container basic <<-'END'
		probe mknod /t/null c 1:3 0666
		probe write /t/null
		probe mknodat /t full c 1:7 0600
		probe mknod /t/null c 1:3 0666
		probe mknod /t/no/null c 1:3 0666
		probe mknod /t/sda b 8:0 0600
		probe mknod /t/mem c 1:1 0600
		probe mknod /t/fifo p 0:0 0644
		probe setxattr /t user.x v
		probe setxattr /t trusted.overlay.opaque y
		probe setxattr /t trusted.overlay.opaque n
		probe fsetxattr /t user.f v
		chmod 0777 /t
		probe as 1000 mknod /t/user c 1:3 0666
		echo ready
		read -r line </t/stop
	END
	t=$(root_of basic)/t
	mkfifo -m 0644 "$t/stop"
	execute basic >"$tmp/bundle.basic/out" &
	until_true 20 has_line "$tmp/bundle.basic/out" ready || wrong "no start"
	row=$(ctl --json list | json '" ".join(
		f"{c[k]}" for c in r["containers"]
		for k in ("id", "listeners", "emulated", "received"))')
	is "basic 1 3 12" "$row" "the list"
	release "$t/stop"
	wait %%
	out=$(grep -v ready "$tmp/bundle.basic/out")
	is "ok ok ok EEXIST ENOENT EPERM EPERM ok ok ok EPERM ok EPERM" \
		"${out//$'\n'/ }" answers
	is "character special file 1:3 100000:100000 644" "$(node "$t/null")" null
	is "character special file 1:7 100000:100000 600" "$(node "$t/full")" full
	[ -e "$t/sda" ] && wrong "the block device was made"
	[ -e "$t/mem" ] && wrong "/dev/mem was made"
	[ -e "$t/user" ] && wrong "an ordinary user made a node"
	is y "$(attr "$t" trusted.overlay.opaque)" trusted.overlay.opaque
	is v "$(attr "$t" user.x)" user.x
	until_true 10 no_containers || wrong "the connection is left"
}

# What the filter of a generated profile can tell stays with the kernel: of nine
# calls four are notified.
case_profile()
{
	local out t row

	new_container profile <<-'END'
		probe mknod /t/null c 1:3 0666
		probe mknodat /t full c 1:7 0600
		probe mknod /t/mem c 1:1 0600
		probe mknod /t/sda b 8:0 0600
		probe mknod /t/fifo p 0:0 0644
		probe setxattr /t trusted.overlay.opaque y
		probe setxattr /t trusted.overlay.opaque yy
		probe setxattr /t user.x long
		probe fsetxattr /t user.x v
		echo ready
		read -r line </t/stop
	END
	t=$(root_of profile)/t
	mkfifo -m 0644 "$t/stop"
	ctl policy profile "$policy" --policy plain --dialect lxc \
		>"$tmp/bundle.profile/profile" || wrong "no profile"
	execute profile >"$tmp/bundle.profile/out" &
	until_true 20 has_line "$tmp/bundle.profile/out" ready || wrong "no start"
	row=$(ctl --json list | json '" ".join(
		f"{c[k]}" for c in r["containers"]
		for k in ("emulated", "received"))')
	is "3 4" "$row" "calls emulated, and notified"
	release "$t/stop"
	wait %%
	out=$(grep -v ready "$tmp/bundle.profile/out")
	is "ok ok EPERM EPERM ok ok EPERM ok ok" "${out//$'\n'/ }" answers
	is "character special file 1:3 100000:100000 644" "$(node "$t/null")" null
	is y "$(attr "$t" trusted.overlay.opaque)" trusted.overlay.opaque
	until_true 10 no_containers || wrong "the connection is left"
}

case_i386()
{
	local out

	[ -n "$probe32" ] || {
		skip "no compiler for 32-bit programs (gcc-multilib)"
		return
	}
	new_container i386 <<-'END'
		probe32 mknod /t/null c 1:3 0640
		probe32 setxattr /t trusted.overlay.opaque y
		probe32 mknod /t/sda b 8:0 0600
	END
	out=$(execute i386)
	is "ok ok EPERM" "${out//$'\n'/ }" answers
	is "character special file 1:3 100000:100000 640" \
		"$(node "$(root_of i386)/t/null")" null
}

# The cookie is the metadata of a binding.
case_cookie()
{
	local out name

	for name in fuse none; do
		new_container "$name" "lxc.seccomp.notify.cookie = $name" <<-'END'
			probe mknod /t/fuse c 10:229 0600
			probe mknod /t/null c 1:3 0600
		END
	done
	out=$(execute fuse)
	is "ok ok" "${out//$'\n'/ }" "answers with the cookie"
	out=$(execute none)
	is "EPERM ok" "${out//$'\n'/ }" "answers with another"
}

# A listener of its own, behind the same connection.
case_attach()
{
	local out t

	new_container attach <<-'END'
		probe mknod /t/first c 1:3 0600
		echo ready
		read -r line </t/stop
		probe mknod /t/last c 1:3 0600
	END
	t=$(root_of attach)/t
	mkfifo -m 0644 "$t/stop"
	execute attach >"$tmp/bundle.attach/out" &
	until_true 20 has_line "$tmp/bundle.attach/out" ready || wrong "no start"
	out=$(lxc attach attach -- /bin/probe mknod /t/second c 1:5 0600 2>&1)
	is ok "$out" "attached"
	is "character special file 1:5 100000:100000 600" \
		"$(node "$t/second")" second
	release "$t/stop"
	wait %%
	out=$(cat "$tmp/bundle.attach/out")
	is "ok ready ok" "${out//$'\n'/ }" answers
}

# restart SIGNAL NAME: deputyd goes and comes in a container's life.
restart()
{
	local out t

	new_container "$2" <<-'END'
		probe mknod /t/first c 1:3 0600
		echo ready
		read -r line </t/stop
		probe mknod /t/without c 1:3 0600
		echo without
		read -r line </t/again
		probe mknod /t/second c 1:3 0600
		probe mknod-loop /t/n 100
	END
	t=$(root_of "$2")/t
	# One for each wait: who let it go may have the first one open still.
	mkfifo -m 0644 "$t/stop" "$t/again"
	execute "$2" >"$tmp/bundle.$2/out" &
	until_true 20 has_line "$tmp/bundle.$2/out" ready || wrong "no start"
	stop_daemon "$1"
	release "$t/stop"
	until_true 20 has_line "$tmp/bundle.$2/out" without || wrong "it hangs"
	start_daemon --policy "$policy"
	release "$t/again"
	until_true 20 has_line "$tmp/bundle.$2/out" "100 of 100" || wrong "no answers"
	out=$(cat "$tmp/bundle.$2/out")
	is "ok ready ENOSYS without ok 100 of 100" "${out//$'\n'/ }" answers
	[ -e "$t/without" ] && wrong "made without deputyd"
	is "character special file 1:3 100000:100000 600" \
		"$(node "$t/second")" second
	until_true 10 no_containers || wrong "the connection is left"
}

case_restart()
{
	restart TERM restart
}

case_killed_restart()
{
	restart KILL killed
}

case_reload()
{
	local out t

	new_container reload "lxc.seccomp.notify.cookie = fuse" <<-'END'
		probe mknod /t/first c 10:229 0600
		echo ready
		read -r line </t/stop
		probe mknod /t/second c 10:229 0600
	END
	t=$(root_of reload)/t
	mkfifo -m 0644 "$t/stop"
	execute reload >"$tmp/bundle.reload/out" &
	until_true 20 has_line "$tmp/bundle.reload/out" ready || wrong "no start"
	sed -i 's/"1:3", "10:229"/"1:3"/' "$policy"
	ctl reload >"$tmp/out2" 2>&1 || wrong "$(cat "$tmp/out2")"
	release "$t/stop"
	wait %%
	out=$(cat "$tmp/bundle.reload/out")
	is "ok ready EPERM" "${out//$'\n'/ }" answers
	write_policy
	ctl reload >"$tmp/out2" 2>&1 || wrong "$(cat "$tmp/out2")"
}

case_worker_killed()
{
	local kills=0 pid right all t end=$((SECONDS + 60))

	new_container worker <<-'END'
		probe mknod-until /t/n /t/stop /t/progress
	END
	t=$(root_of worker)/t
	execute worker >"$tmp/bundle.worker/out" &
	until_true 20 test -s "$t/progress" || wrong "no start"
	while [ $kills -lt 30 ] && [ $SECONDS -lt $end ]; do
		pid=$(ctl --json show worker 2>/dev/null | json \
			'r["listeners"][0]["worker_pid"] or 0' 2>/dev/null)
		[ "${pid:-0}" -gt 0 ] && kill -KILL "$pid" 2>/dev/null &&
			kills=$((kills + 1))
	done
	is 30 $kills "kills in a minute"
	touch "$t/stop"
	wait %%
	read -r right _ all <"$tmp/bundle.worker/out"
	is "$all" "$right" "right answers"
	[ "${all:-0}" -gt 100 ] || wrong "only ${all:-no} calls"
}

case_container_killed()
{
	local fds i t
	until_true 10 no_containers || wrong "a connection is left"
	fds=$(daemon_fds)

	for i in 1 2 3 4 5; do
		new_container "dead$i" <<-'END'
			probe mknod-until /t/n /t/stop /t/progress
		END
		t=$(root_of "dead$i")/t
		execute "dead$i" >"$tmp/bundle.dead$i/out" &
		until_true 20 test -s "$t/progress" || wrong "no start"
		lxc stop "dead$i" -k || wrong "cannot be stopped"
		wait %%
		until_true 10 no_containers || wrong "a connection is left"
	done
	is "" "$(worker_pids)" "workers left"
	is "$fds" "$(daemon_fds)" "fds of deputyd"
}

case_fifty()
{
	local i fds=''

	new_container fifty <<-'END'
		probe mknod /t/n c 1:3 0600
	END
	for ((i = 1; i <= 50; i++)); do
		rm -f "$(root_of fifty)/t/n"
		is ok "$(execute fifty)" "container $i"
		[ $case_failed = 0 ] || return
		if [ $i = 5 ]; then
			until_true 10 no_containers
			fds=$(daemon_fds)
		fi
	done
	until_true 10 no_containers || wrong "a connection is left"
	is "$fds" "$(daemon_fds)" "fds of deputyd"
}

# The numbers of LXC's monitor mean other processes to this deputyd.
case_pid_namespace()
{
	local out other

	mkdir "$tmp/there"
	unshare --pid --fork --kill-child --mount-proc "$build/daemon/deputyd" \
		--policy "$policy" --oci-socket "$tmp/there/oci.sock" \
		--control-socket "$tmp/there/control.sock" --worker \
		"$build/worker/deputy-worker" >"$tmp/there/log" 2>&1 &
	other=$!
	until_true 20 "$build/ctl/deputyctl" --socket "$tmp/there/control.sock" \
		status >"$tmp/there/status" 2>&1 || wrong "no other deputyd"
	new_container there <<<'probe mknod /t/null c 1:3 0600'
	sed -i "s,unix:.*,unix:$tmp/there/lxc.sock," "$tmp/bundle.there/config"
	is ENOSYS "$(execute there)" "mknod"
	[ -e "$(root_of there)/t/null" ] && wrong "the node was made"
	out=$("$build/ctl/deputyctl" --socket "$tmp/there/control.sock" doctor)
	has "$out" "BAD   LXC callers" "doctor there"
	has "$(ctl doctor)" "ok    LXC callers" "doctor"
	kill -KILL "$other" # unshare waits for its child, and ends it
	wait "$other" 2>/dev/null
}

# -- running them ---------------------------------------------------------------

write_policy()
{
	cat >"$policy" <<-'END'
		{
		"version": 1,
		"policies": {
			"plain": { "rules": [
				{ "syscalls": ["@mknod"],
				  "match": { "type": "char", "device": ["@safe"] },
				  "action": "emulate" },
				{ "syscalls": ["@setxattr"],
				  "match": { "name": "trusted.overlay.opaque",
					     "value": "y" },
				  "action": "emulate" } ],
				"default": "continue" },
			"fuse": { "rules": [
				{ "syscalls": ["@mknod"],
				  "match": { "type": "char",
					     "device": ["1:3", "10:229"] },
				  "action": "emulate" } ],
				"default": "continue" } },
		"bindings": [
			{ "when": { "metadata": "fuse", "peer_uid": [0] },
			  "policy": "fuse" },
			{ "when": {}, "policy": "plain" } ]
		}
	END
}

main()
{
	make_scratch "$(why_no_lxc)"
	mkdir "$tmp/containers"
	policy=$tmp/policy.json
	write_policy
	compile_probes
	start_daemon --policy "$policy"
	run_cases "$@"
	summary
}

main "$@"
