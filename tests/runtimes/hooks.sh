#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# hooks.sh BUILD-DIR [CASE...]: a container made ready by deputy itself, against
# a real deputyd: "deputyctl run" by root and by a user, and deputy-runtime in
# place of runc and crun, by root with a user namespace and rootless. What came
# of it is looked at from outside. A case is a function case_NAME, called with
# each of its modes; to add one, write it and name it in "cases".
#
# Exit status 0 good, 1 a failure, 77 this machine can't run them.
# shellcheck disable=SC2016 # expressions in single quotes are for other shells
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:?usage: hooks.sh BUILD-DIR [CASE...]}" && pwd)
shift
# shellcheck source=tests/runtimes/suite.sh
. "$here/suite.sh"
own_mounts "$0" "$build" "$@"

# NAME and the modes it runs in.
runs="root user"
wraps="runc.userns runc.rootless crun.userns crun.rootless"
cases=(
	"run_unshare $runs"
	"run_host $runs"
	"run_several root"
	"run_others root"
	"run_process $runs"
	"run_refused $runs"
	"run_not_taken $runs"
	"run_stopped root"
	"wrong_socket"
	"run_owner $runs"
	"run_inside $runs"
	"run_again $runs"
	"run_quiet $runs"
	"run_busy root"
	"run_userns $runs"
	"run_userns_process $runs"
	"run_userns_refused user"
	"wrapper $wraps"
	"wrapper_exec runc.userns crun.userns"
	"wrapper_untouched $wraps"
	"wrapper_refused $wraps"
	"wrapper_finds root"
	"hook root"
	"hook_facts root"
)

