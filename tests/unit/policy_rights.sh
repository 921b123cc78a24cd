#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# policy_rights.sh DEPUTYCTL DEPUTY-HOOK: whose the policy's files are, and who cares.
# deputyctl says that deputyd would refuse them; the hook of a rootless engine, to whom
# root's files look like nobody's, takes them.
set -euo pipefail
export LC_ALL=C

ctl=$1 hook=$2
[ "$(id -u)" = 0 ] || { echo "skipped: needs root"; exit 77; }
dir=$(mktemp -d)
trap 'rm -r "$dir"' EXIT
chmod 755 "$dir"
cat >"$dir/p.json" <<'END'
{ "version": 1, "policies": { "p": { "rules": [ { "syscalls": ["@mknod"],
  "match": { "type": "char", "device": ["@safe"] }, "action": "emulate" } ],
  "default": "continue" } }, "bindings": [ { "when": {}, "policy": "p" } ] }
END

# expect_check OWNER MODE WARNING: the file is good, and that is all that is wrong
expect_check()
{
	local said

	chown "$1" "$dir/p.json"
	chmod "$2" "$dir/p.json"
	said=$("$ctl" policy check "$dir/p.json" 2>&1 >/dev/null)
	[ "$said" = "${3:+$dir/p.json: warning: deputyd refuses it: $dir/p.json $3 $dir/p.json}" ] ||
		{ echo "owner $1, mode $2: $said"; exit 1; }
}

expect_check 0:0 644 ""
expect_check 0:0 664 "has mode 0664, so others than root could change the policy: chmod go-w"
expect_check 0:0 646 "has mode 0646, so others than root could change the policy: chmod go-w"
expect_check 1000:0 644 \
	"belongs to uid 1000, who could change the policy: chown root:root"

# The default policy, root's alone, seen from a user's own user namespace.
expect_check 0:0 644 ""
echo '{ "ociVersion": "1.0.2", "linux": { "seccomp": { "defaultAction": "SCMP_ACT_ALLOW",
	"architectures": [], "syscalls": [] } } }' >"$dir/config.json"
# shellcheck disable=SC2016 # the inner shells expand these
unshare -m bash -euc '
	cp "$1" "$2/hook"
	mount -t tmpfs -o mode=0755 etc /etc
	mkdir /etc/deputy
	cp "$2/p.json" /etc/deputy/policy.json
	setpriv --reuid 12345 --regid 12345 --clear-groups unshare -Ur \
		bash -euc '\''
			[ "$(stat -c %u /etc/deputy/policy.json)" = 65534 ]
			"$1/hook" --policy p precreate <"$1/config.json"
		'\'' - "$2"
' - "$hook" "$dir" >"$dir/out"
grep -q '"listenerPath":' "$dir/out" || { cat "$dir/out"; exit 1; }
grep -q '"mknodat"' "$dir/out" || { cat "$dir/out"; exit 1; }
