#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# workloads.sh BUILD-DIR [CASE...]: the installed policies build, fuse and tun under
# the programs that they are for. "deputyctl run --userns" runs these programs, as root
# and as a user with subordinate ids. Each result is looked at from outside. A case is
# a function case_NAME, called with each of its modes; to add one, write it and name
# it in "cases".
#
# Exit status 0 good, 1 a failure, 77 this machine can't run them.
# shellcheck disable=SC2016 # expressions in single quotes are for other shells
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:?usage: workloads.sh BUILD-DIR [CASE...]}" && pwd)
shift
# shellcheck source=tests/runtimes/suite.sh
. "$here/suite.sh"
own_mounts "$0" "$build" "$@"
trap end_suite EXIT
trap 'exit 1' INT TERM

# NAME and the modes it runs in.
cases=(
	"tar root user"
	"cpio root user"
	"rsync root user"
	"deb root user"
	"rpm root user"
	"fuse root"
	"tun root"
	"for_root_only user"
)

why_not()
{
	local tool

	[ "$(id -u)" -eq 0 ] || echo "not root"
	for tool in newuidmap setpriv getfattr tar cpio rsync dpkg rpm rpmbuild \
		python3 ip; do
		command -v "$tool" >/dev/null || echo "no $tool"
	done
}

# A user with ids of its own, in the mounts of this test alone.
make_user()
{
	{ cat /etc/passwd
	  echo "tester:x:$BUNDLE_ROOTLESS_ID:$BUNDLE_ROOTLESS_ID::$tmp:/bin/sh"
	} >"$tmp/passwd"
	echo "tester:$BUNDLE_FIRST_ID:65536" >"$tmp/subuid"
	mount --bind "$tmp/passwd" /etc/passwd
	mount --bind "$tmp/subuid" /etc/subuid
	mount --bind "$tmp/subuid" /etc/subgid
}

copy_policies()
{
	local name

	mkdir "$tmp/policy.d"
	for name in build fuse tun; do
		cp "$here/../../policy/examples/$name.json" \
			"$tmp/policy.d/10-$name.json"
	done
}

# node FILE: as it is seen from outside
node()
{
	stat -c '%F %Hr:%Lr %u:%g %a' "$1" 2>&1
}

# What is packed, by the machine's root: nodes, another owner, an attribute.
make_source()
{
	mkdir -p "$tmp/source/opaque" && (
		cd "$tmp/source" || exit
		mknod -m 0640 null c 1 3 && chown 42:42 null && ln null link &&
			mknod -m 0666 ptmx c 5 2 &&
			setfattr -n trusted.overlay.opaque -v y opaque &&
			tar --xattrs --xattrs-include='*' -cf ../source.tar . &&
			find . | cpio --quiet -o -H newc >../source.cpio
	) || exit 1
	chmod 0644 "$tmp/source.tar" "$tmp/source.cpio"
}

# inside MODE POLICY SCRIPT: it runs in a new directory of the user's, $dir.
inside()
{
	local as=()

	own=0 its=42
	if [ "$1" = user ]; then
		own=$BUNDLE_ROOTLESS_ID its=$((BUNDLE_FIRST_ID + 41))
		as=(setpriv --reuid "$own" --regid "$own" --clear-groups)
	fi
	dir=$(mktemp -d "$tmp/run.XXXXXX")
	chmod 0755 "$dir"
	chown "$own:$own" "$dir"
	(
		cd "$dir" || exit
		exec "${as[@]}" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
			HOME="$dir" SOURCE="$tmp" HERE="$here" \
			"$build/ctl/deputyctl" --listener "$tmp/oci.sock" \
			--file "$tmp/policy.d" --policy "$2" \
			run --userns -- sh -e -c "$3"
	) >"$tmp/said" 2>&1 || wrong "it failed: $(tail -n 20 "$tmp/said")"
}

# is_source DIRECTORY: the nodes of make_source are there
is_source()
{
	is "character special file 1:3 $its:$its 640" "$(node "$1/null")" "$1/null"
	is "character special file 5:2 $own:$own 666" "$(node "$1/ptmx")" "$1/ptmx"
}

# is_linked DIRECTORY: GNU tar doesn't link device nodes, the others do
is_linked()
{
	is "$(stat -c %i "$1/null")" "$(stat -c %i "$1/link" 2>&1)" \
		"the inode of $1/link"
}

# is_opaque DIRECTORY
is_opaque()
{
	is y "$(attr "$1/opaque" trusted.overlay.opaque)" "the attribute in $1"
}

# Unpacked, packed again in there, and unpacked a second time; an attribute that is
# removed is gone.
case_tar()
{
	inside "$1" build '
		all="--xattrs --xattrs-include=*"
		mkdir one two removed
		tar -C one $all -xpf "$SOURCE/source.tar"
		tar -C one $all -cf again.tar .
		tar -C two $all -xpf again.tar
		tar -C removed $all -xpf again.tar
		setfattr -x trusted.overlay.opaque removed/opaque'
	is_source "$dir/one"
	is_opaque "$dir/one"
	is_source "$dir/two"
	is_opaque "$dir/two"
	is "" "$(attr "$dir/removed/opaque" trusted.overlay.opaque)" \
		"the attribute that was removed"
}

case_cpio()
{
	inside "$1" build '
		mkdir one && cd one && cpio --quiet -idm <"$SOURCE/source.cpio"'
	is_source "$dir/one"
	is_linked "$dir/one"
}

