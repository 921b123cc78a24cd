#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# try_run.sh: the cases of packaging/try, as root in the booted tree. The packages
# are in /deputy/build.
# shellcheck disable=SC2317 # cases are called by their names
set -uo pipefail
export DEBIAN_FRONTEND=noninteractive
# It clears /tmp, once: before something of ours is there.
systemctl start basic.target
debs=/deputy/build failed=0 case_failed=0
units="deputyd.service deputyd-oci.socket deputyd-lxc.socket deputyd-control.socket"
out=$(mktemp)

wrong()
{
	echo "    $*"
	case_failed=1
}

# is WANTED GOT WHAT
is()
{
	[ "$1" = "$2" ] || wrong "$3: wanted \"$1\", got \"$2\""
}

try_case()
{
	case_failed=0
	"case_$1"
	if [ $case_failed = 0 ]; then
		echo "ok      $1"
	else
		echo "FAILED  $1"
		failed=1
	fi
}

apt_get()
{
	apt-get -q -y -o Dpkg::Use-Pty=0 "$@" >"$out" 2>&1 </dev/null ||
		wrong "apt-get $*: $(tail -n 5 "$out")"
}

until_true()
{
	local deadline=$((SECONDS + $1))
	shift

	until "$@" 2>/dev/null; do
		[ "$SECONDS" -lt "$deadline" ] || return 1
		read -rt 0.05 <> <(:) || :
	done
}

node()
{
	stat -c '%F %t:%T %u' "$1" 2>&1
}

all_are()
{
	local unit

	for unit in $units; do
		is "$2" "$(systemctl "$1" "$unit" 2>&1)" "$unit $1"
	done
}

by_user()
{
	(cd /home/reader && exec setpriv --reuid reader --regid reader --init-groups \
		env -i PATH="$PATH" HOME=/home/reader "$@")
}

# -- a container that makes nodes when it is told to ---------------------------------

# container DIR: answers each line of DIR/go with "ok" or the error, in DIR/said
container()
{
	mkdir -p "$1"
	mkfifo "$1/go"
	# shellcheck disable=SC2016 # they are for the shell inside
	deputyctl run -- unshare --user --map-root-user sh -c 'cd "$0"
		while read -r n; do
			mknod "n$n" c 1 3 2>err && echo ok || cat err
		done <go >said' "$1" >/dev/null 2>&1 </dev/null &
	exec {told}>"$1/go"
}

# tell DIR NUMBER: the answer
tell()
{
	local lines

	lines=$(wc -l <"$1/said" 2>/dev/null || echo 0)
	echo "$2" >&"$told"
	# shellcheck disable=SC2016 # they are for the other shell
	until_true 20 bash -c '[ "$(wc -l <"$1/said")" -gt "$2" ]' - "$1" "$lines"
	tail -n 1 "$1/said"
}

# -- cases --------------------------------------------------------------------------

case_install()
{
	apt_get install "$debs/deputy.deb"
	all_are is-active active
	all_are is-enabled enabled
	is deputy-users "$(stat -c %G /run/deputy/oci.sock)" "group of oci.sock"
	is "0 0" "$(stat -c '%u %g' /etc/deputy/policy.d)" /etc/deputy/policy.d
	deputyctl status >"$out" 2>&1 || wrong "status: $(cat "$out")"
	journalctl -x -u deputyd | grep -q 'deputyd is ready' ||
		wrong "the journal does not explain its messages"
}

case_exposure()
{
	systemd-analyze security deputyd.service >"$out" 2>&1
	tail -n 1 "$out" | sed 's/^[^O]*/        /'
	systemd-analyze security --threshold=45 deputyd.service >/dev/null 2>&1 ||
		wrong "exposed more than 4.5"
}

case_root_is_served()
{
	mkdir -p /srv/root
	# shellcheck disable=SC2016 # it is for the shell inside
	deputyctl run -- unshare --user --map-root-user sh -c \
		'cd /srv/root && mknod null c 1 3 && echo x >null; mknod sda b 8 0' \
		>"$out" 2>&1
	is "character special file 1:3 0" "$(node /srv/root/null)" null
	[ ! -e /srv/root/sda ] || wrong "a disk was made"
}

