# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # what is shared with doors.sh
# Sourced by doors.sh: the ways of real engines. Each has everything that it
# keeps in $tmp.

engine_doors=(
	"podman-runc podman profile root runc"
	"podman-crun podman profile root crun"
	"podman-runc,rootless podman profile rootless.runc runc"
	"podman-crun,rootless podman profile rootless.crun crun"
	"podman-hook podman hook root runc"
	"podman-hook,crun podman hook root crun"
	"podman-hook,rootless podman hook rootless.crun crun"
	"podman-wrapper podman wrapper root runc"
	"buildah buildah"
	"containerd ctr profile"
	"containerd-wrapper ctr wrapper"
	"docker-wrapper dockerd wrapper"
	"docker-profile dockerd profile"
	"docker-annotation dockerd annotation"
	"bubblewrap bwrap root"
	"bubblewrap,user bwrap user"
	"nspawn nspawn"
)

# drop_door DOOR: of what this version cannot do
drop_door()
{
	local i

	for i in "${!engine_doors[@]}"; do
		[[ ${engine_doors[i]} != "$1 "* ]] || unset "engine_doors[i]"
	done
}

drop_doors()
{
	# It drops a profile's listenerPath, and knows no annotations.
	! older_than 23.0 dockerd || drop_door docker-profile
	! older_than 24.0 dockerd || drop_door docker-annotation
	# With ids mapped it forgets the runtime's options (containerd issue 11480).
	[ "$(version containerd)" != 1.7 ] || drop_door containerd-wrapper
}

prepare_engines()
{
	local runtime

	new_rootfs "$tmp/image" 0
	chmod 0777 "$tmp/image/t"
	write_image "$tmp/image"
	write_hooks "$tmp/hooks.d" "$tmp/control.sock"
	for runtime in runc crun; do
		write_wrapper "$runtime" "--deputy-policy doors"
	done
	ctl_profile >"$tmp/oci.json"
	"$build/ctl/deputyctl" policy profile "$tmp/policy.json" \
		--policy doors --listener "$tmp/oci.sock" \
		--base /usr/share/containers/seccomp.json \
		>"$tmp/docker.json" 2>"$tmp/out" || cat "$tmp/out"
	chmod 0644 "$tmp/docker.json" "$tmp/oci.json"
	drop_doors
}

# new_volume NAME ID: a directory for /t, in $volume
new_volume()
{
	volume=$tmp/volume.$1
	mkdir -p "$volume"
	chmod 0777 "$volume"
	chown "$2:$2" "$volume"
}

# -- Podman: start_podman HOW MODE RUNTIME ---------------------------------------------

start_podman()
{
	local how=$1 mode=$2 runtime=$3 options=() hooks=() volume

	read -ra options < <(podman_options "$mode")
	case $how in
	profile) options+=(--security-opt "seccomp=$tmp/docker.json") ;;
	hook)
		hooks=(--hooks-dir "$tmp/hooks.d")
		options+=(--annotation io.deputy.policy=doors) ;;
	wrapper) runtime=$tmp/deputy-$runtime ;;
	esac
	new_volume "$token" "$(podman_id "$mode")"
	podman_image "$mode" "$runtime"
	podman_in "$mode" "$runtime" "${hooks[@]}" run --rm --net=none \
		--name "$token" --cap-add MKNOD --cap-add SYS_ADMIN \
		"${options[@]}" -v "$volume:/t" probe:base \
		/bin/sh /run.sh "$token"
}

podman_id()
{
	[[ $1 == rootless* ]] && echo "$user" || echo 100000
}

exec_podman()
{
	local runtime=$3

	[ "$1" != wrapper ] || runtime=$tmp/deputy-$runtime
	podman_in "$2" "$runtime" exec "$token" "${@:5}"
}

# -- Buildah --------------------------------------------------------------------------

buildah_in()
{
	buildah --root "$tmp/buildah/root" --runroot "$tmp/buildah/run" \
		--storage-driver vfs "$@"
}

