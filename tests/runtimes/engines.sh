#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# engines.sh BUILD-DIR [CASE...]: real engines with deputy's hooks, its runtime
# wrapper and "deputyctl run", against a real deputyd: Podman by root and
# rootless, Buildah, containerd, Docker, bubblewrap, systemd-nspawn. Not of
# ./tools/test, because it installs them (Debian, by apt) and takes longer.
#
# Everything an engine keeps is in a directory of the test's own. A case is a
# function case_NAME, called with each of its modes. A case that this machine
# cannot run says why and counts as skipped.
#
# Exit status 0 good, 1 a failure, 77 nothing could run.
# shellcheck disable=SC2016 # expressions in single quotes are for other shells
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:?usage: engines.sh BUILD-DIR [CASE...]}" && pwd)
shift
# shellcheck source=tests/runtimes/suite.sh
. "$here/suite.sh"
own_mounts "$0" "$build" "$@"
# shellcheck source=tests/runtimes/engines_lib.sh
. "$here/engines_lib.sh"

cases=(
	"podman_hook runc crun rootless.runc rootless.crun"
	"podman_refused runc rootless.runc"
	"podman_wrapper runc crun rootless.runc"
	"buildah_wrapper runc"
	"containerd_wrapper runc"
	"docker_wrapper runc"
	"bwrap root user"
	"nspawn root"
)

engine=''

cleanup()
{
	stop_podman
	stop_engine
	end_suite
}
trap cleanup EXIT
trap 'exit 1' INT TERM

one_line()
{
	tr -s '\n' ' ' <<<"$1" | sed 's/ $//'
}

# -- what engines are given -------------------------------------------------------

write_policy()
{
	cat >"$tmp/policy.json" <<-END
	{ "version": 1,
	  "policies": { "nodes": { "default": "continue", "rules": [
	    { "syscalls": ["@mknod"], "action": "emulate",
	      "match": { "type": "char", "device": ["@safe"] } },
	    { "syscalls": ["@setxattr"], "action": "emulate",
	      "match": { "name": "trusted.overlay.opaque", "value": "y" } } ] } },
	  "bindings": [
	    { "policy": "nodes", "when": { "peer_uid": [0, $BUNDLE_ROOTLESS_ID],
	      "annotation": { "io.deputy.policy": "nodes" } } },
	    { "policy": "nodes", "when": { "peer_uid": [0, $BUNDLE_ROOTLESS_ID],
	      "metadata": "nodes" } } ] }
	END
	chmod 0644 "$tmp/policy.json"
}

write_rootfs()
{
	bundle_rootfs "$tmp/rootfs" "$probe"
	mkdir -p "$tmp/rootfs"/{usr,tmp,etc,run,var}
	chmod 0777 "$tmp/rootfs/t"
	write_image "$tmp/rootfs"
}

# What runs in each of them, and what it answers.
command='probe mknod /t/null c 1:3 0600; probe mknod /t/sda b 8:0 0600
	probe setxattr /t trusted.overlay.opaque n; stat -c "%F %t:%T" /t/null'
answers="ok EPERM EPERM character special file 1:3"

# -- Podman -------------------------------------------------------------------------

# podman_run MODE RUNTIME OPTION...: the command in a new container.
podman_run()
{
	local mode=$1 runtime=$2 more=()
	shift 2

	read -ra more < <(podman_options "$mode")
	podman_image "$mode" "$runtime"
	podman_in "$mode" "$runtime" "${hooks[@]}" run --rm --net=none \
		--cap-add MKNOD "${more[@]}" "$@" probe:base /bin/sh -c \
		"PATH=/bin:/; ${command//stat/busybox stat}"
}

hooks=()
policy=(--annotation io.deputy.policy=nodes)

runtime_of()
{
	echo "${1#rootless.}"
}

case_podman_hook()
{
	local out runtime
	runtime=$(runtime_of "$1")

	hooks=(--hooks-dir "$tmp/hooks.d")
	out=$(podman_run "$1" "$runtime" "${policy[@]}")
	is "$answers" "$(one_line "$out")" "with the annotation"
	out=$(podman_run "$1" "$runtime")
	has "$(one_line "$out")" "EPERM EPERM EPERM" "without it"
	out=$(podman_run "$1" "$runtime" "${policy[@]}" --security-opt \
		seccomp=unconfined)
	is "$answers" "$(one_line "$out")" "unconfined"
}

case_podman_refused()
{
	local out runtime
	runtime=$(runtime_of "$1")

	hooks=(--hooks-dir "$tmp/hooks.gone")
	out=$(podman_run "$1" "$runtime" "${policy[@]}")
	has "$out" "deputyd does not run" "deputyd is gone"
	hooks=(--hooks-dir "$tmp/hooks.d")
	out=$(podman_run "$1" "$runtime" --annotation io.deputy.policy=nodse)
	has "$out" "precreate]: exit status 1" "an unknown policy"
}

