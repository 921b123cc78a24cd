# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # what is shared with guides.sh
# Sourced by guides.sh: what the comments of the guides may say.

# -- how the next block is run ------------------------------------------------------

# By a user without privileges, in a home directory of their own.
as_a_user()
{
	new_user
	how=(as_a_user)
}

run_as_a_user()
{
	by_user bash -e "$1" >"$out" 2>&1 </dev/null ||
		wrong "it failed: $(cat "$out")"
}

# It starts deputyd, and does not come back.
instead_of_deputyd()
{
	stop_deputyd
	how=(in_background)
}

run_in_background()
{
	# shellcheck disable=SC1090
	. "$1" >>"$tmp/deputyd.log" 2>&1 </dev/null &
	until_true 10 is_served || wrong "deputyd is not there"
}

fails()
{
	how=(that_fails)
}

run_that_fails()
{
	run "$1"
	[ -n "$broken" ] || wrong "it does not fail: $(cat "$out")"
}

file()
{
	how=(file "$1")
}

# since VERSION PROGRAM: else the next block is not for us
since()
{
	! older_than "$1" "$2" || how=(skipped "$2 is $(version "$2")")
}

# unless VERSION PROGRAM
unless()
{
	[ "$(version "$2")" != "$1" ] || how=(skipped "$2 is $1")
}

