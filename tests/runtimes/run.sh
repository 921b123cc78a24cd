#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# run.sh BUILD-DIR [CASE...]: real containers of an unmodified runc, started by
# root with a user namespace and rootless, against a real deputyd. What came of
# their calls is looked at from outside. A case is a function case_NAME, called
# with each of its modes; to add one, write it and name it in "cases".
#
# Exit status 0 good, 1 a failure, 77 this machine can't run them.
# shellcheck disable=SC2016 # expressions in single quotes are for other shells
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
policy=$here/../../policy/builtin.json # which is deputyd's own
build=$(cd "${1:?usage: run.sh BUILD-DIR [CASE...]}" && pwd)
shift
# shellcheck source=tests/runtimes/suite.sh
. "$here/suite.sh"

# NAME and the modes it runs in.
cases=(
	"basic userns rootless"
	"plain_user userns"
	"i386 userns rootless"
	"profile userns rootless"
	"devices userns" # rootless, there is no device cgroup
	"exec userns" # rootless, runc itself cannot, up to 1.3: EPERM of pidfd_getfd
	"facts userns rootless"
	"thousand userns rootless"
	"worker_killed userns"
	"container_killed userns"
	"two_hundred userns"
	"worker_memory userns"
)

# delete_containers MODE: those that a case cut short has left.
delete_containers()
{
	local id

	[ -d "$tmp/state.$1" ] || return
	for id in $(runc_in "$1" list -q 2>/dev/null); do
		runc_in "$1" delete --force "$id" >/dev/null 2>&1
	done
}

