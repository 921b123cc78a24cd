# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Sourced by the runtime tests and by the demo: OCI bundles whose containers
# send their listener to deputyd, and runc to run them.
#
# A bundle's process is its rootfs's /run.sh; /t belongs to container root and
# is where everything happens. The rootfs lies on the host's own filesystem, so
# a device node made there can be opened (in the container's /dev, a tmpfs that
# was mounted inside the user namespace, it can't).

BUNDLE_FIRST_ID=100000   # container root, where root starts the container
BUNDLE_ROOTLESS_ID=65533 # the user who starts rootless ones

# scratch_dir: print a new directory in which device nodes open and user.*
# and trusted.* attributes stick, or fail.
scratch_dir()
{
	local base dir

	for base in "${TMPDIR:-/tmp}" /var/tmp "$PWD"; do
		dir=$(mktemp -d "$base/deputy.XXXXXXXX" 2>/dev/null) || continue
		chmod 0711 "$dir"
		if mknod "$dir/null" c 1 3 2>/dev/null &&
		   echo x 2>/dev/null >"$dir/null" &&
		   setfattr -n user.x -v y "$dir" 2>/dev/null &&
		   setfattr -n trusted.x -v y "$dir" 2>/dev/null; then
			rm -f "$dir/null"
			echo "$dir"
			return 0
		fi
		rm -rf "$dir"
	done
	return 1
}

# why_no_runc: print why this machine can't run the containers, or nothing.
why_no_runc()
{
	local tool

	if [ "$(id -u)" -ne 0 ]; then
		echo "not root"
		return
	fi
	for tool in runc busybox setpriv setfattr getfattr; do
		command -v "$tool" >/dev/null || {
			echo "no $tool"
			return
		}
	done
	unshare --user true 2>/dev/null || echo "no user namespaces"
}

# build_probe FILE [OPTION]: a world of another Debian (world.sh) has no compiler,
# but the probe already.
build_probe()
{
	if [ -x /deputy/probe ] && [ -z "${2:-}" ]; then
		cp /deputy/probe "$1"
		return
	fi
	${CC:-gcc} ${2:+"$2"} -std=gnu17 -D_GNU_SOURCE -O2 -static -o "$1" \
		"$(dirname "${BASH_SOURCE[0]}")/probe.c"
}

# bundle_ids MODE: print the host's id of container root, and how many ids.
bundle_ids()
{
	case $1 in
	host) echo "0 65536" ;;
	rootless) echo "$BUNDLE_ROOTLESS_ID 1" ;;
	*) echo "$BUNDLE_FIRST_ID 65536" ;;
	esac
}

# bundle_rootfs ROOT FILE...: busybox, and every FILE as /bin/NAME.
bundle_rootfs()
{
	mkdir -p "$1"/{bin,proc,dev,sys,t} || return
	cp "$(command -v busybox)" "$1/bin/busybox" || return
	ln -sf busybox "$1/bin/sh"
	install -m 0755 "${@:2}" "$1/bin"
}

# bundle_new DIR MODE SOCKET METADATA PROBE...: MODE is "userns" (root starts
# it), "host" (the same without a user namespace) or "rootless". Every PROBE
# becomes /bin/NAME.
bundle_new()
{
	local dir=$1 mode=$2 socket=$3 metadata=$4 root=$1/rootfs id
	shift 4

	bundle_rootfs "$root" "$@" || return
	read -r id _ < <(bundle_ids "$mode")
	bundle_config "$mode" "$socket" "$metadata" >"$dir/config.json"
	chown -R "$id:$id" "$root"
}

# bundle_seccomp DIR FILE: have that "seccomp" object in place of its own.
bundle_seccomp()
{
	python3 -c '
import json, sys
config = json.load(open(sys.argv[1]))
config["linux"]["seccomp"] = json.load(open(sys.argv[2]))
json.dump(config, open(sys.argv[1], "w"))' "$1/config.json" "$2"
}

# bundle_command DIR: standard input becomes what the container runs.
bundle_command()
{
	{
		echo '#!/bin/sh'
		cat
	} >"$1/rootfs/run.sh"
	chmod 0755 "$1/rootfs/run.sh"
}

# What only root can give its containers: a /dev/null by the device cgroup.
bundle_resources()
{
	[ "$1" = rootless ] && return
	cat <<-'END'
		"resources": { "devices": [
			{ "allow": false, "access": "rwm" },
			{ "allow": true, "type": "c", "major": 1, "minor": 3,
			  "access": "rwm" } ] },
	END
}

bundle_user_namespace()
{
	local id n
	[ "$1" = host ] && return
	read -r id n < <(bundle_ids "$1")
	cat <<-END
		"uidMappings": [
			{ "containerID": 0, "hostID": $id, "size": $n } ],
		"gidMappings": [
			{ "containerID": 0, "hostID": $id, "size": $n } ],
	END
}

