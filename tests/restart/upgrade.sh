#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# upgrade.sh BUILD-DIR: install another build over the one that runs, as a
# package manager does: by rename. Where it is the same build, stripped bytes
# are others, too.
set -euo pipefail

# put FROM TO
put()
{
	cp "$1" "$2.new"
	cmp -s "$2.new" "$2" && strip "$2.new"
	mv "$2.new" "$2"
}

put "$1/daemon/deputyd" /usr/local/sbin/deputyd
put "$1/worker/deputy-worker" /usr/local/libexec/deputy/deputy-worker
