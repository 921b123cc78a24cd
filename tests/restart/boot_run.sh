#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# boot_run.sh: the one unit of boot.sh. Runs its command, leaves its status.
set -uo pipefail

export HOME=/root LC_ALL=C.UTF-8
cd /
# As a package's postinst does, where none will.
[ -d /deputy/tree ] || systemd-sysusers deputy.conf || exit 1
[ -d /deputy/tree ] || journalctl --update-catalog || exit 1
bash -c "$(cat /deputy/out/command)" </dev/null
echo $? >/deputy/out/status
