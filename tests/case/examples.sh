#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# examples.sh DEPUTYCTL DIRECTORY: each policy that is shipped there is good, with no
# other warning than this one is known for, and has a profile in each dialect.
set -uo pipefail

# shellcheck disable=SC2034
# What pve-lxc-syscalld makes, too: Proxmox's containers have their own console.
warned_proxmox="whoever holds character device 5:1"

status=0
for file in "$2"/*.json; do
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
