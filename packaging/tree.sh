# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Sourced by what needs another Debian than this machine's. A tree is made once, by
# mmdebstrap, and kept: build/trees/NAME. Nothing is installed here.

# tree_make NAME SUITE PACKAGE,... [MMDEBSTRAP-OPTION...]
tree_make()
{
	local tree=build/trees/$1 of="${*:2}"

	[ "$(cat "$tree.made-of" 2>/dev/null)" != "$of" ] || return 0
	command -v mmdebstrap >/dev/null || tools/install-deps package
	say "making a tree of $2 in $tree"
	rm -rf "$tree" "$tree.made-of"
	mkdir -p build/trees
	mmdebstrap --variant=minbase --include="$3" "${@:4}" "$2" "$tree" \
		>"$tree.log" 2>&1 || {
		tail -n 20 "$tree.log"
		say "no tree of $2; all of it is in $tree.log"
		exit 1
	}
	echo "$of" >"$tree.made-of"
}

# tree_run NAME OUT COMMAND...: in the tree, whose /out is the directory OUT, /deputy
# this checkout, and /tmp a new one. Nothing else of the tree is written.
tree_run()
{
	local tree=$PWD/build/trees/$1 out=$2
	shift 2

	mkdir -p "$tree/deputy" "$tree/out" "$tree/.old"
	unshare --mount --pid --fork --kill-child --propagation private \
		bash -ec "$(declare -f tree_enter); "'tree_enter "$@"' - \
		"$tree" "$out" "$@" </dev/null
}

# tree_enter TREE OUT COMMAND...: in mount and pid namespaces of our own. Not by chroot,
# where the kernel allows no user namespaces: tests make some.
tree_enter()
{
	local environment=(HOME=/root LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin)

	mount --bind "$1" "$1"
	mount -o remount,bind,ro "$1"
	mount --bind -o ro "$PWD" "$1/deputy"
	mount --bind "$2" "$1/out"
	mount --rbind /dev "$1/dev"
	mount -t proc proc "$1/proc"
	mount -t tmpfs -o mode=1777 tmp "$1/tmp"
	cd "$1" || return
	pivot_root . .old
	umount -l /.old
	shift 2
	exec env -i "${environment[@]}" "$@"
}
