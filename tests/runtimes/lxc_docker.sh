#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# lxc_docker.sh BUILD-DIR: Docker in an LXC container that deputyd.service serves
# with the policy `lxc`: systemd is its init, dockerd a service of it, and a
# container of Docker's makes a device node, which the kernel refuses to it alone.
# By hand: needs the packages lxc and docker.io; some seconds, nothing is kept.
#
# Exit status 0 good, 1 a failure, 77 this machine can't.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/runtimes/check.sh
. "$here/check.sh"
# shellcheck source=tests/runtimes/bundle.sh
. "$here/bundle.sh"
dir=/tmp/docker root=/tmp/docker/rootfs case_failed=0
programs=(dockerd docker containerd containerd-shim-runc-v2 runc busybox)

# What init.service does; /t/said is what it says.
write_service()
{
	local name paths

	mapfile -t paths < <(command -v "${programs[@]}")
	bundle_copy "$root" "${paths[@]}"
	ln -sf busybox "$root/bin/sh"
	mkdir -p "$root"/{t,image/bin,var/lib/docker,root}
	cp "$(command -v busybox)" "$root/image/bin/busybox"
	for name in sh mknod echo sleep; do
		ln -s busybox "$root/image/bin/$name"
	done
	tar -C "$root/image" -cf "$root/image.tar" .
	cat >"$root/t/run.sh" <<-'END'
	#!/bin/sh
	export PATH=/usr/bin:/usr/sbin:/usr/local/bin
	exec >/t/said 2>&1
	dockerd --iptables=false --ip6tables=false --bridge=none \
		--exec-opt native.cgroupdriver=cgroupfs >/t/dockerd.log 2>&1 &
	i=0
	until docker info >/dev/null 2>&1; do
		i=$((i + 1))
		[ $i -lt 300 ] || { echo "no dockerd"; exit 1; }
		busybox sleep 0.1
	done
	docker import /image.tar busybox >/t/import || exit 1
	docker run --network none --cap-add MKNOD busybox sh -c \
		'mknod /null c 1 3 && echo x >/null && echo made
		mknod /sda b 8 0; echo ended; exec sleep 1000'
	END
	chmod 0755 "$root/t/run.sh"
	sed -i 's,^ExecStart=.*,ExecStart=/t/run.sh,' \
		"$root/etc/systemd/system/init.service"
}

has_ended()
{
	grep -q '^ended\|^no dockerd' "$root/t/said" 2>/dev/null
}

inside()
{
	local said pid

	mkdir -p /etc/deputy "$dir/lxc"
	cp /usr/local/share/deputy/policies/lxc.json /etc/deputy/policy.json
	systemctl start deputyd.service
	bundle_systemd "$root"
	write_service
	bundle_lxc "$dir" /run/deputy/lxc.sock "lxc.init.cmd = /lib/systemd/systemd"
	sed -i 's/^lxc.mount.auto.*/& cgroup:mixed/' "$dir/config"
	deputyctl policy profile /etc/deputy/policy.json --dialect lxc \
		>"$dir/profile"
	chown -R "$BUNDLE_FIRST_ID:$BUNDLE_FIRST_ID" "$root"
	bundle_lxc_run start -n docker -P "$dir/lxc" -f "$dir/config" -F \
		>"$dir/said" 2>&1 </dev/null &
	until_true 60 has_ended || wrong "it does not end: $(cat "$dir/said")"
	said=$(cat "$root/t/said" 2>&1)
	has "$said" "made" "Docker's container"
	has "$said" "mknod: /sda: Operation not permitted" "Docker's container"
	pid=$(cat /sys/fs/cgroup/lxc.payload.docker/docker/*/cgroup.procs | head -n 1)
	is "character special file 1:3 $BUNDLE_FIRST_ID:$BUNDLE_FIRST_ID 644" \
		"$(node "/proc/$pid/root/null")" "the node"
	deputyctl list
	bundle_lxc_run stop -n docker -P "$dir/lxc" -k
	wait %%
	[ $case_failed = 0 ] || {
		echo "-- said:"
		echo "$said"
		tail -n 20 "$root/t/dockerd.log"
	}
	exit $case_failed
}

[ "$1" != inside ] || inside
for name in lxc-start "${programs[@]}"; do
	command -v "$name" >/dev/null || {
		echo "skipped: no $name"
		exit 77
	}
done
exec "$here/../restart/boot.sh" "$1" "$1" \
	/deputy/source/tests/runtimes/lxc_docker.sh inside
