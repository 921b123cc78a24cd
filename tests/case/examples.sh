#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# examples.sh DEPUTYCTL DIRECTORY: each policy that is shipped there is good, without
# a warning, and has a profile in each dialect.
set -uo pipefail

status=0
for file in "$2"/*.json; do
	said=$("$1" policy check "$file" 2>&1) || status=1
	[ "$said" = "$file: good, 1 policy" ] || {
		echo "$said"
		status=1
	}
	for dialect in oci docker lxc; do
		"$1" policy profile "$file" --dialect $dialect >/dev/null || {
			echo "$file: no profile for $dialect"
			status=1
		}
	done
done
exit $status
