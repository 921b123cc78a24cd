# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Sourced by run, and by tests/runtimes/world.sh: kernels and programs of Debian's
# suites, without a change to this system.
# apt reads them into a directory of its own, from the mirror that the system
# uses; packages are unpacked, not installed. What is there is used again.

VM_DIR=${DEPUTY_VM_DIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/build/vm}

# The system's first mirror for Debian.
vm_mirror()
{
	# shellcheck disable=SC2016 # apt's, not the shell's
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
		grep -m1 'debian/$' || echo "vm: apt has no mirror of Debian" >&2
}

# vm_apt SUITE ARG...: apt-get (or apt-cache, as the first argument) for it.
vm_apt()
{
	local suite=$1 dir=$VM_DIR/apt/$1 program=$2
	shift 2

	if [ ! -e "$dir/apt.conf" ]; then
		mkdir -p "$dir"/{lists/partial,cache/archives/partial,parts}
		echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
			"$(vm_mirror) $suite main" >"$dir/sources.list"
		cat >"$dir/apt.conf.part" <<-END
			Dir::State::lists "$dir/lists";
			Dir::Cache "$dir/cache";
			Dir::Etc::sourcelist "$dir/sources.list";
			Dir::Etc::sourceparts "$dir/parts";
			Dir::Etc::preferencesparts "$dir/parts";
			APT::Sandbox::User "root";
		END
		APT_CONFIG=$dir/apt.conf.part apt-get -qq update || return
		mv "$dir/apt.conf.part" "$dir/apt.conf"
	fi
	APT_CONFIG=$dir/apt.conf "$program" "$@"
}

# vm_unpack SUITE PACKAGE DIR: download and unpack it there, once.
vm_unpack()
{
	local suite=$1 package=$2 dir=$3

	[ -e "$dir/.$package" ] && return
	mkdir -p "$dir" "$VM_DIR/download"
	(cd "$VM_DIR/download" && vm_apt "$suite" apt-get -qq \
		-o Dir::State::status=/dev/null download "$package") || return
	dpkg -x "$VM_DIR/download/${package}"_*.deb "$dir" || return
	rm -f "$VM_DIR/download/${package}"_*.deb
	touch "$dir/.$package"
}

# vm_root SUITE DIR PACKAGE...: a root directory of them and all that they need,
# once. No package's scripts are run; what else its programs want is made here.
vm_root()
{
	local suite=$1 dir=$2 debs=$VM_DIR/download/$1 deb
	shift 2

	[ -e "$dir/.whole" ] && return
	rm -rf "$dir"
	mkdir -p "$dir" "$debs/partial"
	vm_apt "$suite" apt-get -qq --download-only --no-install-recommends \
		-o Dir::State::status=/dev/null -o Debug::NoLocking=1 \
		-o "Dir::Cache::archives=$debs" install '?essential' "$@" || return
	# The first has the links of a merged /usr.
	for deb in "$debs"/base-files_*.deb "$debs"/*.deb; do
		dpkg -x "$deb" "$dir" || return
	done
	cp "$dir/usr/share/base-passwd/passwd.master" "$dir/etc/passwd"
	cp "$dir/usr/share/base-passwd/group.master" "$dir/etc/group"
	touch "$dir/etc/subuid" "$dir/etc/subgid"
	printf '%032x\n' 1 >"$dir/etc/machine-id"
	[ -e "$dir/usr/bin/awk" ] || ln -s mawk "$dir/usr/bin/awk"
	rm -rf "$debs"
	touch "$dir/.whole"
}

# vm_kernel_packages SUITE: those that hold its cloud kernel and its modules.
vm_kernel_packages()
{
	local image version name

	image=$(vm_apt "$1" apt-cache depends --important linux-image-cloud-amd64 |
		sed -n 's/.*Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1)
	version=${image#linux-image-}
	for name in "$image" "linux-binary-$version" "linux-modules-$version"; do
		[ -z "$(vm_apt "$1" apt-cache show "$name" 2>/dev/null)" ] || echo "$name"
	done
}

# vm_kernel SUITE: fetch it; set vm_image and vm_modules.
vm_kernel()
{
	local dir=$VM_DIR/kernel/$1 package packages base

	if [ ! -e "$dir/.whole" ]; then
		packages=$(vm_kernel_packages "$1") && [ -n "$packages" ] || return 1
		for package in $packages; do
			vm_unpack "$1" "$package" "$dir" || return
		done
		# Newer packages have no /lib; depmod looks nowhere else below its base.
		base=$dir
		[ -d "$dir/lib/modules" ] || base=$dir/usr
		depmod -b "$base" "$(ls "$base/lib/modules")" || return
		touch "$dir/.whole"
	fi
	for vm_image in "$dir"/boot/vmlinuz-* "$dir"/usr/lib/modules/*/vmlinuz; do
		[ -f "$vm_image" ] && break
	done
	for vm_modules in "$dir"/lib/modules/* "$dir"/usr/lib/modules/*; do
		[ -e "$vm_modules/modules.dep" ] && break
	done
	[ -f "$vm_image" ] && [ -e "$vm_modules/modules.dep" ]
}

# vm_uml: Debian 12's user-mode Linux; the same.
vm_uml()
{
	local dir=$VM_DIR/kernel/uml

	vm_unpack bookworm user-mode-linux "$dir" || return
	vm_image=$dir/usr/bin/linux.uml
	vm_modules=$(echo "$dir"/usr/lib/uml/modules/*)
}

# vm_selftest SUITE SOURCE: the seccomp selftests of that source package, built
# for any kernel; set vm_selftest. Each test has 30 s by the kernel's word, and
# without KVM one that makes 100,000 calls takes longer.
vm_selftest()
{
	local suite=$1 source=$2 dir=$VM_DIR/selftest/$2 tarball

	vm_selftest=$dir/seccomp_bpf
	[ -x "$vm_selftest" ] && return
	vm_unpack "$suite" "$source" "$dir/package" || return
	tarball=$(echo "$dir/package/usr/src/$source".tar.*)
	tar -C "$dir" --strip-components=1 --wildcards -xf "$tarball" \
		'*/tools/testing/selftests/seccomp' '*/tools/testing/selftests/clone3' \
		'*/tools/testing/selftests/kselftest*.h' '*/include/uapi/linux/seccomp.h' || return
	rm -rf "$dir/package"
	sed -i 's/\(define TEST_TIMEOUT_DEFAULT\) 30$/\1 1200/' \
		"$dir/tools/testing/selftests/kselftest_harness.h"
	mkdir -p "$dir/include/linux"
	sed 's/__user//g; s,#include <linux/compiler.*,,' \
		"$dir/include/uapi/linux/seccomp.h" >"$dir/include/linux/seccomp.h"
	gcc -O2 -static -isystem "$dir/include" -I"$dir/tools/testing/selftests" \
		-o "$vm_selftest" "$dir/tools/testing/selftests/seccomp/seccomp_bpf.c" \
		-lpthread -lcap >"$dir/log" 2>&1 || {
		cat "$dir/log" >&2
		return 1
	}
}