case_user_is_served()
{
	useradd --create-home --uid 12345 reader
	by_user deputyctl run -- true >"$out" 2>&1 && wrong "a stranger is served"
	grep -q deputy-users "$out" || wrong "no word of the group: $(cat "$out")"
	usermod --append --groups deputy-users reader
	by_user deputyctl run -- unshare --user --map-root-user \
		sh -c 'mknod null c 1 3' >"$out" 2>&1 || wrong "run: $(cat "$out")"
	is "character special file 1:3 12345" "$(node /home/reader/null)" null
}

case_user_with_ids_of_its_own()
{
	# shellcheck disable=SC2016 # it is for the shell inside
	by_user deputyctl run --userns -- sh -c 'mkdir t && mknod t/zero c 1 5 &&
		chown 7:7 t/zero && mknod t/sda b 8 0' >"$out" 2>&1
	is "character special file 1:5 $(awk -F: '/^reader:/ { print $2 + 6 }' \
		/etc/subuid)" "$(node /home/reader/t/zero)" "zero, of the tree's uid 7"
	[ ! -e /home/reader/t/sda ] || wrong "a disk was made"
}

# starts STOP LOG: containers, one after another, until STOP is there
starts()
{
	until [ -e "$1" ]; do
		if deputyctl run -- true >"$2.last" 2>&1; then
			echo ok >>"$2"
		else
			cat "$2.last" >>"$2.lost"
		fi
	done
}

case_upgrade_under_load()
{
	local pid loop calls=0 lost=0 n

	container /srv/load
	is ok "$(tell /srv/load 0)" "before"
	pid=$(systemctl show -P MainPID deputyd)
	starts /srv/stop /srv/starts &
	loop=$!
	(apt_get install "$debs/deputy_0.1.1-1.deb"; exit "$case_failed") &
	n=$!
	while kill -0 "$n" 2>/dev/null || [ "$calls" -lt 200 ]; do
		calls=$((calls + 1))
		[ "$(tell /srv/load "u$calls")" = ok ] || lost=$((lost + 1))
	done
	wait "$n" || wrong "the upgrade failed"
	: >/srv/stop
	wait "$loop"
	is 0 "$lost" "calls lost, of $calls"
	: >>/srv/starts.lost
	is "" "$(cat /srv/starts.lost)" "starts lost"
	[ "$(wc -l </srv/starts)" -gt 5 ] || wrong "too few starts to tell"
	[ "$pid" != "$(systemctl show -P MainPID deputyd)" ] ||
		wrong "deputyd is the old one"
	is 0.1.1-1 "$(dpkg-query -W -f '${Version}' deputy)" version
	echo "        $calls calls and $(wc -l </srv/starts) starts meanwhile"
}

case_masked()
{
	systemctl mask deputyd.service >/dev/null 2>&1
	apt_get install "$debs/deputy_0.1.2-1.deb"
	is masked "$(systemctl is-enabled deputyd.service 2>&1)" deputyd.service
	is ok "$(tell /srv/load masked)" "a call of the deputyd that runs on"
	systemctl unmask deputyd.service >/dev/null 2>&1
	systemctl restart deputyd.service
}

# systemd keeps a stopped unit's fds from 254 on (FileDescriptorStorePreserve=).
case_stop_and_start()
{
	local said want=ok

	exec {told}>&-
	container /srv/stopped
	is ok "$(tell /srv/stopped 0)" "before"
	systemctl stop deputyd.service 2>/dev/null
	systemctl start deputyd.service
	said=$(tell /srv/stopped stopped)
	[ "$(systemctl --version | awk 'NR == 1 { print $2 }')" -ge 254 ] ||
		want="mknod: nstopped: Function not implemented"
	is "$want" "$said" "a call after stop and start"
}

case_remove()
{
	exec {told}>&-
	apt_get remove deputy
	[ ! -e /run/deputy ] || wrong "left: $(find /run/deputy)"
	all_are is-active inactive
	[ -z "$(pgrep -l deputy)" ] || wrong "left: $(pgrep -l deputy)"
}

case_purge()
{
	apt_get purge deputy
	is "" "$(find / -xdev -iname '*deputy*' -not -path '/deputy*' \
		-not -path '/proc/*' -not -path '/tmp/*' -not -path '/var/log/*' \
		-not -path '/var/lib/dpkg/*' -not -path '/run/*' \
		-not -path '/var/cache/*' \
		-not -path '/etc/systemd/journald.conf.d/50-deputy.conf')" "files left"
	getent group deputy deputy-users >/dev/null || wrong "the groups are gone"
}