# what the step before said, for words that are no block; then it is forgotten
is_skipped()
{
	[ ${#how[@]} -gt 0 ] || return 1
	skip "${how[@]:1}"
	how=()
}

# No package manager is in the root of another suite: its packages are there.
with_apt()
{
	[ ! -e /deputy/suite ] || how=(skipped "its packages are there")
}

from_a_mirror()
{
	how=(skipped "it fetches from a mirror; debootstrap.sh does so by hand")
}

run_skipped()
{
	skip "${@:2}"
}

# -- what can be seen ---------------------------------------------------------------

# contains TEXT WORDS: the parts of WORDS between … one after another; any space
# is one space, beside … it may be none
contains()
{
	local rest part words

	read -rd '' -a rest <<<"$1"
	read -rd '' -a words <<<"$2"
	rest=${rest[*]} words=${words[*]}
	words=${words// …/…}
	words=${words//… /…}
	while IFS= read -rd $'\1' part; do
		[[ $rest == *"$part"* ]] || return 1
		rest=${rest#*"$part"}
	done < <(printf '%s\1' "${words//…/$'\1'}")
}

# device PATH MAJOR:MINOR UID: a character device, from outside
device()
{
	local number

	! is_skipped || return 0
	number=$(printf '%x:%x' "${2%:*}" "${2#*:}")
	is "character special file $number $3" \
		"$(stat -c '%F %t:%T %u' "$1" 2>&1)" "$1"
}

absent()
{
	[ ! -e "$1" ] || wrong "$1 is there"
}

# subid N: the host's id of id N in a user namespace of reader's
subid()
{
	local first
	first=$(sed -n '/^reader:/{s/^reader:\([0-9]*\):.*/\1/p;q}' /etc/subuid)

	echo $((first + $1 - 1))
}

# is_opaque DIRECTORY: it has the mark of an overlay
is_opaque()
{
	is y "$(getfattr --absolute-names --only-values \
		-n trusted.overlay.opaque "$1" 2>&1)" "the mark of $1"
}

# says WORDS COMMAND...: words that the guide has are what COMMAND says; "uid N" is
# any
says()
{
	local words=$1 said
	shift

	grep -qF -- "$words" "$guide" || wrong "the guide has no \"$words\""
	said=$("$@" 2>&1 </dev/null)
	contains "$said" "${words//uid N/uid …}" || wrong "$*: wanted \"$words\", got \"$said\""
}

# -- what the reader does -------------------------------------------------------------

is_served()
{
	deputyctl status >/dev/null 2>&1
}

start_deputyd()
{
	stop_deputyd
	deputyd >>"$tmp/deputyd.log" 2>&1 &
	until_true 10 is_served || wrong "deputyd does not start"
}

stop_deputyd()
{
	local pid

	pid=$(deputyctl --json status 2>/dev/null | json 'r["pid"]' 2>/dev/null) ||
		return 0
	kill "$pid"
	until_true 10 is_gone "$pid" || wrong "deputyd does not end"
}

is_gone()
{
	! kill -0 "$1" 2>/dev/null
}

new_user()
{
	getent passwd reader >/dev/null || {
		sed -i "/^[^:]*:x:$user:/d" /etc/passwd /etc/group
		useradd -u "$user" -m -s /bin/bash reader
		grep -q ^reader: /etc/subuid ||
			echo reader:200000:65536 | tee -a /etc/subuid >>/etc/subgid
	}
	mkdir -p "/run/user/$user"
	chown "$user:$user" "/run/user/$user"
}

by_user()
{
	(cd ~reader && exec setpriv --reuid "$user" --regid "$user" --clear-groups \
		env -i "PATH=$PATH" HOME=/home/reader USER=reader \
		"XDG_RUNTIME_DIR=/run/user/$user" "$@")
}

# Of busybox, with the programs that the guides call; $tmp/image.tar
busybox_image()
{
	local root=$tmp/rootfs name

	mkdir -p "$root"/{bin,proc,dev,sys,tmp,etc,run,var}
	cp /bin/busybox "$root/bin/"
	for name in sh mknod ls sleep; do
		ln -s busybox "$root/bin/$name"
	done
	write_image "$root"
	chmod 0755 "$tmp"
}

# -- bubblewrap ------------------------------------------------------------------------

says_to_a_user()
{
	new_user
	says "$1" by_user deputyctl run -- true
}

# bind POLICY WHEN: the only binding, of policies "a", "b" and "nodes"
bind()
{
	local rules='{ "rules": [ { "syscalls": ["@mknod"], "action": "emulate",
		"match": { "type": "char", "device": ["@safe"] } } ],
		"default": "continue" }'

	mkdir -p /etc/deputy
	echo "{ \"version\": 1, \"policies\": { \"a\": $rules, \"b\": $rules,
		\"nodes\": $rules },
		\"bindings\": [ { \"policy\": \"$1\", \"when\": $2 } ] }" \
		>/etc/deputy/policy.json
	deputyctl reload >"$out" 2>&1 || wrong "$(cat "$out")"
}

bubblewrap_refusals()
{
	says "this process has a listener already, and the kernel allows one" \
		deputyctl run -- deputyctl run -- true
	bind a '{ "peer_uid": 12345 }'
	says "no binding of deputyd's policy matches this container of uid N" \
		deputyctl run -- true
	bind b '{ "peer_uid": 0 }'
	says 'the container wants policy "a", but the bindings give it "b"' \
		deputyctl run --policy a -- true
	says 'deputyd has no policy "x"' deputyctl run --policy x -- true
	stop_deputyd
	says "deputyd does not run (…)" deputyctl run -- true
}

# -- runc ----------------------------------------------------------------------------

runc_refusals()
{
	stop_deputyd
	cd /var/tmp/c || wrong "no bundle"
	says 'connect: no such file or directory' runc run demo2
}

# -- LXC ---------------------------------------------------------------------------------

lxc_without_the_cookie()
{
	rm /var/lib/lxc/demo/rootfs/root/fuse
	lxc-execute -n demo -s lxc.seccomp.profile=/etc/lxc/fuse.seccomp \
		-- /bin/mknod /root/fuse c 10 229 >"$out" 2>&1 &&
		wrong "it does not fail"
	absent /var/lib/lxc/demo/rootfs/root/fuse
}

# Those of its rows that take no time: no deputyd, no newuidmap line.
lxc_what_to_expect()
{
	stop_deputyd
	lxc-execute -n demo -- /bin/true >"$out" 2>&1 && wrong "it starts"
	start_deputyd
	lxc-execute -n demo -- /bin/true >"$out" 2>&1 || wrong "$(cat "$out")"
	sed -i /^root:/d /etc/subuid
	says 'newuidmap: uid range … not allowed' lxc-execute -n demo -- /bin/true
}

# -- Proxmox VE, of which there are stand-ins only -------------------------------------

proxmox_units()
{
	cat >/usr/lib/systemd/system/pve-lxc-syscalld.service <<-'END'
	[Unit]
	DefaultDependencies=no
	Before=pve-guests.service
	[Service]
	ExecStart=sleep 1000
	RuntimeDirectory=pve
	END
	cat >/usr/lib/systemd/system/pve-guests.service <<-'END'
	[Unit]
	DefaultDependencies=no
	[Service]
	ExecStart=sleep 1000
	END
	systemctl daemon-reload
	systemctl start pve-lxc-syscalld.service || wrong "the stand-in fails"
}

proxmox_is_ordered()
{
	contains "$(systemctl show -P Before deputyd-lxc.socket)" \
		pve-guests.service || wrong "guests may start before the socket"
	[ -S /run/pve/lxc-syscalld.sock ] || wrong "no socket"
	[ ! -e /run/deputy/lxc.sock ] || wrong "the other socket is there, too"
}

without_pve()
{
	command -v pct >/dev/null || how=(skipped "this is no Proxmox VE")
}

# What Proxmox VE 8 writes for an unprivileged container with mknod=1, as far as LXC
# takes it here.
proxmox_container()
{
	local config=$tmp/101.config root=/var/lib/lxc/101/rootfs

	grep -q ^root: /etc/subuid ||
		echo root:100000:65536 | tee -a /etc/subuid >>/etc/subgid
	{
		cat /usr/share/lxc/config/common.seccomp
		echo 'mknod notify [1,8192,SCMP_CMP_MASKED_EQ,61440]'
		echo 'mknod notify [1,24576,SCMP_CMP_MASKED_EQ,61440]'
		echo 'mknodat notify [2,8192,SCMP_CMP_MASKED_EQ,61440]'
		echo 'mknodat notify [2,24576,SCMP_CMP_MASKED_EQ,61440]'
	} >"$tmp/rules.seccomp"
	cat - "$tmp/pve.conf" >"$config" <<-END
	lxc.cgroup.relative = 0
	lxc.cgroup.dir.monitor = lxc.monitor/101
	lxc.cgroup.dir.container = lxc/101
	lxc.cgroup.dir.container.inner = ns
	lxc.monitor.unshare = 1
	lxc.idmap = u 0 100000 65536
	lxc.idmap = g 0 100000 65536
	lxc.net.0.type = empty
	lxc.mount.auto = proc:mixed sys:ro
	lxc.apparmor.profile = unconfined
	lxc.seccomp.profile = $tmp/rules.seccomp
	END
	lxc-create -n 101 -t busybox -f "$config" >"$out" 2>&1 ||
		wrong "$(cat "$out")"
	lxc-execute -n 101 -- /bin/sh -c \
		'mknod /root/null c 1 3; exec sleep 1000' >"$out" 2>&1 &
	until_true 20 test -c $root/root/null || wrong "no node: $(cat "$out")"
	device $root/root/null 1:3 100000
	contains "$(deputyctl list)" "101 proxmox" ||
		wrong "the list: $(deputyctl list)"
	lxc-stop -n 101 -k
	wait %%
}

proxmox_is_back()
{
	is active "$(systemctl is-active pve-lxc-syscalld.service)" "the other daemon"
	is inactive "$(systemctl is-active deputyd.service)" deputyd
	is "" "$(systemctl show -P Listen deputyd-lxc.socket | grep pve)" \
		"what deputy listens on"
}

# -- Docker -----------------------------------------------------------------------------

start_dockerd()
{
	local options

	read -ra options < <(docker_options)
	dockerd --iptables=false --ip6tables=false --bridge=none \
		"${options[@]}" --exec-opt native.cgroupdriver=cgroupfs \
		>"$tmp/dockerd.log" 2>&1 &
	until_true 40 docker info >/dev/null 2>&1 ||
		wrong "dockerd does not start: $(tail "$tmp/dockerd.log")"
	busybox_image
	docker import "$tmp/image.tar" busybox >"$out" 2>&1 ||
		wrong "import: $(cat "$out")"
}

# docker_device CONTAINER PATH NUMBER: of container root, in the layer on top
docker_device()
{
	local layer id

	! is_skipped || return 0
	layer=$(docker inspect -f '{{.GraphDriver.Data.UpperDir}}' "$1")
	id=$(sed -n 's/^dockremap:\([0-9]*\):.*/\1/p' /etc/subuid)
	device "$layer$2" "$3" "$id"
}

docker_without_deputyd()
{
	stop_deputyd
	out=$tmp/said how=()
	docker run --rm --network none --runtime deputy busybox true \
		>"$out" 2>&1 && wrong "it starts"
}

# docker_in_busybox ANSWER OPTION... COMMAND
docker_in_busybox()
{
	local want=$1 said
	shift

	said=$(docker run --rm --network none "${@:1:$#-1}" busybox sh -c \
		"${!#}" 2>&1 </dev/null)
	contains "$said" "$want" || wrong "$*: wanted \"$want\", got \"$said\""
}

docker_table()
{
	local try='mknod /null c 1 3 && echo made'

	start_deputyd
	docker_in_busybox made --runtime deputy --security-opt \
		seccomp=unconfined "$try"
	docker_in_busybox made --runtime deputy --security-opt \
		seccomp=/usr/share/containers/seccomp.json "$try"
	says "privileged mode is incompatible with user namespaces" \
		docker run --rm --network none --privileged busybox true
	docker run -d --name long --network none --runtime deputy busybox \
		sleep 60 >"$out" 2>&1 || wrong "$(cat "$out")"
	docker exec long mknod /null c 1 3 >"$out" 2>&1 || wrong "exec: $(cat "$out")"
	if older_than 24.0 docker; then
		says "unknown flag: --annotation" docker run --annotation a=b busybox
	fi
	older_than 23.0 dockerd || return 0
	deputyctl policy profile /etc/deputy/policy.json --policy nodes \
		--dialect docker >"$tmp/p.json"
	says "listenerPath is not set" docker run --rm --network none \
		--security-opt "seccomp=$tmp/p.json" busybox true
}

# -- Podman -----------------------------------------------------------------------------

# What this place lacks (systemd, its log), or may not give (CAP_SYS_RESOURCE).
podman_busybox()
{
	mkdir -p /etc/containers
	cat >/etc/containers/containers.conf <<-'END'
	[engine]
	cgroup_manager = "cgroupfs"
	events_logger = "none"
	[containers]
	default_ulimits = [ "nofile=1024:1024", "nproc=4096:4096" ]
	pids_limit = 0
	log_driver = "k8s-file"
	END
	new_user
	busybox_image
	podman import "$tmp/image.tar" docker.io/library/busybox >"$out" 2>&1 ||
		wrong "import: $(cat "$out")"
	by_user podman import "$tmp/image.tar" docker.io/library/busybox \
		>"$out" 2>&1 || wrong "import by a user: $(cat "$out")"
}

# Where they are to be, and where not.
podman_hooks_are_good()
{
	local dir=/etc/containers/oci/hooks.d mine=/usr/local/share/deputy/hooks.d

	contains "$(deputyctl doctor)" \
		"ok OCI hook $mine/50-deputy-precreate.json" ||
		wrong "doctor: $(deputyctl doctor)"
	mkdir -p $dir "$tmp/built"
	printf 'FROM docker.io/library/busybox\nRUN true\n' >"$tmp/built/Containerfile"
	cp /usr/local/share/containers/oci/hooks.d/50-deputy-ready.json $dir
	podman build --network none "$tmp/built" >"$out" 2>&1 ||
		wrong "build beside the ready hook: $(cat "$out")"
	cp $mine/50-deputy-precreate.json $dir
	contains "$(deputyctl doctor)" "$dir/50-deputy-precreate.json keeps" ||
		wrong "doctor: $(deputyctl doctor)"
	says 'unknown stage "precreate"' podman build --no-cache --network none \
		"$tmp/built"
	rm -r $dir
}

# podman_device NAME PATH NUMBER UID: in the layer on top
podman_device()
{
	local layer
	layer=$(podman inspect -f '{{.GraphDriver.Data.UpperDir}}' "$1")

	device "$layer$2" "$3" "$4"
}

# Rootless: seen from outside while it runs, since what is bound goes with it.
podman_device_of_a_user()
{
	local pid
	by_user podman run -d --name long --network none --cap-add MKNOD \
		--annotation io.deputy.policy=nodes docker.io/library/busybox \
		sh -c 'mknod /null c 1 3 && sleep 60' >"$out" 2>&1 ||
		wrong "$(cat "$out")"
	pid=$(by_user podman inspect -f '{{.State.Pid}}' long)

	until_true 10 test -c "/proc/$pid/root/null"
	device "/proc/$pid/root/null" 1:3 "$user"
	by_user podman rm -f -t 0 long >"$out" 2>&1 || wrong "$(cat "$out")"
}

# podman_mknod [GLOBAL-OPTION...] RUN-OPTION
podman_mknod()
{
	podman "${@:1:$#-1}" run --rm --network none --cap-add MKNOD \
		--uidmap 0:100000:65536 --gidmap 0:100000:65536 "${!#}" \
		docker.io/library/busybox sh -c 'mknod /null c 1 3 && echo made'
}

podman_wrapper()
{
	local said

	said=$(podman_mknod --runtime /usr/local/bin/deputy-runtime \
		--hooks-dir=/nowhere --annotation=io.deputy.policy=nodes 2>&1)
	contains "$said" made || wrong "deputy-runtime: $said"
	said=$(podman run --rm --network none --cap-add MKNOD \
		--uidmap 0:100000:65536 --gidmap 0:100000:65536 \
		--annotation io.deputy.policy=nodes --security-opt \
		seccomp=unconfined docker.io/library/busybox \
		sh -c 'mknod /null c 1 3 && echo made' 2>&1)
	contains "$said" made || wrong "unconfined: $said"
}

# A binding by the profile's metadata, before the one that is there.
bind_nodes_by_metadata()
{
	sed -i 's/"bindings": \[/&{ "when": { "peer_uid": 0, "metadata": "nodes" }, "policy": "nodes" },/' \
		/etc/deputy/policy.json
	deputyctl reload >"$tmp/said" 2>&1 || wrong "$(cat "$tmp/said")"
}

# podman_built IMAGE PATH NUMBER: in the image
podman_built()
{
	local root

	! is_skipped || return 0
	root=$(podman image mount "$1") || wrong "no image $1"

	# Whose it is there depends on the version.
	device "$root$2" "$3" "$(stat -c %u "$root$2")"
	podman image unmount "$1" >"$tmp/said"
}

podman_of_a_user()
{
	by_user podman --runtime "$1" run --rm --network none \
		--annotation=io.deputy.policy=nodes docker.io/library/busybox true
}

podman_refusals()
{
	local nodes=--annotation=io.deputy.policy=nodes

	says 'mknod: … Operation not permitted' podman_mknod --annotation=a=b
	says 'setting up OCI Hooks: … precreate]: exit status 1' \
		podman_mknod "${nodes}s"
	says '… this engine runs no precreate hooks' podman_mknod --runtime runc \
		--hooks-dir=/usr/local/share/containers/oci/hooks.d "$nodes"
	stop_deputyd
	says 'runc … deputy-hook: deputyd does not run' \
		podman_mknod --runtime runc "$nodes"
	says 'crun: … oci.sock`: No such file or directory' \
		podman_mknod --runtime crun "$nodes"
	start_deputyd
	says 'crun: … oci.sock`: Permission denied' podman_of_a_user crun
	says '… this user cannot connect to deputyd' podman_of_a_user runc
	bind nodes '{ "peer_uid": 12345 }'
	says "… no binding of deputyd's policy matches …" \
		podman_mknod --runtime runc "$nodes"
	says 'crun: error executing hook … (exit code: 1)' \
		podman_mknod --runtime crun "$nodes"
	bind b '{ "peer_uid": 0 }'
	says '… the bindings give it "b"' podman_mknod --runtime runc \
		--annotation=io.deputy.policy=a
}

# podman_in_store ANSWER OPTION...: a node is made and opened by a user
podman_in_store()
{
	local said want=$1
	shift

	by_user podman "$@" import -q "$tmp/image.tar" store >"$out" 2>&1 ||
		wrong "$*: $(cat "$out")"
	said=$(by_user podman "$@" run --rm --network none --cap-add MKNOD \
		--annotation io.deputy.policy=nodes store sh -c \
		'mknod /null c 1 3 && echo x >/null && echo opens' 2>&1)
	contains "$said" "$want" || wrong "$*: wanted \"$want\", got \"$said\""
}

# podman_build_in_store OPTION...: a user's build makes a node in a layer. Prints
# what the image has there, or what the build says.
podman_build_in_store()
{
	mkdir -p "$tmp/stored"
	printf 'FROM store\nRUN mknod /null c 1 3\n' >"$tmp/stored/Containerfile"
	chmod -R a+rX "$tmp/stored"
	by_user podman "$@" --runtime /usr/local/bin/deputy-user build -q \
		--isolation oci --network none --cap-add MKNOD -t stored \
		"$tmp/stored" 2>&1 || return 0
	by_user podman "$@" save -o /home/reader/stored.tar stored 2>&1
	rm -rf "$tmp/layers"
	mkdir "$tmp/layers"
	tar -C "$tmp/layers" -xf /home/reader/stored.tar
	rm -f /home/reader/stored.tar
	find "$tmp/layers" -name '*.tar' -exec tar -tvf {} \; | grep ' null$'
}

# A layer has a true node, or the build fails: never anything else.
podman_stores_of_a_user()
{
	local said

	printf '#!/bin/sh\nexec /usr/local/bin/deputy-runtime %s "$@"\n' \
		"--deputy-policy nodes" >/usr/local/bin/deputy-user
	chmod 0755 /usr/local/bin/deputy-user
	podman_in_store opens --root /home/reader/vfs --storage-driver vfs
	podman_in_store "Operation not permitted" --root /home/reader/overlay \
		--storage-driver overlay
	cp /etc/deputy/policy.json "$tmp/policy.before"
	bind nodes '{ "peer_uid": '"$user"' }'
	said=$(podman_build_in_store --root /home/reader/vfs --storage-driver vfs)
	contains "$said" "crw-r--r--" || wrong "a build in vfs: $said"
	said=$(podman_build_in_store --root /home/reader/overlay \
		--storage-driver overlay)
	contains "$said" "mknod: /null: Operation not permitted" ||
		wrong "a build in overlay: $said"
	cp "$tmp/policy.before" /etc/deputy/policy.json
	deputyctl reload >"$out" 2>&1 || wrong "$(cat "$out")"
	podman_in_store "Operation not permitted" --root /home/reader/fuse \
		--storage-driver overlay --storage-opt \
		overlay.mount_program=/usr/bin/fuse-overlayfs
}

# -- containerd -------------------------------------------------------------------------

# By its configuration, with what this place lacks: a CNI plugin that does nothing,
# a sandbox image, CAP_SYS_RESOURCE.
restart_containerd()
{
	local config=/etc/containerd/config.toml

	[ -z "$engine" ] || {
		kill "$engine"
		wait "$engine"
	}
	mkdir -p /etc/containerd
	[ -e $config ] || echo 'version = 2' >$config
	sed -i '/^version/a oom_score = 0' $config
	containerd >>"$tmp/containerd.log" 2>&1 &
	engine=$!
	until_true 20 ctr version >/dev/null 2>&1 || wrong "containerd does not start"
}

restart_containerd_with_cri()
{
	local name

	mkdir -p /opt/cni/bin /etc/cni/net.d
	for name in none loopback; do
		cat >/opt/cni/bin/$name <<-'END'
		#!/bin/sh
		case $CNI_COMMAND in
		VERSION) echo '{ "cniVersion": "0.4.0", "supportedVersions": [ "0.4.0" ] }' ;;
		ADD) echo '{ "cniVersion": "0.4.0", "interfaces": [ { "name": "eth0",
			"sandbox": "'$CNI_NETNS'" } ], "ips": [ { "version": "4",
			"address": "10.1.0.2/24", "interface": 0 } ] }' ;;
		esac
		END
		chmod 0755 /opt/cni/bin/$name
	done
	echo '{ "cniVersion": "0.4.0", "name": "none", "plugins": [ { "type": "none" } ] }' \
		>/etc/cni/net.d/10-none.conflist
	cat >>/etc/containerd/config.toml <<-'END'
	[plugins."io.containerd.grpc.v1.cri"]
	  sandbox_image = "docker.io/library/busybox:latest"
	  restrict_oom_score_adj = true
	[plugins."io.containerd.grpc.v1.cri".cni]
	  bin_dir = "/opt/cni/bin"
	END
	restart_containerd
	cri_image
}

