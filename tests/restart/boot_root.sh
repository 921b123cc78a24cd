#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# boot_root.sh TMP BUILD OTHER SOURCE: pid 1 of boot.sh's namespaces until it
# makes way for systemd. Builds the root, on mounts that nobody else sees.
set -euo pipefail

tmp=$1 build=$2 other=$3 source=$(cd "$4" && pwd)
root=$tmp/top/root

refuse()
{
	echo "$*" >"$tmp/out/refused"
	exit 77
}

make_dev()
{
	local name

	mount -t tmpfs -o mode=755 dev "$root/dev"
	for name in null zero full random urandom tty; do
		[ -e /dev/$name ] || continue
		: >"$root/dev/$name"
		mount --bind /dev/$name "$root/dev/$name"
	done
	# Not bound: it has a mode of its own, for anybody in a user namespace.
	[ -e /dev/fuse ] && mknod -m 666 "$root/dev/fuse" c 10 229
	mkdir "$root/dev/pts" "$root/dev/shm"
	mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts \
		"$root/dev/pts"
	ln -s pts/ptmx "$root/dev/ptmx"
	ln -s /proc/self/fd "$root/dev/fd"
	mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
}

make_root()
{
	mkdir "$tmp/top"
	mount -t tmpfs -o mode=755 top "$tmp/top" || refuse "tmpfs is refused"
	mkdir "$tmp/top/upper" "$tmp/top/work" "$root"
	cp -a "$tmp/install/." "$tmp/top/upper"
	mount -t overlay -o "lowerdir=/,upperdir=$tmp/top/upper,workdir=$tmp/top/work" \
		root "$root" || refuse "an overlay of / is refused"
	mount -t proc proc "$root/proc" || refuse "a new procfs is refused"
	mount -t sysfs -o ro sysfs "$root/sys" || refuse "a new sysfs is refused"
	mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup" ||
		refuse "a new cgroup2 is refused"
	make_dev
	mount -t tmpfs -o mode=755,size=256m run "$root/run"
	mount -t tmpfs -o mode=1777 tmp "$root/tmp"
	mkdir -p "$root/deputy/build" "$root/deputy/other" \
		"$root/deputy/source" "$root/deputy/out" "$root/deputy/old"
	mount --bind -o ro "$build" "$root/deputy/build"
	mount --bind -o ro "$other" "$root/deputy/other"
	mount --bind -o ro "$source" "$root/deputy/source"
	mount --bind "$tmp/out" "$root/deputy/out"
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
		deputyd-control.socket; do
		mkdir -p "$units/$unit.d"
		printf '[Unit]\nDefaultDependencies=no\n' \
			>"$units/$unit.d/50-boot.conf"
	done
	: >"$root/etc/fstab"
}

make_root
make_units
cd "$root"
mkdir -p .old
pivot_root . .old
umount -l /.old || umount -l .old
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
	/lib/systemd/systemd --unit=deputy-boot.target --log-level=notice \
	--log-target=console --show-status=no
