#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# world_root.sh TMP LOWER BUILD PROGRAM [ARG...]: pid 1 of world.sh's namespaces.
# Builds the root, runs PROGRAM in there; what that leaves behind goes with us.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
tmp=$1 lower=$2 build=$3 source=$here/../..
shift 3
[ "$lower" = / ] && suite_cgroups=1 || suite_cgroups=2
# shellcheck source=tests/restart/root.sh
. "$here/../restart/root.sh"

refuse()
{
	echo "skipped: $*"
	exit 77
}

# As the machine has them, but for a second, unified hierarchy beside those of
# version 1: crun 1.8 stops there. Newer suites have nothing but that, without
# controllers where the machine has those elsewhere.
mount_cgroups()
{
	local id controllers groups=$root/sys/fs/cgroup

	if [ "${DEPUTY_CGROUPS:-$suite_cgroups}" = 2 ] || [ "$(wc -l </proc/self/cgroup)" = 1 ]; then
		mount -t cgroup2 cgroup2 "$groups"
		return
	fi
	mount -t tmpfs -o mode=755 cgroup "$groups"
	while IFS=: read -r id controllers _; do
		[ "$id" != 0 ] || continue
		mkdir "$groups/${controllers#name=}"
		mount -t cgroup -o "$controllers" cgroup \
			"$groups/${controllers#name=}"
	done </proc/self/cgroup
}

# File systems of their own: an overlay takes no other one's upper layer, nor
# trusted.overlay.* attributes.
mount_stores()
{
	local dir

	for dir in var/lib/docker var/lib/containerd var/lib/containers \
		var/lib/lxc var/tmp home; do
		mkdir -p "$root/$dir"
		mount -t tmpfs -o mode=755 "${dir##*/}" "$root/$dir"
	done
	chmod 1777 "$root/var/tmp"
}

root_new "$tmp" "$lower" "$tmp/install"
mount -t sysfs sysfs "$root/sys" || refuse "a new sysfs is refused"
mount_cgroups
mount_stores
root_bind "$build" build
root_bind "$source" source
if [ -n "${DEPUTY_OUT:-}" ]; then
	mkdir "$root/deputy/out"
	mount --bind "$DEPUTY_OUT" "$root/deputy/out"
fi
root_enter
cd /root
# Debian's own programs first. Not exec: this shell waits for orphans.
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin \
	HOME=/root LC_ALL=C.UTF-8 "$@" || exit