cleanup()
{
	if [ -n "$tmp" ]; then
		delete_containers userns
		delete_containers rootless
	fi
	end_suite
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# -- deputyd and containers ---------------------------------------------------

# new_bundle MODE NAME: print its directory; standard input is what it runs.
new_bundle()
{
	local dir=$tmp/$2.$1
	bundle_new "$dir" "$1" "$tmp/oci.sock" "" "$probe" ${probe32:+"$probe32"}
	bundle_command "$dir"
	echo "$dir"
}

runc_in()
{
	bundle_runc "$1" "$tmp/state.$1" "${@:2}"
}

# run MODE NAME: what the container of new_bundle's standard input prints.
run()
{
	local dir
	dir=$(new_bundle "$1" "$2")
	timeout -k 5 120 "$BASH" -c '. "$1"; shift; bundle_runc "$@"' bash \
		"$here/bundle.sh" "$1" "$tmp/state.$1" \
		run -b "$dir" "$2" 2>&1 </dev/null
}

first_id()
{
	local id
	read -r id _ < <(bundle_ids "$1")
	echo "$id"
}

daemon_rss_kib()
{
	awk '/^Rss:/ { print $2 }' "/proc/$daemon/smaps_rollup"
}

# -- the cases ----------------------------------------------------------------

case_basic()
{
	local id out t
	id=$(first_id "$1")

	out=$(run "$1" basic <<-'END'
		probe mknod /t/null c 1:3 0666
		probe write /t/null
		probe mknodat /t full c 1:7 0600
		probe mknod /t/null c 1:3 0666
		probe mknod /t/no/null c 1:3 0666
		probe mknod /t/sda b 8:0 0600
		probe mknod /t/mem c 1:1 0600
		probe mknod /t/fifo p 0:0 0644
		probe mknod /t/whiteout c 0:0 0644
		probe setxattr /t user.x v
		probe setxattr /t trusted.overlay.opaque y
		probe setxattr /t trusted.overlay.opaque n
		probe lsetxattr /t trusted.other y
		probe fsetxattr /t user.f v
	END
	)
	is "ok ok ok EEXIST ENOENT EPERM EPERM ok ok ok ok EPERM EPERM ok" \
		"${out//$'\n'/ }" "answers"
	t=$tmp/basic.$1/rootfs/t
	is "character special file 1:3 $id:$id 644" "$(node "$t/null")" null
	is "character special file 1:7 $id:$id 600" "$(node "$t/full")" full
	is "fifo 0:0 $id:$id 644" "$(node "$t/fifo")" fifo
	[ -e "$t/sda" ] && wrong "the block device was made"
	[ -e "$t/mem" ] && wrong "/dev/mem was made"
	is y "$(attr "$t" trusted.overlay.opaque)" trusted.overlay.opaque
	is v "$(attr "$t" user.x)" user.x
	is "" "$(attr "$t" trusted.other)" trusted.other
}

# CAP_MKNOD is not theirs, so the kernel itself refuses.
case_plain_user()
{
	local out

	out=$(run "$1" plain <<-'END'
		chmod 0777 /t
		probe as 1000 mknod /t/null c 1:3 0666
		probe as 1000 setxattr /t trusted.overlay.opaque y
		probe as 1000 mknod /t/fifo p 0:0 0644
	END
	)
	is "EPERM EPERM ok" "${out//$'\n'/ }" "answers"
	[ -e "$tmp/plain.$1/rootfs/t/null" ] && wrong "the node was made"
	is "" "$(attr "$tmp/plain.$1/rootfs/t" trusted.overlay.opaque)" attribute
}

case_i386()
{
	local id out
	id=$(first_id "$1")

	[ -n "$probe32" ] || {
		skip "no compiler for 32-bit programs (gcc-multilib)"
		return
	}
	out=$(run "$1" i386 <<-'END'
		probe32 mknod /t/null c 1:3 0640
		probe32 mknodat /t zero c 1:5 0600
		probe32 mknod /t/sda b 8:0 0600
		probe32 setxattr /t trusted.overlay.opaque y
		probe32 setxattr /t user.x v
	END
	)
	is "ok ok EPERM ok ok" "${out//$'\n'/ }" "answers"
	is "character special file 1:3 $id:$id 640" \
		"$(node "$tmp/i386.$1/rootfs/t/null")" null
	is y "$(attr "$tmp/i386.$1/rootfs/t" trusted.overlay.opaque)" attribute
}

# A base that is strict, but knows every call that this machine's headers know,
# other than chroot.
strict_base()
{
	echo '#include <sys/syscall.h>' | ${CC:-gcc} -E -dM - |
		sed -n 's/^#define __NR_\([a-z0-9_]*\) .*/\1/p' |
		python3 -c '
import json, sys
names = sorted(set(sys.stdin.read().split()) - {"chroot"})
json.dump({
    "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
    "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
    "syscalls": [{"names": names, "action": "SCMP_ACT_ALLOW"}]}, sys.stdout)'
}

received()
{
	ctl --json status | json 'r["counters"]["received"]'
}

# generate BASE-OPTION...: to $tmp/profile.json, and by its own check good.
generate()
{
	"$build/ctl/deputyctl" policy profile "$policy" \
		--listener "$tmp/oci.sock" "$@" >"$tmp/profile.json" \
		2>"$tmp/out" || wrong "no profile: $(cat "$tmp/out")"
	"$build/ctl/deputyctl" policy check "$policy" \
		--profile "$tmp/profile.json" >"$tmp/out" 2>&1 ||
		wrong "$(cat "$tmp/out")"
}

# with_profile MODE NAME NOTIFIED ANSWERS: run standard input under the profile.
with_profile()
{
	local dir out before

	dir=$(new_bundle "$1" "$2")
	bundle_seccomp "$dir" "$tmp/profile.json"
	until_true 10 no_containers || wrong "a listener is left"
	before=$(received)
	out=$(runc_in "$1" run -b "$dir" "$2" 2>&1 </dev/null | sed 's/.*: //')
	is "$4" "${out//$'\n'/ }" "answers of $2"
	until_true 10 no_containers || wrong "a listener is left"
	is $((before + $3)) "$(received)" "notified of $2"
}

# A generated profile, alone and on a base: what rules need is notified, the
# rest never reaches deputyd.
case_profile()
{
	local on chroot

	for on in nothing base; do
		if [ $on = base ]; then
			strict_base >"$tmp/base.json"
			generate --base "$tmp/base.json"
			chroot="Function not implemented" # not the kernel's
		else
			generate
			chroot="Operation not permitted"
		fi
		with_profile "$1" "left.$on" 0 \
			"ok ok ok EPERM EPERM ok EPERM $chroot" <<-'END'
			probe mknod /t/fifo p 0:0 0644
			probe mknodat /t file p 0:0 0644
			probe mknod /t/whiteout c 0:0 0644
			probe mknod /t/mem c 1:1 0600
			probe mknod /t/sda b 8:0 0600
			probe setxattr /t user.x vv
			probe fsetxattr /t trusted.overlay.opaque yes
			busybox chroot /t /bin/none 2>&1
		END
		# Of the second thousand those whose value has one byte.
		with_profile "$1" "needed.$on" $((100 + 1 + 1 + 1 + 10 + 1)) \
			"100 of 100 ok ok ok 1000 of 1000 ok" <<-'END'
			probe mknod-loop /t/n 100
			probe mknod /t/null c 1:3 0666
			probe mknodat /t tty c 5:0 0600
			probe setxattr /t user.x v
			probe setxattr-loop /t 1000
			probe lsetxattr /t trusted.overlay.opaque y
		END
	done
}

# refused OPTION PATH: what "policy check" says a container could not open.
refused()
{
	"$build/ctl/deputyctl" policy check "$tmp/nodes.json" "$@" 2>&1 |
		sed -n 's/.* refuses to open //p'
}

# cgroup_of PID: the directory whose devices it may open.
cgroup_of()
{
	local path
	path=$(sed -n 's/^[0-9]*:devices://p' "/proc/$1/cgroup")
	if [ -n "$path" ]; then
		echo "/sys/fs/cgroup/devices$path"
	else
		echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$1/cgroup")"
	fi
}

# try_devices MODE NAME ALLOWED WANT-REFUSED WANT-ANSWERS: in a container that
# may open ALLOWED besides, too. No driver has 1:200, so it opens nothing.
try_devices()
{
	local dir out pid
	dir=$(new_bundle "$1" "$2" <<-'END'
		read -r _ </t/go
		probe write /t/null
		probe write /t/odd
	END
	)
	mkfifo "$dir/rootfs/t/go"
	mknod -m 0666 "$dir/rootfs/t/null" c 1 3
	mknod -m 0666 "$dir/rootfs/t/odd" c 1 200
	python3 -c 'import json, sys
config = json.load(open(sys.argv[1]))
config["linux"]["resources"]["devices"] += json.loads(sys.argv[2])
json.dump(config, open(sys.argv[1], "w"))' "$dir/config.json" "$3"
	is "$4" "$(refused --oci-config "$dir/config.json")" "by config.json"
	runc_in "$1" run -b "$dir" "$2" >"$dir/out" 2>&1 </dev/null &
	until_true 20 runs "$1" "$2" || wrong "no start"
	pid=$(runc_in "$1" state "$2" | json 'r["pid"]')
	is "$4" "$(refused --cgroup "$(cgroup_of "$pid")")" "by the cgroup"
	release "$dir/rootfs/t/go"
	until_true 20 no_containers || wrong "the container did not end"
	out=$(<"$dir/out")
	is "$5" "${out//$'\n'/ }" "answers"
}

runs()
{
	[ "$(runc_in "$1" state "$2" 2>/dev/null | json 'r["status"]' \
		2>/dev/null)" = running ]
}

# What would be refused at open is what is refused at open.
case_devices()
{
	cat >"$tmp/nodes.json" <<-'END'
		{ "version": 1, "policies": { "p": { "rules": [
		  { "syscalls": ["mknod"], "match": { "type": "char",
		    "device": ["1:3", "1:200"] }, "action": "emulate" } ],
		  "default": "continue" } },
		  "bindings": [{ "when": {}, "policy": "p" }] }
	END
	try_devices "$1" few '[]' "c 1:200" "ok EPERM"
	try_devices "$1" more '[{ "allow": true, "type": "c", "major": 1,
		"minor": 200, "access": "rw" }]' "" "ok ENXIO"
	try_devices "$1" half '[{ "allow": true, "type": "c", "major": 1,
		"minor": 200, "access": "r" }]' "c 1:200 for writing" "ok EPERM"
}

