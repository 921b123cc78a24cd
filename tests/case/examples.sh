#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# examples.sh DEPUTYCTL DIRECTORY: each policy that is shipped there is good, with no
# other warning than this one is known for, and has a profile in each dialect.
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
done
exit $status
