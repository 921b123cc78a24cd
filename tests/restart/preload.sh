#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# preload.sh on|off: deputyd with tests/restart/fault.c in it, or without.
set -euo pipefail

dropin=/run/systemd/system/deputyd.service.d/60-fault.conf
case $1 in
on)
	printf '[Service]\nEnvironment=LD_PRELOAD=%s\n' \
		/deputy/build/tests/restart/libdeputy-fault.so >$dropin
	;;
off) rm -f $dropin ;;
esac
systemctl -q daemon-reload
systemctl -q restart deputyd.service