case_rsync()
{
	inside "$1" build '
		mkdir one && tar -C one --xattrs "--xattrs-include=*" -xpf \
			"$SOURCE/source.tar"
		ln -f one/null one/link
		rsync -aHAXD one/ two/'
	is_source "$dir/two"
	is_linked "$dir/two"
	is_opaque "$dir/two"
}

case_deb()
{
	local tree=$tmp/deb

	[ -e "$tmp/nodes.deb" ] || {
		mkdir -p "$tree/DEBIAN" "$tree/opt"
		cp -a "$tmp/source/null" "$tmp/source/ptmx" "$tree/opt"
		printf '%s\n' "Package: nodes" "Version: 1" "Architecture: all" \
			"Maintainer: nobody <nobody@example.org>" \
			"Description: device nodes" >"$tree/DEBIAN/control"
		dpkg-deb -b "$tree" "$tmp/nodes.deb" >"$tmp/said" 2>&1 ||
			wrong "dpkg-deb: $(cat "$tmp/said")"
	}
	inside "$1" build '
		mkdir -p root/var/lib/dpkg/info root/var/lib/dpkg/updates
		touch root/var/lib/dpkg/status
		dpkg --root="$PWD/root" --log="$PWD/log" -i "$SOURCE/nodes.deb"'
	is "character special file 1:3 $its:$its 640" \
		"$(node "$dir/root/opt/null")" "the package's null"
	is "character special file 5:2 $own:$own 666" \
		"$(node "$dir/root/opt/ptmx")" "the package's ptmx"
	is "install ok installed" "$(dpkg-query --admindir \
		"$dir/root/var/lib/dpkg" -W -f '${Status}' nodes 2>&1)" "the package"
}

# rpm opens each node that it made. It fails so at ptmx, also without a container: the
# kernel wants a "pts" beside that node.
case_rpm()
{
	[ -e "$tmp/nodes.rpm" ] || {
		printf '%s\n' "Name: nodes" "Version: 1" "Release: 1" \
			"Summary: device nodes" "License: none" \
			"BuildArch: noarch" "%description" "Nodes." "%files" \
			"%dev(c,1,3) %attr(0640,root,root) /opt/null" \
			"%dev(c,1,5) %attr(0666,root,root) /opt/zero" >"$tmp/nodes.spec"
		rpmbuild --quiet --define "_topdir $tmp/rpm" \
			--define "_rpmdir $tmp/rpm" -bb "$tmp/nodes.spec" \
			>"$tmp/said" 2>&1 || wrong "rpmbuild: $(cat "$tmp/said")"
		mv "$tmp/rpm/noarch/nodes-1-1.noarch.rpm" "$tmp/nodes.rpm"
	}
	inside "$1" build '
		mkdir root && rpm --root "$PWD/root" --initdb
		rpm --root "$PWD/root" --nodeps -i "$SOURCE/nodes.rpm"
		rpm --root "$PWD/root" -q nodes'
	is "character special file 1:3 $own:$own 640" \
		"$(node "$dir/root/opt/null")" "the package's null"
	is "character special file 1:5 $own:$own 666" \
		"$(node "$dir/root/opt/zero")" "the package's zero"
	has "$(cat "$tmp/said")" "nodes-1-1" "rpm -q"
}

# can_open MAJOR:MINOR: else this kernel has no such driver
can_open()
{
	local node=$tmp/driver

	rm -f "$node"
	mknod "$node" c "${1%:*}" "${1#*:}"
	(exec 3<>"$node") 2>/dev/null || {
		skip "no driver of $1 in this kernel"
		return 1
	}
}

# A file system whose root directory has a mode that only its server can have given.
case_fuse()
{
	can_open 10:229 || return 0
	inside "$1" fuse '
		mkdir mounted && mknod -m 0600 fuse c 10 229
		timeout 20 python3 "$HERE/workloads_fuse.py" fuse mounted'
	is "character special file 10:229 $own:$own 600" "$(node "$dir/fuse")" fuse
	is 40711 "$(cat "$tmp/said")" "the mode of the root directory"
}

# ip opens the node that the container made; the interface is its own.
case_tun()
{
	can_open 10:200 || return 0
	[ -e /dev/net/tun ] || {
		skip "no /dev/net/tun"
		return 0
	}
	inside "$1" tun '
		mknod -m 0600 tun c 10 200
		mount --bind tun /dev/net/tun
		unshare -n sh -e -c "ip tuntap add mode tap name deputy0
			grep -o deputy0 /proc/net/dev"'
	is "character special file 10:200 $own:$own 600" "$(node "$dir/tun")" tun
	is deputy0 "$(cat "$tmp/said")" "the interface in there"
	[ ! -e /sys/class/net/deputy0 ] || wrong "the interface is the host's"
}

# A user gets neither fuse nor tun, and build makes neither.
case_for_root_only()
{
	local name out

	for name in fuse tun; do
		out=$(inside "$1" $name 'touch started')
		has "$out" "no binding of deputyd's policy matches" "$name by a user"
		dir=$(find "$tmp" -path '*/run.*/started')
		is "" "$dir" "what started"
	done
	inside "$1" build '
		for number in 10:229 10:200 5:1 1:1; do
			! mknod node c "${number%:*}" "${number#*:}" 2>said
			grep -q "Operation not permitted" said
		done'
	[ ! -e "$dir/node" ] || wrong "a node was made: $(node "$dir/node")"
}

main()
{
	make_scratch "$(why_not)"
	chmod 0755 "$tmp"
	make_user
	copy_policies
	make_source
	start_daemon --policy "$tmp/policy.d"
	run_cases "$@"
	summary
}

main "$@"