has_line()
{
	grep -qx "$2" "$1" 2>/dev/null
}

case_exec()
{
	local dir out counts
	dir=$(new_bundle "$1" exec <<-'END'
		probe mknod /t/first c 1:3 0600
		echo ready
		read -r line </t/stop
	END
	)
	mkfifo -m 0644 "$dir/rootfs/t/stop" "$dir/rootfs/t/stop2"
	runc_in "$1" run -b "$dir" "exec.$1" >"$dir/out" 2>&1 </dev/null &
	until_true 20 has_line "$dir/out" ready || wrong "no start: $(cat "$dir/out")"
	# It stays for a look at the list, then makes its node.
	runc_in "$1" exec "exec.$1" /bin/sh -c \
		'probe mknod /t/second c 1:5 0600; read -r x </t/stop2' \
		>"$dir/out2" 2>&1 </dev/null &
	until_true 20 has_line "$dir/out2" ok || wrong "exec: $(cat "$dir/out2")"
	counts=$(ctl --json list | json \
		'" ".join(str(c["listeners"]) for c in r["containers"])')
	is 2 "$counts" "listeners of each container"
	release "$dir/rootfs/t/stop2"
	release "$dir/rootfs/t/stop"
	until_true 10 no_containers || wrong "the container did not end"
	out=$(node "$dir/rootfs/t/second")
	is "character special file 1:5 $(first_id "$1"):$(first_id "$1") 600" \
		"$out" "made by exec"
}