# Podman writes the image in a form that containerd reads. It sleeps as a sandbox.
cri_image()
{
	local image=docker.io/library/busybox:latest

	busybox_image
	{
		podman --storage-driver vfs import --change ENV=PATH=/bin \
			--change 'CMD [ "/bin/sleep", "3600" ]' \
			"$tmp/image.tar" $image &&
			podman --storage-driver vfs save -o "$tmp/cri.tar" $image &&
			ctr -n k8s.io images import "$tmp/cri.tar"
	} >"$out" 2>&1 || wrong "$(cat "$out")"
	sed 's/ \[debug_redact = true\]//' /deputy/out/api.proto >"$tmp/api.proto"
	protoc -I "$tmp" --python_out "$tmp" api.proto || wrong "no CRI"
	touch /etc/hosts /etc/resolv.conf
}

ctr_without_deputyd()
{
	unless 1.7 containerd
	[ ${#how[@]} = 0 ] || return 0
	stop_deputyd
	out=$tmp/said
	ctr run --rm --runc-binary /usr/local/bin/deputy-nodes \
		--config /var/tmp/b/config.json try2 >"$out" 2>&1 &&
		wrong "it starts"
	start_deputyd
}

# What a kubelet asks for where it is given that file.
pod_of()
{
	python3 - "$1" "$2" <<-'END'
	import json, re, sys
	text = open(sys.argv[1]).read()
	def value(key):
	    found = re.search(rf"^ *{key}: *(\S+)$", text, re.M)
	    return found and found[1]
	pod = {"image": "docker.io/library/busybox:latest",
	       "command": re.search(r"command: \[(.*)\]", text)[1].split(", "),
	       "handler": value("runtimeClassName") or ""}
	if value("io.deputy.policy"):
	    pod["annotations"] = {"io.deputy.policy": value("io.deputy.policy")}
	if value("localhostProfile"):
	    pod["profile"] = "/var/lib/kubelet/seccomp/" + value("localhostProfile")
	if value("hostUsers") == "false":
	    pod["userns"] = 100000
	pod["command"][-1] = "cat /proc/self/uid_map; " + pod["command"][-1]
	json.dump(pod, open(sys.argv[2], "w"))
	END
}

pod_makes_a_node()
{
	local said before
	before=$(emulated_calls)

	pod_of "$1" "$tmp/pod.json"
	said=$("$here/cri.py" "$tmp" /run/containerd/containerd.sock \
		"$tmp/pod.json" 2>&1)
	contains "$said" 'crw-r--r-- 1 … 1, 3 … /null' || wrong "it says $said"
	if older_than 1.7 containerd; then
		contains "$said" '0 0 4294967295' || wrong "a user namespace: $said"
		return
	fi
	contains "$said" '0 100000 65536' || wrong "no user namespace: $said"
	is $((before + 1)) "$(emulated_calls)" "calls that deputyd did"
}

emulated_calls()
{
	deputyctl --json status | json 'r["counters"]["emulated"]'
}
