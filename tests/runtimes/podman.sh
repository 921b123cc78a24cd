#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# podman.sh BUILD-DIR [RUNTIME...]: the example of deputy-policy(5) as its page
# says, by Podman with runc and crun: containers that root starts with one
# annotation may make and open /dev/fuse, no others may. Not part of ctest, for
# Podman is big: run it by hand. It installs Podman where that is missing.
#
# Podman's images and containers are in a directory of their own, its cgroups
# below /libpod_parent. No systemd is needed, nor CAP_SYS_RESOURCE: hence the
# limits that are given.
#
# Exit status 0 good, 1 a failure, 77 this machine can't run them.
# shellcheck disable=SC2016 # expressions in single quotes are for other shells
set -uo pipefail

build=$(cd "${1:?usage: podman.sh BUILD-DIR [RUNTIME...]}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
"$here/../../tools/install-deps" podman || exit 1
shift
[ $# -gt 0 ] || set -- runc crun
# shellcheck source=tests/runtimes/example.sh
. "$here/example.sh"
own_mounts "$0" "$build" "$@"

podman()
{
	command podman --root "$tmp/storage" --runroot "$tmp/run" \
		--tmpdir "$tmp/libpod" --storage-driver vfs \
		--cgroup-manager cgroupfs --events-backend none "$@"
}

cleanup()
{
	local mount

	if [ -n "$tmp" ]; then
		podman rm --all --force --time 0 >/dev/null 2>&1
		for mount in $(findmnt -rno TARGET | grep "^$tmp/" | tac); do
			umount "$mount"
		done
	fi
	end_suite
}
trap cleanup EXIT
trap 'exit 1' INT TERM

make_image()
{
	local root=$tmp/rootfs

	bundle_rootfs "$root" "$probe" || return
	ln -s busybox "$root/bin/mknod"
	tar -C "$root" --owner=0 --group=0 -cf "$tmp/image.tar" . || return
	podman import -q "$tmp/image.tar" deputy:test >/dev/null
}

# container NAME RUNTIME ANNOTATION PROFILE ANSWERS RECEIVED [OPTION...]
container()
{
	local name=$1.$2 out before root

	before=$(example_received)
	out=$(timeout -k 5 60 "$BASH" -c "$(declare -f podman)"'; tmp=$0
		podman "$@"' "$tmp" --runtime "$2" run --name "$name" \
		${3:+--annotation "$3"} --cap-add MKNOD \
		--uidmap 0:100000:65536 --security-opt "seccomp=$4" "${@:7}" \
		--network none \
		--ulimit nofile=1024:1024 --ulimit nproc=4096:4096 \
		deputy:test /bin/sh -c '
			probe mknod /t/null c 1:3 0600
			probe mknod /t/fuse c 10:229 0600
			[ -c /t/fuse ] && (exec 3<>/t/fuse) && echo opens
			mknod /fuse c 10 229 && echo again
			probe mknod /t/sda b 8:0 0600
		' 2>"$tmp/stderr" </dev/null)
	is "$5" "${out//$'\n'/ }" "answers"
	is "$6" $(($(example_received) - before)) "calls asked about"
	root=$(podman mount "$name")
	if [[ $5 == *again* ]]; then
		is "character special file a:e5 100000:100000 600" \
			"$(stat -c '%F %t:%T %u:%g %a' "$root/t/fuse" 2>&1)" \
			"the node"
		[ -c "$root/fuse" ] || wrong "no second node"
	else
		[ -d "$root/t" ] || wrong "no root to look at"
		[ -e "$root/t/fuse" ] && wrong "the node was made"
		[ -e "$root/fuse" ] && wrong "the second node was made"
	fi
	[ -e "$root/t/sda" ] && wrong "the block device was made"
	[ $case_failed = 0 ] || sed 's/^/    stderr: /' "$tmp/stderr"
	# Podman clears up after a container on its own, too.
	until_true 20 remove "$name" || wrong "it cannot be removed"
	verdict "$1 (podman, $2)"
}

remove()
{
	podman umount "$1" >/dev/null 2>&1
	podman rm --force --time 0 "$1" >/dev/null 2>&1
	! podman container exists "$1"
}

# As the page says, runc alone needs --device for the node to open.
with_runtime()
{
	local fuse=$tmp/fuse.json plain=$tmp/plain.json no="ok EPERM EPERM"
	local yes=io.deputy.policy=fuse

	if [ "$1" = runc ]; then
		container annotated "$1" $yes "$fuse" "ok ok again EPERM" 3
		container with_device "$1" $yes "$fuse" \
			"ok ok opens again EPERM" 3 --device /dev/fuse
	else
		container annotated "$1" $yes "$fuse" "ok ok opens again EPERM" 3
	fi
	container unannotated "$1" "" "$fuse" "$no" 3
	container other_value "$1" io.deputy.policy=fuse2 "$fuse" "$no" 3
	container plain "$1" "" "$plain" "$no" 2
}

example_need
make_image || exit 1
example_start --base /usr/share/containers/seccomp.json
for runtime; do
	with_runtime "$runtime"
done
summary