# What bindings look at is what runc and the kernel say.
case_facts()
{
	local dir pid owner=0
	[ "$1" = rootless ] && owner=$BUNDLE_ROOTLESS_ID
	dir=$(new_bundle "$1" facts <<<'echo ready; read -r line </t/stop')
	mkfifo -m 0644 "$dir/rootfs/t/stop"
	runc_in "$1" run -b "$dir" "facts.$1" >"$dir/out" 2>&1 </dev/null &
	until_true 20 has_line "$dir/out" ready || wrong "no start: $(cat "$dir/out")"
	pid=$(runc_in "$1" state "facts.$1" | json 'r["pid"]')
	is "$owner $owner $owner $dir $(cut -d: -f3- "/proc/$pid/cgroup" | LC_ALL=C sort -u | xargs)" \
		"$(ctl --json show "facts.$1" | json '"{peer_uid} {peer_gid} {userns_owner} {bundle} {paths}".format(
			**r["container"], **r["facts"], paths=" ".join(sorted(r["facts"]["cgroups"])))')" facts
	release "$dir/rootfs/t/stop"
	until_true 10 no_containers || wrong "the container did not end"
}

case_thousand()
{
	local out

	out=$(run "$1" thousand <<-'END'
		probe mknod-loop /t/n 1000
		probe setxattr-loop /t 1000
	END
	)
	is "1000 of 1000 1000 of 1000" "${out//$'\n'/ }" "right answers"
}

# A node made and unmade all the time, in two containers; workers of one are
# killed. Both must get every answer right.
case_worker_killed()
{
	local one two kills=0 pid right all restarts end=$((SECONDS + 60))
	one=$(new_bundle "$1" killed <<-'END'
		probe mknod-until /t/n /t/stop /t/progress
	END
	)
	two=$(new_bundle "$1" other <<-'END'
		probe mknod-until /t/n /t/stop /t/progress
	END
	)
	runc_in "$1" run -b "$one" killed >"$one/out" 2>&1 </dev/null &
	runc_in "$1" run -b "$two" other >"$two/out" 2>&1 </dev/null &
	until_true 20 test -s "$one/rootfs/t/progress" || wrong "no start"
	until_true 20 test -s "$two/rootfs/t/progress" || wrong "no start"
	while [ $kills -lt 30 ] && [ $SECONDS -lt $end ]; do
		pid=$(ctl --json show killed | json \
			'r["listeners"][0]["worker_pid"]')
		[ "${pid:-0}" -gt 0 ] && kill -KILL "$pid" 2>/dev/null &&
			kills=$((kills + 1))
	done
	is 30 $kills "kills in a minute"
	restarts=$(ctl --json show other | json \
		'r["listeners"][0]["restarts"]')
	is 0 "$restarts" "restarts of the other's worker"
	touch "$one/rootfs/t/stop" "$two/rootfs/t/stop"
	until_true 20 no_containers || wrong "the containers did not end"
	for pid in "$one" "$two"; do
		# runc warns of the cgroup that the two share.
		read -r right _ all < <(grep ' of ' "$pid/out" | grep -v level=)
		is "$all" "$right" "right answers in ${pid##*/}"
		[ "${all:-0}" -gt 100 ] || wrong "only ${all:-no} calls"
	done
}

