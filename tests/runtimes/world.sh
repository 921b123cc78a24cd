#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# world.sh [--suite SUITE] BUILD-DIR PROGRAM [ARG...]: run PROGRAM as root in
# namespaces of its own, where deputy is installed from a build tree, and exit as
# PROGRAM did. Engines may be set up and started in there as on any machine:
# their root is an overlay whose upper layer is a tmpfs, their cgroups are below
# one of the world's own, and no process outlives PROGRAM. In there the build
# tree is /deputy/build, the sources are /deputy/source; /deputy/out is DEPUTY_OUT,
# a directory of the caller's, if that is set.
#
# The root is the machine's own, or with --suite one of another Debian (trixie,
# sid), whose packages are fetched once, to DEPUTY_VM_DIR (build/vm); cgroups are
# of version 2 there, or those of the machine with DEPUTY_CGROUPS=1.
#
# Exit status 77: this machine can't, and why.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/restart/root.sh
. "$here/../restart/root.sh"
# shellcheck source=tests/vm/fetch.sh
. "$here/../vm/fetch.sh"
# shellcheck source=tests/runtimes/bundle.sh
. "$here/bundle.sh"
tmp='' groups=()

# What the tests with engines run there.
suite_packages=(docker.io docker-cli containerd runc crun podman buildah
	golang-github-containers-common fuse-overlayfs uidmap bubblewrap lxc
	systemd-container busybox-static attr passwd python3 python3-grpcio
	python3-protobuf protobuf-compiler libuv1t64 libjson-c5 libseccomp2
	libsystemd0)

skip()
{
	echo "skipped: $*"
	exit 77
}

# shellcheck disable=SC2317 # called by the trap
cleanup()
{
	local group

	for group in "${groups[@]}"; do
		group_remove "$group" || :
	done
	[ -n "$tmp" ] && rm -rf "$tmp"
	return 0
}

hierarchy()
{
	if [ -n "$1" ]; then
		findmnt -n -t cgroup -O "$1" -o TARGET
	else
		findmnt -n -t cgroup2 -o TARGET
	fi | head -n 1
}

# A group of each hierarchy, wherever that is mounted.
make_groups()
{
	local controllers path top

	while IFS=: read -r _ controllers path; do
		top=$(hierarchy "$controllers")
		[ -n "$top" ] || continue
		groups+=("$top${path%/}/deputy-world.$$")
		mkdir "${groups[-1]}" 2>/dev/null ||
			skip "cgroups may not be made below $top$path"
		[ ! -e "${groups[-1]}/cpuset.effective_cpus" ] ||
			copy_cpuset "$top${path%/}" "${groups[-1]}"
	done </proc/self/cgroup
}

# A group of version 1 takes no task before it has some.
copy_cpuset()
{
	cat "$1/cpuset.cpus" >"$2/cpuset.cpus"
	cat "$1/cpuset.mems" >"$2/cpuset.mems"
}

main()
{
	local lower=/ suite='' build group

	if [ "$1" = --suite ]; then
		suite=$2 lower=$VM_DIR/root/$2
		vm_root "$suite" "$lower" "${suite_packages[@]}"
		shift 2
	fi
	build=$(cd "$1" && pwd)
	shift
	need_namespaces
	trap cleanup EXIT
	trap 'exit 1' INT TERM HUP
	tmp=$(mktemp -d /tmp/deputy-world.XXXXXX)
	make_groups
	mkdir -p "$tmp/install/deputy"
	build_probe "$tmp/install/deputy/probe"
	[ "$lower" = / ] || echo "$suite" >"$tmp/install/deputy/suite"
	DESTDIR=$tmp/install cmake --install "$build" >/dev/null
	# In the groups before the namespace is made: they are its roots.
	(
		for group in "${groups[@]}"; do
			echo "$BASHPID" >"$group/cgroup.procs"
		done
		exec unshare --cgroup --mount --pid --uts --ipc --net --fork \
			--kill-child=KILL --propagation private \
			"$here/world_root.sh" "$tmp" "$lower" "$build" "$@"
	)
}

[ $# -ge 2 ] || {
	echo "usage: world.sh [--suite SUITE] BUILD-DIR PROGRAM [ARG...]" >&2
	exit 2
}
main "$@"
