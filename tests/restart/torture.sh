#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# torture.sh BUILD-DIR [--other BUILD-DIR] [--long] [OPTION...]: the torture
# program, in a systemd of its own (boot.sh). Upgrades go to the other build and
# back; without one, to the same one, stripped. "--help" shows the options.
#
# Exit status 77: this machine can't boot one.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
build=$1
other=$1
shift
if [ "${1:-}" = --other ]; then
	other=$2
	shift 2
fi
if [ "${1:-}" = --help ]; then
	exec "$build/tests/restart/torture" --help
fi
export DEPUTY_BOOT_SECONDS=${DEPUTY_BOOT_SECONDS:-3000}
exec "$here/boot.sh" "$build" "$other" \
	/deputy/source/tests/restart/with_journal.sh \
	/deputy/build/tests/restart/torture "$@"
