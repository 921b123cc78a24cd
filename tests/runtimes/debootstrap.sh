#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# debootstrap.sh BUILD-DIR [SUITE]: an ordinary user makes a Debian tree with device
# nodes and owners, by "deputyctl run --userns -- debootstrap".  By hand: it fetches
# from the mirror, a minute.  As root; debootstrap and uidmap are needed.
#
# The policy grants two devices beside the safe ones: debootstrap makes "ptmx", and
# "console", which is the machine's own in the hands of that user.
#
# Exit status 0 good, 1 a failure, 77 this machine can't run it.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
suite=${2:-bookworm}
cases=(tree)
# shellcheck source=tests/runtimes/suite.sh
. "$here/suite.sh"
own_mounts "$0" "$@"
trap end_suite EXIT
trap 'exit 1' INT TERM

why_not()
{
	local tool

	[ "$(id -u)" -eq 0 ] || echo "not root"
	for tool in debootstrap newuidmap setpriv; do
		command -v "$tool" >/dev/null || echo "no $tool"
	done
}

# A user with ids of its own, in the mounts of this test alone.
make_user()
{
	{ cat /etc/passwd
	  echo "builder:x:$BUNDLE_ROOTLESS_ID:$BUNDLE_ROOTLESS_ID::$tmp/home:/bin/sh"
	} >"$tmp/passwd"
	echo "builder:$BUNDLE_FIRST_ID:65536" >"$tmp/subuid"
	mount --bind "$tmp/passwd" /etc/passwd
	mount --bind "$tmp/subuid" /etc/subuid
	mount --bind "$tmp/subuid" /etc/subgid
	mkdir "$tmp/home"
	chown "$BUNDLE_ROOTLESS_ID:$BUNDLE_ROOTLESS_ID" "$tmp/home"
}

write_policy()
{
	cat >"$tmp/policy.json" <<-'END'
	{ "version": 1,
	  "policies": { "bootstrap": { "default": "continue", "rules": [
	    { "syscalls": ["@mknod"], "action": "emulate",
	      "match": { "type": "char", "device": ["@safe", "5:1-2"] } } ] } },
	  "bindings": [ { "when": {}, "policy": "bootstrap" } ] }
	END
}

bootstrap()
{
	(
		cd "$tmp/home" || exit
		exec setpriv --reuid "$BUNDLE_ROOTLESS_ID" \
			--regid "$BUNDLE_ROOTLESS_ID" --clear-groups \
			env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="$tmp/home" \
			"$build/ctl/deputyctl" --file "$tmp/policy.json" \
			--listener "$tmp/oci.sock" run --userns -- \
			debootstrap --variant=minbase "$suite" tree
	) >"$tmp/log" 2>&1
}

# node NAME MAJOR:MINOR
node()
{
	is "character special file $2 $BUNDLE_ROOTLESS_ID" \
		"$(stat -c '%F %Hr:%Lr %u' "$tmp/home/tree/dev/$1")" "/dev/$1"
}

case_tree()
{
	local name

	bootstrap || {
		wrong "debootstrap failed"
		tail -n 20 "$tmp/log" "$tmp/home/tree/debootstrap/debootstrap.log"
	}
	for name in null=1:3 zero=1:5 full=1:7 random=1:8 urandom=1:9 tty=5:0 \
		console=5:1 ptmx=5:2; do
		node "${name%=*}" "${name#*=}"
	done
	is "$((BUNDLE_FIRST_ID + 41))" \
		"$(stat -c %g "$tmp/home/tree/etc/shadow")" "/etc/shadow's group"
	is "install ok installed" "$(dpkg-query --admindir \
		"$tmp/home/tree/var/lib/dpkg" -W -f '${Status}' apt 2>&1)" \
		"the package apt in it"
}

main()
{
	make_scratch "$(why_not)"
	make_user
	write_policy
	start_daemon --policy "$tmp/policy.json"
	run_case tree
	summary
}

main
