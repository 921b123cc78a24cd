#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# examples.sh DEPUTYCTL DIRECTORY MANUAL: each policy that is shipped there is good, with no
# other warning than this one is known for, and has a profile in each dialect. Those
# that are for containers that request them go in one directory, before one that is for
# any container; deputy-policy(5) has a row for each.
set -uo pipefail

# shellcheck disable=SC2034
# What pve-lxc-syscalld makes, too: Proxmox's containers have their own console.
warned_proxmox="whoever holds character device 5:1"

# As they are installed: in a checkout others may be able to write, which is told.
dir=$(mktemp -d) || exit
trap 'rm -rf "$dir"' EXIT
install -m 0644 "$2"/*.json "$dir" || exit

status=0
for file in "$dir"/*.json; do
	said=$("$1" policy check "$file" 2>&1) || status=1
	name=warned_$(basename "$file" .json)
	[ -z "${!name:-}" ] || said=$(grep -v ": warning: .*${!name} " <<<"$said")
	[ "$said" = "$file: good, 1 policy" ] || {
		echo "$said"
		status=1
	}
	for dialect in oci docker lxc; do
		"$1" policy profile "$file" --dialect $dialect >/dev/null 2>&1 || {
			echo "$file: no profile for $dialect"
			status=1
		}
	done
	grep -q "^|  _$(basename "$file")_$" "$3" || {
		echo "$file: $3 has no row for it"
		status=1
	}
done

# together LAST: the directory that the manual page tells to make
together()
{
	local dir name
	dir=$(mktemp -d)

	for name in build fuse tun; do
		cp "$examples/$name.json" "$dir/10-$name.json"
	done
	cp "$examples/$1.json" "$dir/90-$1.json"
	"$deputyctl" policy check "$dir" >"$dir/said" 2>&1 || {
		cat "$dir/said"
		status=1
	}
	# Each requests its own.
	for name in build fuse tun; do
		"$deputyctl" policy profile "$dir" --policy $name >/dev/null || status=1
	done
	# Behind it nothing is reached.
	mv "$dir/90-$1.json" "$dir/00-$1.json"
	if "$deputyctl" policy check "$dir" >/dev/null 2>&1; then
		echo "$1.json comes first, and is not refused"
		status=1
	fi
	rm -r "$dir"
}

deputyctl=$1 examples=$2
together lxc
together proxmox
exit $status
