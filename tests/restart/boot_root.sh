#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# boot_root.sh TMP BUILD OTHER SOURCE: pid 1 of boot.sh's namespaces until it
# makes way for systemd. Builds the root, on mounts that nobody else sees.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
tmp=$1 build=$2 other=$3 source=$(cd "$4" && pwd)
# shellcheck source=tests/restart/root.sh
. "$here/root.sh"

refuse()
{
	echo "$*" >"$tmp/out/refused"
	exit 77
}

make_root()
{
	root_new "$tmp" "${DEPUTY_BOOT_TREE:-/}" "$tmp/install"
	mount -t sysfs -o ro sysfs "$root/sys" || refuse "a new sysfs is refused"
	mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup" ||
		refuse "a new cgroup2 is refused"
	root_memory
	root_bind "$build" build
	root_bind "$other" other
	root_bind "$source" source
	mkdir -p "$root/deputy/out" "$root/deputy/old"
	[ -z "$DEPUTY_BOOT_TREE" ] || mkdir "$root/deputy/tree"
	mount --bind "$tmp/out" "$root/deputy/out"
}

# Seen as its root, and empty where boot.sh has made none.
root_memory()
{
	mkdir -p "$root/deputy/memory"
	[ -z "$DEPUTY_BOOT_MEMORY" ] ||
		mount -t cgroup -o memory cgroup "$root/deputy/memory" ||
		refuse "a new cgroup of memory is refused"
}

# Nothing of the machine's is started: a target and a unit of our own.
make_units()
{
	local units=$root/run/systemd/system

	mkdir -p "$units" "$root/run/log/journal" "$root/etc/systemd/journald.conf.d"
	cat >"$units/deputy-boot.target" <<-END
		[Unit]
		DefaultDependencies=no
		AllowIsolate=yes
		Requires=deputy-boot.service
		Wants=systemd-journald.socket systemd-journald-dev-log.socket
		Wants=systemd-journald.service
	END
	cat >"$units/deputy-boot.service" <<-END
		[Unit]
		DefaultDependencies=no
		After=systemd-journald.socket systemd-journald.service
		SuccessAction=poweroff-force
		FailureAction=poweroff-force

		[Service]
		Type=oneshot
		ExecStart=/deputy/source/tests/restart/boot_run.sh
		TimeoutStartSec=infinity
		TasksMax=infinity
		LimitNOFILE=65536
		StandardOutput=append:/deputy/out/log
		StandardError=append:/deputy/out/log
	END
	printf '[Journal]\nStorage=volatile\nRateLimitBurst=0\n' \
		>"$root/etc/systemd/journald.conf.d/50-deputy.conf"
	# Units of the product come after basic.target, which is not reached.
	for unit in deputyd.service deputyd-oci.socket deputyd-lxc.socket \
		deputyd-control.socket deputyd-workers.service; do
		mkdir -p "$units/$unit.d"
		printf '[Unit]\nDefaultDependencies=no\n' \
			>"$units/$unit.d/50-boot.conf"
	done
	: >"$root/etc/fstab"
}

make_root
make_units
root_enter
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
	/lib/systemd/systemd --unit=deputy-boot.target --log-level=notice \
	--log-target=console --show-status=no