start_buildah()
{
	local volume name
	new_volume "$token" 100000

	name=$(buildah_in from --name "$token" --ulimit nofile=1024:1024 \
		--ulimit nproc=4096:4096 \
		--userns-uid-map 0:100000:65536 \
		--userns-gid-map 0:100000:65536 scratch) || return
	buildah_in add "$name" "$tmp/image.tar" / || return
	buildah_in run --isolation oci --runtime "$tmp/deputy-runc" \
		--cap-add CAP_MKNOD --cap-add CAP_SYS_ADMIN --network none \
		--volume "$volume:/t" "$name" /bin/sh /run.sh "$token"
	buildah_in rm "$name"
}

# -- containerd: start_ctr HOW ------------------------------------------------

start_ctr()
{
	local dir=$tmp/containerd.$1 runtime=runc

	bundle_new "$dir" userns "$tmp/oci.sock" doors "$tmp/probe"
	bundle_seccomp "$dir" "$tmp/oci.json"
	new_rootfs "$dir/rootfs" "$BUNDLE_FIRST_ID"
	sed -i "s|\"/run.sh\"|\"/run.sh\", \"$token\"|
		s|\"path\": \"rootfs\"|\"path\": \"$dir/rootfs\"|" \
		"$dir/config.json"
	[ "$1" = profile ] || {
		runtime=$tmp/deputy-runc
		python3 -c '
import json, sys
config = json.load(open(sys.argv[1]))
del config["linux"]["seccomp"]
json.dump(config, open(sys.argv[1], "w"))' "$dir/config.json"
	}
	ctr -a "$tmp/containerd/c.sock" run --rm --runc-binary "$runtime" \
		--config "$dir/config.json" "$token"
}

before_ctr()
{
	start_containerd
}

exec_ctr()
{
	ctr -a "$tmp/containerd/c.sock" task exec --exec-id more "$token" \
		"${@:3}"
}

# -- Docker -------------------------------------------------------------------------------

docker_in()
{
	docker -H "unix://$tmp/docker/d.sock" "$@"
}

before_dockerd()
{
	local wrapper=$tmp/deputy-runc

	[ "$1" != annotation ] || {
		wrapper=$tmp/deputy-annotated
		write_wrapper runc "" "$wrapper"
	}
	start_docker "$wrapper"
}

start_dockerd()
{
	local volume options=(--runtime deputy)
	new_volume "$token" 100000

	case $1 in
	profile) options=(--security-opt "seccomp=$tmp/docker.json") ;;
	annotation) options+=(--annotation io.deputy.policy=doors) ;;
	esac
	docker_in run --rm --net=none --name "$token" "${options[@]}" \
		--cap-add MKNOD --cap-add SYS_ADMIN -v "$volume:/t" probe:base \
		/bin/sh /run.sh "$token"
}

exec_dockerd()
{
	docker_in exec "$token" "${@:3}"
}

# -- no engine -------------------------------------------------------------------------------

ctl_run()
{
	as_user "$1" "$build/ctl/deputyctl" --socket "$tmp/control.sock" \
		--listener "$tmp/oci.sock" --file "$tmp/policy.json" \
		--policy doors run -- "${@:2}"
}

start_bwrap()
{
	local dir=$tmp/bwrap.$1 id=0

	[ "$1" = root ] || id=$user
	new_rootfs "$dir" "$id"
	ctl_run "$1" bwrap --unshare-user --uid 0 --gid 0 --cap-add CAP_MKNOD \
		--cap-add CAP_SYS_ADMIN --dev-bind "$dir" / --proc /proc \
		/bin/sh /run.sh "$token"
}

start_nspawn()
{
	local dir=$tmp/nspawn

	new_rootfs "$dir" 100000
	ctl_run root systemd-nspawn --quiet --register=no --keep-unit \
		--private-users=100000:65536 --directory="$dir" \
		--capability=CAP_MKNOD --pipe /bin/sh /run.sh "$token"
}
