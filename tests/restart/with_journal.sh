#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# with_journal.sh PROGRAM [ARG...]: in boot.sh's inside; when PROGRAM fails, what
# there is to see, and the end of the journal, follow its own words.
set -uo pipefail

"$@"
status=$?
if [ $status -ne 0 ] && [ $status -ne 77 ]; then
	echo "-- deputyctl:"
	timeout 5 deputyctl status
	timeout 5 deputyctl list
	echo "-- the end of the journal:"
	journalctl --no-pager -o short-precise -n 60 | cut -c1-300
fi
exit $status
