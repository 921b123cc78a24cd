# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Sourced by what makes a root of its own, in namespaces that are its own already:
# a writable overlay of a directory, whose changes lie in a tmpfs. refuse() is the
# caller's: this machine can't, and why; before there are namespaces, skip().

need_namespaces()
{
	[ "$(id -u)" -eq 0 ] || skip "not root"
	unshare --cgroup --mount --pid --uts --ipc --net --fork true \
		2>/dev/null || skip "unshare of namespaces is refused"
}

# root_new TMP LOWER [INSTALL]: sets root, below TMP; INSTALL is laid over LOWER.
root_new()
{
	local top=$1/top

	root=$top/root
	mkdir "$top"
	mount -t tmpfs -o mode=755 top "$top" || refuse "tmpfs is refused"
	mkdir "$top/upper" "$top/work" "$root"
	[ -z "${3:-}" ] || cp -a "$3/." "$top/upper"
	mount -t overlay -o "lowerdir=$2,upperdir=$top/upper,workdir=$top/work" \
		root "$root" || refuse "an overlay of $2 is refused"
	mount -t proc proc "$root/proc" || refuse "a new procfs is refused"
	root_dev
	mount -t tmpfs -o mode=755,size=256m run "$root/run"
	mount -t tmpfs -o mode=1777 tmp "$root/tmp"
}

root_dev()
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

# root_bind DIR NAME: read-only, as /deputy/NAME
root_bind()
{
	mkdir -p "$root/deputy/$2"
	mount --bind -o ro "$1" "$root/deputy/$2"
}

root_enter()
{
	cd "$root" && mkdir -p .old && pivot_root . .old && {
		umount -l /.old || umount -l .old
	}
}

# group_remove DIR: a cgroup with all below it. Killed tasks leave theirs a moment
# later than their parent.
group_remove()
{
	local i

	for ((i = 0; i < 500; i++)); do
		[ -d "$1" ] || return 0
		[ ! -e "$1/cgroup.kill" ] || echo 1 >"$1/cgroup.kill"
		find "$1" -depth -type d -exec rmdir {} + 2>/dev/null && return
		read -rt 0.02 <> <(:) || :
	done
	return 1
}