# What Podman and LXC lack here: file systems of their own (an overlay takes no other
# one's upper layer), CAP_SYS_RESOURCE, cgroups with controllers.
prepare_engines()
{
	local store

	for store in containers lxc; do
		mkdir -p "/var/lib/$store"
		mount -t tmpfs -o mode=755 "$store" "/var/lib/$store"
	done
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
}

# It installs the package, and what the tests depend on. All is private here, so
# they need no other machine.
case_debian_tests()
{
	prepare_engines
	apt_get install --no-install-recommends autopkgtest
	mkdir /srv/source
	cp -r /deputy/source/packaging/debian /srv/source/
	autopkgtest --no-built-binaries "$debs/deputy.deb" /srv/source/ \
		--ignore-restrictions=isolation-machine -- null \
		>"$out" 2>&1 </dev/null || wrong "$(grep -v '^\(Get\|Ign\|Err\|W\):' \
			"$out" | tail -n 100)"
	sed -n '1,/ summary$/d; /^autopkgtest/d; s/^/        /; /PASS\|FAIL\|SKIP/p' "$out"
}

# nodes NAME: what is right below a container's root and no directory, from outside
nodes()
{
	local root

	root=$(podman mount "$1")
	find "$root" -maxdepth 1 ! -type d ! -type l -exec stat -c '%n %F %t:%T %u' {} + |
		sed "s,^$root/,," | sort
}

# in_podman OPTION... COMMAND: of the base image, in a user namespace
in_podman()
{
	podman run --network none --security-opt seccomp=/srv/profile.json \
		--cap-add MKNOD --uidmap 0:100000:65536 --gidmap 0:100000:65536 \
		"${@:1:$#-1}" localhost/debian sh -c "${!#}"
}

is_made()
{
	nodes "$1" | grep -q "^$2 "
}

# No deputy is installed here any more. The image is built without a network; its
# deputyd serves containers by the socket, and its keeper outlives it.
case_image()
{
	local runtime pid made="character special file 1:3 100000"

	apt_get purge deputy
	mkdir -p /srv/context /run/deputy
	cp "$debs/deputy.deb" /srv/context/deputy_try.deb
	{
		podman import --quiet "$debs/base.tar" debian &&
			podman build --isolation chroot --tag deputy --file \
				/deputy/source/packaging/Containerfile \
				--build-arg BASE=localhost/debian /srv/context &&
			podman run --detach --name deputyd --privileged --pid host \
				--network none --volume /run/deputy:/run/deputy \
				localhost/deputy
	} >"$out" 2>&1 || wrong "$(tail -n 20 "$out")"
	until_true 20 podman exec deputyd deputyctl status >/dev/null ||
		wrong "deputyd is not there: $(podman logs deputyd 2>&1)"
	podman cp /deputy/source/policy/builtin.json deputyd:/tmp/ &&
		podman exec deputyd deputyctl policy profile /tmp/builtin.json \
			>/srv/profile.json
	for runtime in crun runc; do
		in_podman --runtime "$runtime" --name "of-$runtime" \
			'mknod /null c 1 3; mknod /sda b 8 0; true' >"$out" 2>&1 ||
			wrong "$runtime: $(cat "$out")"
		is "null $made" "$(nodes "of-$runtime")" "nodes of $runtime"
	done
	in_podman --detach --name long 'mknod /first c 1 3
		until [ -e /go ]; do read -rt 0.1 </dev/null; done
		mknod /second c 1 3; exec sleep 1000' >"$out" 2>&1 || wrong "$(cat "$out")"
	until_true 20 is_made long first || wrong "no first node"
	pid=$(podman exec deputyd deputyctl status | sed -n 's/^deputyd .*, pid //p')
	kill -KILL "$pid" || wrong "deputyd is not pid \"$pid\" here"
	mkdir "$(podman mount long)/go"
	until_true 20 is_made long second || wrong "no node after deputyd was killed"
	is "first $made second $made" "$(nodes long | tr '\n' ' ' | sed 's/ $//')" \
		"nodes of the one that saw it killed"
	# Podman clears up after its containers meanwhile, too.
	until_true 20 podman rm --all --force --time 0 >"$out" || wrong "$(podman ps -a)"
}

for name in install exposure root_is_served user_is_served \
	user_with_ids_of_its_own upgrade_under_load masked stop_and_start remove \
	purge debian_tests image; do
	try_case $name
done
[ $failed = 0 ] || journalctl -o cat -u deputyd | tail -n 20
exit $failed