case_podman_wrapper()
{
	local out runtime
	runtime=$(runtime_of "$1")

	hooks=()
	write_wrapper "$runtime" ""
	out=$(podman_run "$1" "$tmp/deputy-$runtime" "${policy[@]}")
	is "$answers" "$(one_line "$out")" "with the annotation"
}

# -- Buildah ---------------------------------------------------------------------------

case_buildah_wrapper()
{
	local out name store=(--root "$tmp/buildah/root" --runroot
		"$tmp/buildah/run" --storage-driver vfs)

	write_wrapper "$1" "--deputy-policy nodes"
	name=$(buildah "${store[@]}" from \
		--userns-uid-map 0:100000:65536 --userns-gid-map 0:100000:65536 \
		scratch) || wrong "from: $name"
	buildah "${store[@]}" add "$name" "$tmp/image.tar" / >"$tmp/out" 2>&1 ||
		wrong "add: $(cat "$tmp/out")"
	out=$(buildah "${store[@]}" run --isolation oci --runtime \
		"$tmp/deputy-$1" --cap-add CAP_MKNOD --network none \
		"$name" /bin/sh -c "PATH=/bin; ${command//stat/busybox stat}" 2>&1)
	is "$answers" "$(one_line "$out")" "buildah run"
	buildah "${store[@]}" rm "$name" >/dev/null 2>&1
}

# -- containerd -----------------------------------------------------------------------

case_containerd_wrapper()
{
	local out d=$tmp/containerd

	write_wrapper "$1" "--deputy-policy nodes"
	start_containerd
	bundle_new "$d/bundle" userns "" "" "$tmp/probe"
	bundle_command "$d/bundle" <<<"${command//stat/busybox stat}"
	python3 -c '
import json, sys
config = json.load(open(sys.argv[1] + "/config.json"))
del config["linux"]["seccomp"]
config["root"]["path"] = sys.argv[1] + "/rootfs"
json.dump(config, open(sys.argv[1] + "/config.json", "w"))' "$d/bundle"
	out=$(timeout -k 5 60 ctr -a "$d/c.sock" run --rm \
		--runc-binary "$tmp/deputy-$1" --config "$d/bundle/config.json" \
		deputy-test 2>&1 </dev/null)
	is "$answers" "$(one_line "$out")" "ctr run"
	stop_engine
}

# -- Docker ---------------------------------------------------------------------------

case_docker_wrapper()
{
	local out d=$tmp/docker

	write_wrapper "$1" "--deputy-policy nodes"
	start_docker "$tmp/deputy-$1"
	out=$(timeout -k 5 60 docker -H "unix://$d/d.sock" run --rm --net=none \
		--runtime deputy --cap-add MKNOD probe:base /bin/sh -c \
		"PATH=/bin; ${command//stat/busybox stat}" 2>&1 </dev/null)
	is "$answers" "$(one_line "$out")" "docker run"
	stop_engine
}

# -- no engine --------------------------------------------------------------------------

run=("$build/ctl/deputyctl")

set_run()
{
	run=("$build/ctl/deputyctl" --socket "$tmp/control.sock" --listener
		"$tmp/oci.sock" --file "$tmp/policy.json" --policy nodes run --)
}

new_root()
{
	dir=$(mktemp -d "$tmp/root.XXXXXX")
	cp -a "$tmp/rootfs/." "$dir"
	chmod 0755 "$dir"
	chown -R "$1:$1" "$dir"
}

case_bwrap()
{
	local out id=0
	[ "$1" = root ] || id=$user

	new_root "$id"
	out=$(as_user "$1" "${run[@]}" bwrap --unshare-user --uid 0 --gid 0 \
		--cap-add CAP_MKNOD --bind "$dir" / --proc /proc \
		/bin/sh -c "PATH=/bin; ${command//stat/busybox stat}" 2>&1)
	is "$answers" "$(one_line "$out")" "bwrap"
	is "$id" "$(stat -c %u "$dir/t/null")" "owner"
}

case_nspawn()
{
	local out

	new_root 100000
	out=$(timeout -k 5 60 "${run[@]}" systemd-nspawn --quiet --register=no \
		--keep-unit --private-users=100000:65536 --directory="$dir" \
		--capability=CAP_MKNOD --pipe /bin/sh -c \
		"PATH=/bin; ${command//stat/busybox stat}" 2>&1 </dev/null)
	has "$(one_line "$out")" "$answers" "nspawn"
}

# -- all of it ----------------------------------------------------------------------------

main()
{
	local user=$BUNDLE_ROOTLESS_ID

	TMPDIR=${TMPDIR:-/var/tmp} make_scratch "$(why_no_runc)"
	install_engines
	compile_probes
	write_policy
	write_hooks "$tmp/hooks.d" "$tmp/control.sock"
	write_hooks "$tmp/hooks.gone" "$tmp/gone.sock"
	write_rootfs
	set_run
	start_daemon --policy "$tmp/policy.json"
	run_cases "$@"
	summary || exit 1
	[ $passed != 0 ] || exit 77
}

main "$@"