case_container_killed()
{
	local dir fds i
	fds=$(daemon_fds)

	for i in 1 2 3 4 5; do
		dir=$(new_bundle "$1" "dead$i" <<-'END'
			probe mknod-until /t/n /t/stop /t/progress
		END
		)
		runc_in "$1" run -b "$dir" "dead$i" >"$dir/out" 2>&1 </dev/null &
		until_true 20 test -s "$dir/rootfs/t/progress" || wrong "no start"
		runc_in "$1" kill "dead$i" KILL
		wait $!
		until_true 10 no_containers || wrong "a listener is left"
	done
	is "" "$(worker_pids)" "workers left"
	is "$fds" "$(daemon_fds)" "fds of deputyd"
}

# As after ten, so after two hundred.
case_two_hundred()
{
	local dir i fds='' rss='' now
	dir=$(new_bundle "$1" many <<-'END'
		probe mknod /t/n c 1:3 0600
	END
	)
	for ((i = 1; i <= 200; i++)); do
		rm -f "$dir/rootfs/t/n"
		runc_in "$1" run -b "$dir" "many$i" >"$dir/out" 2>&1 </dev/null
		is ok "$(cat "$dir/out")" "container $i"
		[ $case_failed = 0 ] || return
		if [ $i = 10 ]; then
			until_true 10 no_containers
			fds=$(daemon_fds) rss=$(daemon_rss_kib)
		fi
	done
	until_true 10 no_containers || wrong "a listener is left"
	is "$fds" "$(daemon_fds)" "fds of deputyd"
	now=$(daemon_rss_kib)
	# The sanitizer's own quarantine of freed memory grows.
	[ -n "$sanitized" ] && return
	[ $((now - rss)) -le 64 ] ||
		wrong "deputyd grew from $rss KiB to $now KiB"
}

# What processes share counts by shares, so not with one alone: of ten, each.
case_worker_memory()
{
	local dir i pid pss worst=0 pids
	dir=$(new_bundle "$1" memory <<-'END'
		probe mknod-loop /t/n.$$ 100
		echo ready
		read -r line </t/stop
	END
	)
	mkfifo -m 0644 "$dir/rootfs/t/stop"
	for i in 1 2 3 4 5 6 7 8 9 10; do
		runc_in "$1" run -b "$dir" "memory$i" >"$dir/out$i" 2>&1 \
			</dev/null &
		until_true 20 has_line "$dir/out$i" ready ||
			wrong "no start: $(cat "$dir/out$i")"
	done
	read -ra pids < <(worker_pids)
	is 10 "${#pids[@]}" "workers"
	for pid in "${pids[@]}"; do
		pss=$(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup")
		[ "$pss" -gt "$worst" ] && worst=$pss
	done
	echo "    the largest worker's PSS: $worst KiB"
	# A sanitizer's memory is its own.
	[ -n "$sanitized" ] || [ "$worst" -le 200 ] || wrong "$worst KiB is more than 200"
	for i in 1 2 3 4 5 6 7 8 9 10; do
		runc_in "$1" kill "memory$i" KILL
	done
	until_true 10 no_containers || wrong "the containers did not end"
}

# -- running them ---------------------------------------------------------------

main()
{
	make_scratch "$(why_no_runc)"
	sanitized=''
	[[ $(nm -D "$build/daemon/deputyd") == *__asan_init* ]] && sanitized=1
	compile_probes
	# shellcheck disable=SC2119 # no options
	start_daemon
	run_cases "$@"
	summary
}

main "$@"