bundle_config()
{
	local mode=$1 socket=$2 metadata=$3 caps user='{ "type": "user" },'
	caps='"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_KILL",
		"CAP_MKNOD", "CAP_SETGID", "CAP_SETUID"'
	# On the host's own namespace it would be the host's.
	if [ "$mode" = host ]; then
		user=
	else
		caps+=', "CAP_SYS_ADMIN"'
	fi

	cat <<-END
	{
	"ociVersion": "1.0.2",
	"process": {
		"user": { "uid": 0, "gid": 0, "umask": 18 },
		"args": [ "/bin/sh", "/run.sh" ],
		"env": [ "PATH=/bin" ],
		"cwd": "/t",
		"noNewPrivileges": true,
		"capabilities": {
			"bounding": [ $caps ],
			"permitted": [ $caps ],
			"effective": [ $caps ] }
	},
	"root": { "path": "rootfs" },
	"mounts": [
		{ "destination": "/proc", "type": "proc", "source": "proc" },
		{ "destination": "/dev", "type": "tmpfs", "source": "tmpfs",
		  "options": [ "nosuid", "mode=755", "size=64k" ] }
	],
	"linux": {
		$(bundle_resources "$mode")
		$(bundle_user_namespace "$mode")
		"namespaces": [ $user { "type": "mount" },
			{ "type": "pid" }, { "type": "ipc" }, { "type": "uts" },
			{ "type": "network" } ],
		"seccomp": {
			"defaultAction": "SCMP_ACT_ALLOW",
			"architectures": [ "SCMP_ARCH_X86_64", "SCMP_ARCH_X86",
				"SCMP_ARCH_X32" ],
			"listenerPath": "$socket",
			"listenerMetadata": "$metadata",
			"syscalls": [ {
				"names": [ "mknod", "mknodat", "setxattr",
					"lsetxattr", "fsetxattr" ],
				"action": "SCMP_ACT_NOTIFY" } ]
		}
	}
	}
	END
}

# bundle_runc MODE STATE-DIR ARG...: runc, or another BUNDLE_RUNTIME, with a root
# of its own, as the user of MODE.
bundle_runc()
{
	local mode=$1 state=$2 runtime=${BUNDLE_RUNTIME:-runc}
	shift 2

	mkdir -p "$state"
	if [ "$mode" != rootless ]; then
		"$runtime" --root "$state" "$@"
		return
	fi
	chown "$BUNDLE_ROOTLESS_ID:$BUNDLE_ROOTLESS_ID" "$state"
	setpriv --reuid "$BUNDLE_ROOTLESS_ID" --regid "$BUNDLE_ROOTLESS_ID" \
		--clear-groups env -i "PATH=$PATH" "HOME=$state" \
		"XDG_RUNTIME_DIR=$state" "$runtime" --root "$state" "$@"
}

# bundle_copy ROOT PROGRAM...: those that there are, with their libraries.
bundle_copy()
{
	local root=$1 file
	shift

	{
		printf '%s\n' "$@"
		ldd "$@" 2>/dev/null | grep -o '/[^ :)]*'
	} | sort -u | while read -r file; do
		[ ! -f "$file" ] || cp -L --parents "$file" "$root"
	done
}

# bundle_systemd ROOT: the machine's own systemd, with one unit, init.service, whose
# cgroup is delegated.
bundle_systemd()
{
	local root=$1 name
	local programs=(/lib/systemd/systemd /lib/systemd/systemd-executor
		/lib/systemd/systemd-shutdown /bin/sleep)

	mkdir -p "$root"/{dev,etc/systemd/system,proc,run,sys,tmp,var/log} \
		"$root"/usr/{bin,sbin,lib,lib64}
	for name in bin sbin lib lib64; do
		ln -s usr/$name "$root/$name"
	done
	bundle_copy "$root" "${programs[@]}"
	cp -a /lib/systemd/system "$root/usr/lib/systemd/"
	cp /etc/passwd /etc/group "$root/etc"
	: >"$root/etc/machine-id"
	printf '%s\n' '[Unit]' 'Requires=init.service' \
		>"$root/etc/systemd/system/default.target"
	printf '%s\n' '[Unit]' 'DefaultDependencies=no' '[Service]' \
		'Delegate=yes' 'ExecStart=/bin/sleep 1000' \
		>"$root/etc/systemd/system/init.service"
}

# bundle_lxc DIR SOCKET [LINE]: DIR/config, of LXC, for DIR/rootfs; with that line.
bundle_lxc()
{
	cat >"$1/profile" <<-'END'
		2
		denylist
		[all]
		mknod notify
		mknodat notify
		setxattr notify
		lsetxattr notify
		fsetxattr notify
	END
	cat >"$1/config" <<-END
		lxc.rootfs.path = dir:$1/rootfs
		lxc.uts.name = probe
		lxc.idmap = u 0 $BUNDLE_FIRST_ID 65536
		lxc.idmap = g 0 $BUNDLE_FIRST_ID 65536
		lxc.net.0.type = empty
		lxc.mount.auto = proc:mixed sys:ro
		lxc.apparmor.profile = unconfined
		lxc.seccomp.profile = $1/profile
		lxc.seccomp.notify.proxy = unix:$2
		${3:-}
	END
}

# bundle_lxc_run VERB ARG...: lxc-VERB. Where LXC finds newuidmap it asks that,
# which wants root in /etc/subuid; root needs no such help.
bundle_lxc_run()
{
	local command

	command=$(command -v "lxc-$1")
	timeout -k 5 120 env PATH=/nonexistent "$command" "${@:2}"
}
