#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# exposure.sh BUILD-DIR: what systemd says of the unit's hardening: at most 4.0.
set -euo pipefail

command -v systemd-analyze >/dev/null || {
	echo "skipped: no systemd-analyze"
	exit 77
}
unit=$1/systemd/deputyd.service
if ! out=$(systemd-analyze security --no-pager --offline=true --threshold=40 \
	"$unit"); then
	echo "$out"
	exit 1
fi
# The whole unit was understood: an empty one is at 9.6.
tail -n 1 <<<"$out"
grep -q "Overall exposure level for deputyd.service: [1-4]\.[0-9]" <<<"$out"
