# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # build, tmp, user, engine are the caller's
# Sourced by the tests with real engines: installs and starts them, and has
# everything that they keep in $tmp.

packages=(podman buildah containerd docker.io bubblewrap systemd-container crun
	uidmap fuse-overlayfs golang-github-containers-common lxc)

install_engines()
{
	local package missing=()

	[ ! -e /deputy/suite ] || return 0 # they are all there (world.sh)
	for package in "${packages[@]}"; do
		dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null |
			grep -qx installed || missing+=("$package")
	done
	[ ${#missing[@]} -eq 0 ] || {
		apt-get update -q &&
			DEBIAN_FRONTEND=noninteractive apt-get install -qy \
				--no-install-recommends "${missing[@]}"
	} >"$tmp/apt.log" 2>&1 || {
		tail "$tmp/apt.log"
		exit 1
	}
}

# version PROGRAM: major and minor, "20.10"
version()
{
	"$1" --version | grep -om1 '[0-9]\+\.[0-9]\+' | head -n 1
}

# older_than VERSION PROGRAM
older_than()
{
	local its
	its=$(version "$2")
	[ "$its" != "$1" ] && printf '%s\n' "$its" "$1" | sort -VC
}

# write_hooks DIR CONTROL-SOCKET: the hook files of the build, with options.
write_hooks()
{
	mkdir -p "$1"
	python3 -c '
import json, sys
hooks, out, program, *options = sys.argv[1:]
for name in "50-deputy-precreate.json", "50-deputy-ready.json":
    hook = json.load(open(hooks + "/" + name))
    hook["hook"]["path"] = program
    hook["hook"]["args"][1:1] = options
    json.dump(hook, open(out + "/" + name, "w"))' "$build/hook" "$1" \
		"$build/hook/deputy-hook" --file "$tmp/policy.json" \
		--listener "$tmp/oci.sock" --control-socket "$2"
}

# write_wrapper RUNTIME OPTIONS [FILE]: a runtime by a path alone, as containerd's
# BinaryName wants it.
write_wrapper()
{
	local file=${3:-$tmp/deputy-$1}

	cat >"$file" <<-END
	#!/bin/sh
	exec "$build/hook/deputy-runtime" --deputy-runtime $1 \
		--deputy-file "$tmp/policy.json" \
		--deputy-listener "$tmp/oci.sock" \
		--deputy-control-socket "$tmp/control.sock" $2 "\$@"
	END
	chmod 0755 "$file"
}

# write_image ROOTFS: $tmp/image.tar, all of it root's.
write_image()
{
	echo 'root:x:0:0:root:/:/bin/sh' >"$1/etc/passwd"
	echo 'root:x:0:' >"$1/etc/group"
	tar -C "$1" --owner=0 --group=0 -cf "$tmp/image.tar" .
	chmod 0644 "$tmp/image.tar"
}

# as_user MODE COMMAND...: rootless where MODE says so.
as_user()
{
	local mode=$1
	shift

	if [[ $mode != rootless* ]] && [ "$mode" != user ]; then
		"$@"
		return
	fi
	mkdir -p "$tmp/home/run"
	chown -R "$user:$user" "$tmp/home"
	chmod 0700 "$tmp/home/run"
	(cd "$tmp/home" && exec setpriv --reuid "$user" --regid "$user" \
		--clear-groups env -i \
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin:$tmp" "HOME=$tmp/home" \
		"XDG_RUNTIME_DIR=$tmp/home/run" "$@")
}

# podman_in MODE RUNTIME ARG...
podman_in()
{
	local mode=$1 runtime=$2 store=$tmp/podman.$1 # at most 50 characters
	shift 2

	[[ $mode != rootless* ]] || store=$tmp/home/${mode#rootless.}
	as_user "$mode" timeout -k 5 120 podman --root "$store/root" \
		--runroot "$store/run" --tmpdir "$store/tmp" \
		--storage-driver vfs --cgroup-manager=cgroupfs \
		--events-backend=none --runtime "$runtime" "$@" 2>&1 |
		sed '/^time=.*level=/d'
}

podman_image()
{
	podman_in "$1" "$2" image exists probe:base ||
		podman_in "$1" "$2" import "$tmp/image.tar" probe:base \
			>"$tmp/out" || wrong "no image: $(cat "$tmp/out")"
}

# What Podman of root wants here, and a user namespace.
podman_options()
{
	[[ $1 == rootless* ]] || echo --ulimit nofile=1024:1024 \
		--ulimit nproc=4096:4096 --pids-limit 0 \
		--uidmap 0:100000:65536 --gidmap 0:100000:65536
}

# Rootless Podman keeps its namespaces by a process of its own.
stop_podman()
{
	local file

	for file in "${tmp:-/nowhere}"/home/*/tmp/pause.pid; do
		[ -s "$file" ] && kill "$(cat "$file")" 2>/dev/null
	done
}

stop_engine()
{
	[ -z "$engine" ] || {
		kill "$engine"
		wait "$engine"
		engine=
	} 2>/dev/null
}

# Its pid is in $engine, its socket is $tmp/containerd/c.sock.
start_containerd()
{
	local d=$tmp/containerd

	mkdir -p "$d"
	cat >"$d/config.toml" <<-END
	version = 2
	root = "$d/root"
	state = "$d/state"
	disabled_plugins = ["io.containerd.grpc.v1.cri"]
	oom_score = 0
	[grpc]
	  address = "$d/c.sock"
	[ttrpc]
	  address = "$d/t.sock"
	END
	containerd -c "$d/config.toml" >"$d/log" 2>&1 &
	engine=$!
	until_true 20 test -S "$d/c.sock" || wrong "no start: $(tail "$d/log")"
	chmod 0711 "$tmp" "$d"
}

# The options that this machine needs, of those that this version has: newer ones
# leave their OOM score alone by themselves.
docker_options()
{
	! dockerd --help | grep -q -- --oom-score-adjust ||
		echo --oom-score-adjust 0
}

# start_docker WRAPPER: the runtime "deputy"; its socket is $tmp/docker/d.sock.
start_docker()
{
	local file d=$tmp/docker options

	read -ra options < <(docker_options)
	mkdir -p "$d"
	# Who is remapped to stands in files of our own, in our own mounts.
	for file in passwd group subuid subgid; do
		cat "/etc/$file" >"$d/$file" 2>/dev/null
	done
	echo "dockremap:x:64999:64999::/:/bin/false" >>"$d/passwd"
	echo "dockremap:x:64999:" >>"$d/group"
	echo "dockremap:100000:65536" | tee -a "$d/subuid" >>"$d/subgid"
	for file in passwd group subuid subgid; do
		[ -e "/etc/$file" ] && mount --bind "$d/$file" "/etc/$file"
	done
	chmod 0711 "$tmp" "$d"
	dockerd --data-root "$d/data" --exec-root "$d/exec" --pidfile "$d/pid" \
		-H "unix://$d/d.sock" --iptables=false --ip6tables=false \
		--bridge=none --storage-driver vfs "${options[@]}" \
		--userns-remap dockremap \
		--exec-opt native.cgroupdriver=cgroupfs \
		--add-runtime "deputy=$1" >"$d/log" 2>&1 &
	engine=$!
	until_true 40 docker -H "unix://$d/d.sock" info >/dev/null 2>&1 ||
		wrong "no start: $(tail "$d/log")"
	docker -H "unix://$d/d.sock" import "$tmp/image.tar" probe:base \
		>"$tmp/out" 2>&1 || wrong "import: $(cat "$tmp/out")"
}