cleanup()
{
	local mode id

	for mode in runc.userns runc.rootless crun.userns crun.rootless; do
		[ -d "${tmp:-/nowhere}/state.$mode" ] || continue
		for id in "$tmp/state.$mode"/*/; do
			[ -d "$id" ] && as_mode "$mode" "${mode%.*}" --root \
				"$tmp/state.$mode" delete --force \
				"$(basename "$id")" >/dev/null 2>&1
		done
	done
	end_suite
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# -- deputyd ------------------------------------------------------------------

# Containers that ask for it get "nodes"; without asking only root's do.
write_policy()
{
	cat >"$tmp/policy.json" <<-END
	{ "version": 1,
	  "policies": {
	    "nodes": { "default": "continue", "rules": [
	      { "syscalls": ["@mknod"], "action": "emulate",
	        "match": { "type": "char", "device": ["@safe"] } },
	      { "syscalls": ["@setxattr"], "action": "emulate",
	        "match": { "name": "trusted.overlay.opaque", "value": "y" } } ] },
	    "quiet": { "default": "continue", "rules": [
	      { "syscalls": ["chroot"], "action": { "errno": "EDOM" } } ] },
	    "unbound": { "default": "continue", "rules": [
	      { "syscalls": ["chroot"], "action": { "errno": "EDOM" },
	        "log": true } ] },
	    "owned": { "default": "continue", "rules": [
	      { "syscalls": ["@mknod"], "action": "emulate",
	        "match": { "type": "char", "device": ["1:3"] } } ] },
	    "close": { "default": "continue", "rules": [
	      { "syscalls": ["close"], "action": "continue", "log": true } ] }
	  },
	  "bindings": [
	    $(for name in nodes quiet close; do
		echo "{ \"policy\": \"$name\", \"when\": {
			\"annotation\": { \"io.deputy.policy\": \"$name\" },
			\"peer_uid\": [0, $BUNDLE_ROOTLESS_ID] } },"
	    done)
	    { "policy": "owned", "when": {
			"annotation": { "io.deputy.policy": "owned" },
			"userns_owner": [$BUNDLE_ROOTLESS_ID] } },
	    { "policy": "nodes", "when": { "metadata": "nodes",
			"peer_uid": [0, $BUNDLE_ROOTLESS_ID] } },
	    { "when": { "peer_uid": [0] }, "policy": "nodes" } ] }
	END
	chmod 0644 "$tmp/policy.json"
}

# -- deputyctl run --------------------------------------------------------------

# as_mode MODE COMMAND...: as root, or as the rootless user.
as_mode()
{
	local mode=$1
	shift

	case $mode in
	root | *userns) "$@" ;;
	*) setpriv --reuid "$BUNDLE_ROOTLESS_ID" --regid "$BUNDLE_ROOTLESS_ID" \
		--clear-groups env -i "PATH=$PATH" "HOME=$tmp" \
		"XDG_RUNTIME_DIR=$tmp/state.$mode" "$@" ;;
	esac
}

host_id()
{
	[ "$1" = root ] && echo 0 || echo "$BUNDLE_ROOTLESS_ID"
}

# run MODE ARG...: in a new directory of the user's, $dir.
run()
{
	local mode=$1
	shift
	dir=$(mktemp -d "$tmp/run.XXXXXX")
	chown "$(host_id "$mode"):$(host_id "$mode")" "$dir"
	(
		cd "$dir" || exit
		PATH=/usr/sbin:/usr/bin:/sbin:/bin:$tmp as_mode "$mode" \
			"${before[@]}" "$build/ctl/deputyctl" \
			--listener "$tmp/oci.sock" \
			--file "$tmp/policy.json" "$@" 2>&1
	)
}

nodes=(--policy nodes run --) before=()

# Device nodes and attributes in the user namespace that the command makes.
case_run_unshare()
{
	local out id status
	id=$(host_id "$1")

	run "$1" "${nodes[@]}" unshare -Ur sh -c '
		probe mknod null c 1:3 0640
		probe write null
		probe mknodat . zero c 1:5 0600
		probe mknod null c 1:3 0666
		probe mknod sda b 8:0 0600
		probe mknod mem c 1:1 0600
		probe setxattr . trusted.overlay.opaque y
		probe setxattr . trusted.other y
		exit 7' >"$tmp/out"
	status=$?
	out=$(tr '\n' ' ' <"$tmp/out")
	is 7 $status "exit status"
	is "ok ok ok EEXIST EPERM EPERM ok EPERM " "$out" "answers"
	is "character special file 1:3 $id:$id 640" "$(node "$dir/null")" null
	is "character special file 1:5 $id:$id 600" "$(node "$dir/zero")" zero
	[ -e "$dir/sda" ] || [ -e "$dir/mem" ] && wrong "more was made"
	is y "$(attr "$dir" trusted.overlay.opaque)" trusted.overlay.opaque
	is "" "$(attr "$dir" trusted.other)" trusted.other
}

# Without a user namespace nothing is emulated: the kernel's word, for either.
case_run_host()
{
	local out want=ok
	[ "$1" = root ] || want=EPERM

	out=$(run "$1" "${nodes[@]}" probe mknod null c 1:3 0600)
	is $want "$out" "mknod"
	# A capability of a namespace below one's own counts for nothing.
	out=$(run "$1" "${nodes[@]}" unshare -Ur unshare -Ur sh -c \
		'probe mknod null c 1:3 0600')
	is EPERM "$out" "mknod two namespaces below"
	# One is not root in it.
	out=$(run "$1" "${nodes[@]}" unshare -U probe mknod null c 1:3 0600)
	is EPERM "$out" "mknod by nobody"
}

# One listener, several user namespaces of root's with other ids in each.
case_run_several()
{
	local out

	out=$(run root "${nodes[@]}" sh -c '
		chmod 755 . && mkfifo -m 666 its_pid mapped
		for id in 1000 2000 1000 3000; do
			mkdir d && chown $id:$id d
			unshare -U --keep-caps sh -c "
				echo \$\$ >its_pid && read -r _ <mapped &&
				setpriv --reuid 0 --regid 0 --clear-groups sh -c \"
				probe mknod d/null c 1:3 0600
				probe setxattr d trusted.overlay.opaque y\"" &
			read -r its <its_pid
			echo "0 $id 1" >/proc/$its/uid_map
			echo "0 $id 1" >/proc/$its/gid_map
			echo >mapped
			wait
			stat -c %u d/null
			rm -r d
		done')
	is "ok ok 1000 ok ok 2000 ok ok 1000 ok ok 3000" "${out//$'\n'/ }" \
		"answers"
}

# Who runs below it under another uid can make a user namespace, too, as anybody
# can. That is not the container's: else root's listener would serve whom no
# binding names.
case_run_others()
{
	run root "${nodes[@]}" sh -c '
		chmod 755 . && mkdir d && chown 1000:1000 d
		setpriv --reuid 1000 --regid 1000 --clear-groups \
			unshare -Ur sh -c "
			probe mknod d/null c 1:3 0600
			probe setxattr d trusted.overlay.opaque y"
		unshare -Ur probe mknod zero c 1:5 0600' >"$tmp/out"
	is "EPERM EPERM ok " "$(tr '\n' ' ' <"$tmp/out")" "answers"
	[ -e "$dir/d/null" ] && wrong "a node was made for another uid"
	is "" "$(attr "$dir/d" trusted.overlay.opaque)" trusted.overlay.opaque
}

# What the command is left with.
case_run_process()
{
	local out want=0
	[ "$1" = root ] || want=1

	out=$(run "$1" "${nodes[@]}" sh -c 'ls -l /proc/self/fd | grep -c seccomp
		grep NoNewPrivs: /proc/self/status | tr "\t" " "
		grep Seccomp: /proc/self/status | tr "\t" " "')
	is "0 NoNewPrivs: $want Seccomp: 2" "${out//$'\n'/ }" "its process"
	run "$1" "${nodes[@]}" sh -c 'kill -9 $$' >/dev/null
	is 137 $? "status of one that was killed"
	run "$1" "${nodes[@]}" no-such-command >"$tmp/out"
	is 127 $? "status of no command"
	is "deputyctl: run: no-such-command: No such file or directory" \
		"$(cat "$tmp/out")" "its reason"
	run "$1" "${nodes[@]}" /etc/passwd >"$tmp/out"
	is 126 $? "status of what is no program"
}

# refused MODE REASON ARG...
refused()
{
	local mode=$1 reason=$2 status
	shift 2

	run "$mode" "$@" run -- touch started >"$tmp/out"
	status=$?
	is 125 $status "status"
	has "$(cat "$tmp/out")" "$reason" "reason"
	[ -e "$dir/started" ] && wrong "started: $reason"
}

case_run_refused()
{
	refused "$1" 'deputyctl: run: deputyd has no policy "nodse"' \
		--policy nodse
	if [ "$1" = root ]; then
		refused "$1" 'the bindings give it "nodes"' --policy unbound
	else
		refused "$1" "no binding of deputyd's policy matches" \
			--policy unbound
	fi
	refused "$1" 'notifies close' --policy close
	refused "$1" "deputyd does not run ($tmp/no.sock: No such file" \
		--policy nodes --listener "$tmp/no.sock"
	refused "$1" "$tmp/control.sock is deputyd's control socket, not its \
oci socket: use $tmp/oci.sock" --policy nodes --listener "$tmp/control.sock"
	[ "$1" = root ] && # others may not connect to it
		refused root "$tmp/lxc.sock is deputyd's lxc socket" \
			--policy nodes --listener "$tmp/lxc.sock"
	refused "$1" "$tmp/no.json: error: cannot read" --policy nodes \
		--file "$tmp/no.json"
}

# The command starts when deputyd has said that it took the listener, not before.
case_run_not_taken()
{
	local server reply

	for reply in '{"parameters":{"accepted":false,"reason":"as tried"}}' ''; do
		rm -f "$tmp/fake.sock"
		python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(2)
for reply in ("""{"parameters":{"accepted":true,"policy":"nodes",
		"socket":"oci"}}""", sys.argv[2]):
    conn, _ = s.accept()
    conn.recv(65536)
    conn.sendall(reply.encode() + (b"\0" if reply else b""))
    conn.close()
' "$tmp/fake.sock" "$reply" &
		server=$!
		until_true 10 test -S "$tmp/fake.sock" || wrong "no server"
		chmod 0666 "$tmp/fake.sock"
		if [ -n "$reply" ]; then
			refused "$1" "deputyd refused the listener: as tried" \
				--policy nodes --listener "$tmp/fake.sock"
		else
			refused "$1" "ended the connection without an answer" \
				--policy nodes --listener "$tmp/fake.sock"
		fi
		wait $server
	done
}

# One that is stopped: nothing waits for ever, and nothing starts.
case_run_stopped()
{
	kill -STOP "$daemon"
	refused "$1" "deputyd did not answer within 5 s ($tmp/oci.sock)" \
		--policy nodes
	kill -CONT "$daemon"
	until_true 20 no_containers || wrong "left: $(ctl list)"
}

# The other sockets, asked by mistake.
case_wrong_socket()
{
	is "deputyctl: $tmp/oci.sock is deputyd's oci socket, not its control \
socket: use $tmp/control.sock" \
		"$("$build/ctl/deputyctl" -s "$tmp/oci.sock" status 2>&1)" \
		"status of the OCI socket"
	has "$("$build/ctl/deputyctl" -s "$tmp/lxc.sock" status 2>&1)" \
		"is deputyd's lxc socket" "status of LXC's socket"
	# What others would get is not for who may only send listeners.
	has "$(python3 -c '
import json, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(b"""{"method":"io.deputy.Control.Check",
	"parameters":{"peer_uid":7}}\0""")
print(s.recv(65536))' "$tmp/oci.sock")" \
		'"org.varlink.service.InvalidParameter"' "Check of another uid"
}

# The namespaces that count are of who sends the listener, so bindings know whose.
case_run_owner()
{
	local out

	[ "$1" = root ] && {
		refused root 'the bindings give it "nodes"' --policy owned
		return
	}
	out=$(run user --policy owned run -- unshare -Ur \
		probe mknod null c 1:3 0600)
	is ok "$out" mknod
}

# Who is in a user namespace already is in its container: those below do not count.
case_run_inside()
{
	local out

	before=(unshare -Ur)
	out=$(run "$1" "${nodes[@]}" sh -c 'probe mknod null c 1:3 0600
		unshare -Ur probe mknod zero c 1:5 0600')
	before=()
	is "ok EPERM" "${out//$'\n'/ }" mknod
}

# When deputyd looks, the command may long be in a namespace of its own.
case_run_again()
{
	local i out=

	for ((i = 0; i < 30; i++)); do
		out+=$(run "$1" "${nodes[@]}" unshare -Ur \
			probe mknod null c 1:3 0600)
	done
	is "$(printf 'ok%.0s' {1..30})" "$out" mknod
}

# A policy that needs no notification needs no listener.
case_run_quiet()
{
	local out

	out=$(run "$1" --policy quiet run -- \
		unshare -Ur chroot . /bin/true)
	has "$out" "Numerical argument out of domain" "chroot"
}

# The kernel allows one listener for each task.
case_run_busy()
{
	local out

	out=$(run root "${nodes[@]}" "$build/ctl/deputyctl" \
		--listener "$tmp/oci.sock" \
		--file "$tmp/policy.json" run -- true)
	has "$out" "this process has a listener already" "a run within a run"
}

# One user more, with ids of its own: in the mounts of this test alone.
give_ids()
{
	[ -e "$tmp/subuid" ] && return
	{ cat /etc/passwd
	  echo "tester:x:$BUNDLE_ROOTLESS_ID:$BUNDLE_ROOTLESS_ID::$tmp:/bin/sh"
	} >"$tmp/passwd"
	echo "tester:$BUNDLE_FIRST_ID:65536" >"$tmp/subuid"
	echo "root:1:1" >"$tmp/no-subuid"
	[ -e /etc/subuid ] && [ -e /etc/subgid ] || return
	mount --bind "$tmp/passwd" /etc/passwd
	mount --bind "$tmp/subuid" /etc/subuid
	mount --bind "$tmp/subuid" /etc/subgid
}

# node FILE: as it is seen from outside
node()
{
	stat -c '%F %Hr:%Lr %u:%g %a' "$1"
}

# A root of mapped ids, with mounts: nodes, owners, archives with both; and all of
# it is looked at from outside.
case_run_userns()
{
	local out own first
	own=$(host_id "$1") first=42
	[ "$1" = root ] || first=$((BUNDLE_FIRST_ID + 41))
	give_ids

	# shellcheck disable=SC2016 # it is for the other shell
	run "$1" --policy nodes run --userns -- sh -e -c '
		id -u; id -g
		[ "$(cat /proc/$PPID/comm)" != deputyctl ] || echo a child
		mknod -m 640 null c 1 3 && echo x >null
		chown 42:42 null
		mkdir -p made out mounted
		mknod -m 666 made/zero c 1 5; mknod made/full c 1 7
		chown 42 made/full
		tar -cf made.tar made && tar -C out --numeric-owner -xpf made.tar
		mount -t tmpfs none mounted && touch mounted/here
		unshare -U probe mknod nested c 1:3 0600
		grep NoNewPrivs: /proc/self/status | tr "\t" " "' >"$tmp/out"
	out=$(cat "$tmp/out")
	is "0 0 EPERM NoNewPrivs: 0" "${out//$'\n'/ }" "what it says"
	is "character special file 1:3 $first:$first 640" "$(node "$dir/null")" \
		"a node with another owner"
	is "character special file 1:5 $own:$own 666" \
		"$(node "$dir/out/made/zero")" "an unpacked node"
	is "character special file 1:7 $first:$own" \
		"$(node "$dir/out/made/full" | sed 's/ [0-9]*$//')" \
		"an unpacked node with another owner"
	[ -e "$dir/mounted/here" ] && wrong "its mount is the host's, too"
}

# It stays the process that was started; what ends it, ends it as seen from here.
case_run_userns_process()
{
	local pid
	give_ids

	run "$1" --policy nodes run --userns -- sh -c 'exit 7'
	is 7 $? "status"
	# shellcheck disable=SC2016 # it is for the other shell
	run "$1" --policy nodes run --userns -- sh -c 'kill -9 $$' >/dev/null
	is 137 $? "status of one that was killed"
	mkfifo "$tmp/started.$1"
	chmod 0666 "$tmp/started.$1"
	# shellcheck disable=SC2016 # the same
	(cd "$tmp" && as_mode "$1" "$build/ctl/deputyctl" \
		--listener "$tmp/oci.sock" --file "$tmp/policy.json" \
		--policy nodes run --userns -- sh -c '
		trap "exit 9" TERM; echo $$ >"$0"; while :; do sleep 0.01; done' \
		"$tmp/started.$1") &
	read -r pid <"$tmp/started.$1"
	kill -TERM "$pid"
	wait $!
	is 9 $? "status of one that was told to end"
}

case_run_userns_refused()
{
	local out
	give_ids

	before=(setpriv --no-new-privs)
	refused user "no_new_privs, below which newuidmap has no effect" \
		--policy nodes --userns
	before=()
	mount --bind "$tmp/no-subuid" /etc/subuid
	refused user "/etc/subuid has no ids for this user: as root, usermod \
--add-subuids 100000-165535 tester" --policy nodes --userns
	umount /etc/subuid
	before=(env PATH=/nowhere)
	refused user "newuidmap: No such file" --policy nodes --userns
	before=()
	# the order that cannot work gets a hint
	out=$(run user --policy nodes run -- unshare -Ur --map-auto true)
	has "$out" '"run --userns" maps the ids before' "the hint"
	has "$out" "newuidmap" "what fails then"
}

# -- deputy-runtime ----------------------------------------------------------------

# bare_config DIR [POLICY]: no listener in it, and an annotation.
bare_config()
{
	python3 -c '
import json, sys
path, policy = sys.argv[1:]
config = json.load(open(path))
config["linux"]["seccomp"] = {
    "defaultAction": "SCMP_ACT_ALLOW",
    "architectures": config["linux"]["seccomp"]["architectures"],
    "syscalls": [{"names": ["swapon", "mknod"], "action": "SCMP_ACT_ERRNO",
                  "errnoRet": 38}]}
if policy:
    config["annotations"] = {"io.deputy.policy": policy}
json.dump(config, open(path, "w"), indent=1)' "$1/config.json" "$2"
}

# new_bundle MODE NAME [POLICY]: $dir; standard input is what it runs.
new_bundle()
{
	local mode=${1#*.}
	dir=$tmp/$2.$1
	bundle_new "$dir" "$mode" "" "" "$tmp/probe"
	bundle_command "$dir"
	bare_config "$dir" "${3:-}"
	[ "$mode" = userns ] || chown -R \
		"$BUNDLE_ROOTLESS_ID:$BUNDLE_ROOTLESS_ID" "$dir"
}

# wrapper MODE [--deputy-OPTION...] ARG...: the wrapper with a state of its own.
wrapper()
{
	local mode=$1
	shift

	mkdir -p "$tmp/state.$mode"
	[[ $mode == *userns ]] ||
		chown "$BUNDLE_ROOTLESS_ID" "$tmp/state.$mode"
	as_mode "$mode" timeout -k 5 120 "$build/hook/deputy-runtime" \
		--deputy-runtime "${mode%.*}" --deputy-file "$tmp/policy.json" \
		--deputy-listener "$tmp/oci.sock" \
		--deputy-control-socket "$tmp/control.sock" \
		--root "$tmp/state.$mode" "$@" 2>&1 </dev/null |
		sed '/^new[ug]idmap: /d'
}

case_wrapper()
{
	local out id status
	read -r id _ < <(bundle_ids "${1#*.}")

	new_bundle "$1" wrapped nodes <<-'END'
		probe mknod /t/null c 1:3 0666
		probe mknod /t/fifo p 0:0 0644
		probe mknodat /t sda b 8:0 0600
		probe setxattr /t trusted.overlay.opaque y
		exit 9
	END
	wrapper "$1" run -b "$dir" "wrapped.$1" >"$tmp/out"
	status=$?
	out=$(tr '\n' ' ' <"$tmp/out")
	is 9 $status "exit status"
	# The FIFO falls to the base's rule, which was there before.
	is "ok ENOSYS EPERM ok " "$out" "answers"
	is "character special file 1:3 $id:$id 644" \
		"$(node "$dir/rootfs/t/null")" null
	is y "$(attr "$dir/rootfs/t" trusted.overlay.opaque)" attribute
	is "$(stat -c %u "$dir")" "$(stat -c %u "$dir/config.json")" owner
	is "config.json rootfs" "$(cd "$dir" && echo *)" "the bundle"
	# Once more, from within the bundle.
	out=$(cd "$dir" && wrapper "$1" run "again.$1")
	has "$out" EEXIST "the second time"
}

# The process of an exec is under the filter of its container.
case_wrapper_exec()
{
	local id out
	read -r id _ < <(bundle_ids "${1#*.}")

	new_bundle "$1" exec nodes <<-'END'
		echo ready >/t/ready
		read -r line </t/stop
	END
	mkfifo -m 0644 "$dir/rootfs/t/stop"
	wrapper "$1" run --bundle="$dir" "exec.$1" >"$dir/out" &
	until_true 20 test -s "$dir/rootfs/t/ready" || wrong "$(cat "$dir/out")"
	cp "$dir/config.json" "$tmp/before"
	out=$(wrapper "$1" exec "exec.$1" /bin/probe mknod /t/null c 1:3 0600)
	is ok "$out" "mknod by exec"
	wrapper "$1" exec "exec.$1" /bin/sh -c 'exit 5' >/dev/null
	is 5 $? "exit status of exec"
	cmp "$tmp/before" "$dir/config.json" || wrong "exec changed config.json"
	is "character special file 1:3 $id:$id 600" \
		"$(node "$dir/rootfs/t/null")" "made by exec"
	release "$dir/rootfs/t/stop"
	wait $!
	until_true 10 no_containers || wrong "a listener is left"
}

# Who asks for nothing gets nothing, byte for byte, deputyd or not.
case_wrapper_untouched()
{
	local out

	new_bundle "$1" plain <<-'END'
		probe mknod /t/null c 1:3 0666
	END
	cp "$dir/config.json" "$tmp/before"
	out=$(wrapper "$1" --deputy-control-socket "$tmp/no.sock" run -b "$dir" \
		"plain.$1")
	is ENOSYS "$out" "mknod"
	cmp "$tmp/before" "$dir/config.json" || wrong "config.json changed"
	has "$(wrapper "$1" --version)" "${1%.*} version" "--version"
	# But by an option, for engines without annotations.
	out=$(wrapper "$1" --deputy-policy=nodes run -b "$dir" "plain.$1")
	is ok "$out" "mknod with --deputy-policy"
}

# not_started MODE REASON OPTION...
not_started()
{
	local mode=$1 reason=$2
	shift 2

	rm -f "$dir/log"
	wrapper "$mode" "$@" --log "$dir/log" --log-format json run -b "$dir" \
		"refused.$mode" >"$tmp/out"
	is 1 $? "exit status"
	has "$(cat "$tmp/out")" "$reason" "standard error"
	has "$(python3 -c 'import json, sys
for line in open(sys.argv[1]):
    entry = json.loads(line)
    print(entry["level"], entry["msg"])' "$dir/log")" "error deputy-runtime: " log
	cmp -s "$tmp/before" "$dir/config.json" || wrong "config.json changed"
	[ -e "$dir/rootfs/t/started" ] && wrong "started: $reason"
}

case_wrapper_refused()
{
	new_bundle "$1" refused nodes <<-'END'
		echo >/t/started
	END
	cp "$dir/config.json" "$tmp/before"
	not_started "$1" "deputyd does not run ($tmp/no.sock" \
		--deputy-control-socket "$tmp/no.sock"
	not_started "$1" "no.json: error: cannot read" \
		--deputy-file "$tmp/no.json"
	not_started "$1" "no runtime $build/hook/deputy-runtime but this one" \
		--deputy-runtime "$build/hook/deputy-runtime"
	not_started "$1" "--deputy-polcy=x: see deputy-runtime" --deputy-polcy=x
	sed -i 's/"io.deputy.policy": "nodes"/"io.deputy.policy": "nodse"/' \
		"$dir/config.json"
	cp "$dir/config.json" "$tmp/before"
	not_started "$1" 'no policy "nodse" (did you mean "nodes"?)'
	sed -i 's/"io.deputy.policy": "nodse"/"io.deputy.policy": "unbound"/' \
		"$dir/config.json"
	cp "$dir/config.json" "$tmp/before"
	if [[ $1 == *userns ]]; then
		not_started "$1" 'the container wants policy "unbound", but the bindings give it "nodes"'
	else
		not_started "$1" "no binding of deputyd's policy matches"
	fi
}

# Which runtime is the true one: by option, environment, own name, PATH.
case_wrapper_finds()
{
	local out name bin=$tmp/bin

	mkdir -p "$bin"
	for name in runc crun other; do
		printf '#!/bin/sh\necho %s "$@"\n' "$name" >"$bin/$name"
		chmod 0755 "$bin/$name"
	done
	ln -sf "$build/hook/deputy-runtime" "$bin/deputy-crun"
	ln -sf "$build/hook/deputy-runtime" "$bin/deputy-runtime"
	is "runc --root /create list" \
		"$(PATH=$bin deputy-runtime --root /create list)" "PATH"
	is "crun state x" "$(PATH=$bin deputy-crun state x)" "own name"
	is "other kill -9" "$(PATH=$bin DEPUTY_RUNTIME=other deputy-crun kill -9)" \
		"environment"
	is "runc" "$(PATH=$bin DEPUTY_RUNTIME=other deputy-crun \
		--deputy-runtime="$bin/runc")" "option"
	is "runc exec --deputy-file x --deputy-help" "$(PATH=$bin deputy-runtime \
		exec --deputy-file x --deputy-help)" "behind the command"
	rm "$bin/runc" "$bin/crun"
	out=$(PATH=$bin deputy-runtime list 2>&1)
	has "$out" "no runc, crun or youki in PATH" "none"
}

# -- deputy-hook ---------------------------------------------------------------------

hook()
{
	"$build/hook/deputy-hook" --file "$tmp/policy.json" \
		--listener "$tmp/oci.sock" --control-socket "$tmp/control.sock" \
		"$@"
}

# An engine's part is played here; see engines.sh for real ones.
case_hook()
{
	local out state

	new_bundle runc.userns hook nodes </dev/null
	state="{\"ociVersion\":\"1.0.2\",\"id\":\"x\",\"bundle\":\"$dir\"}"
	out=$(hook createRuntime <<<"$state" 2>&1)
	is 1 $? "gate without a listener"
	has "$out" "this engine runs no precreate hooks" "its reason"
	hook precreate <"$dir/config.json" >"$dir/made" 2>"$tmp/out" || wrong "precreate"
	mv "$dir/made" "$dir/config.json"
	out=$(hook createRuntime <<<"$state" 2>&1)
	is "0 " "$? $out" "gate"
	out=$(hook --control-socket "$tmp/no.sock" createRuntime <<<"$state" 2>&1)
	is 1 $? "gate without deputyd"
	has "$out" "deputy-hook: deputyd does not run" "its reason"
	out=$(hook --control-socket "$tmp/oci.sock" createRuntime <<<"$state" 2>&1)
	is "0 " "$? $out" "gate with the OCI socket, which answers it, too"
	out=$(hook --control-socket "$tmp/lxc.sock" createRuntime <<<"$state" 2>&1)
	is 1 $? "gate with the wrong socket"
	has "$out" "is deputyd's lxc socket" "its reason"
	chmod 0600 "$tmp/control.sock"
	out=$(as_mode user "$build/hook/deputy-hook" \
		--listener "$tmp/oci.sock" --control-socket "$tmp/control.sock" \
		--file "$tmp/policy.json" createRuntime <<<"$state" 2>&1)
	is "0 " "$? $out" "gate of a user who may connect to the OCI socket alone"
	chmod 0666 "$tmp/control.sock"
	out=$(hook precreate <<<'{"annotations":{"io.deputy.policy":"x"},' 2>&1)
	is 1 $? "precreate of half a config"
	has "$out" "config.json:2:1: error: the file ends here" "its reason"
	echo '{ "x" : 1e3 }' >"$tmp/before"
	hook precreate <"$tmp/before" >"$tmp/out"
	cmp "$tmp/out" "$tmp/before" || wrong "bytes"
	hook createRuntime <<<'{}' 2>/dev/null
	is 1 $? "gate of no state"
	hook poststart </dev/null 2>/dev/null
	is 2 $? "a stage that there is not"
}

# gate PID: of a container whose policy hangs on its user namespace's owner.
gate()
{
	hook createRuntime 2>&1 <<-END
	{"ociVersion":"1.0.2","id":"x","bundle":"$dir","pid":$1}
	END
}

# The gate knows what the listener will be bound by, once there is a process.
case_hook_facts()
{
	local out its

	new_bundle runc.userns hook_facts owned </dev/null
	hook precreate <"$dir/config.json" >"$dir/made" || wrong "precreate"
	mv "$dir/made" "$dir/config.json"
	out=$(gate 0)
	is "0 " "$? $out" "gate without a process"
	unshare -U sleep 100 &
	its=$!
	until_true 10 not_ours $its
	out=$(gate $its)
	is 1 $? "gate before a namespace of root's"
	has "$out" 'the container wants policy "owned"' "its reason"
	kill $its
	wait $its 2>/dev/null
	setpriv --reuid "$BUNDLE_ROOTLESS_ID" --regid "$BUNDLE_ROOTLESS_ID" \
		--clear-groups unshare -U sleep 100 &
	its=$!
	until_true 10 not_ours $its
	out=$(gate $its)
	is "0 " "$? $out" "gate before one of the user's"
	kill $its
	wait $its 2>/dev/null
}

not_ours()
{
	[ "$(readlink "/proc/$1/ns/user")" != "$(readlink /proc/self/ns/user)" ]
}

# -- all of it -------------------------------------------------------------------------

main()
{
	make_scratch "$(why_no_runc)"
	compile_probes
	write_policy
	start_daemon --policy "$tmp/policy.json"
	run_cases "$@"
	summary
}

main "$@"
