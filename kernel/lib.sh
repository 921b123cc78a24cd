# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Sourced by build and boot: names of kernels and where things lie.
#
# A kernel's name is SERIES[@N]: the first N patches of series-SERIES, all of
# them without @N; "stock" is the distribution's source as it is and "stripped"
# what series-5.4 is tried on, 5.4@1.
# shellcheck disable=SC2034 # some are for who sources this

KERNEL_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
KERNEL_DIR=${DEPUTY_KERNEL_DIR:-$(dirname "$KERNEL_ROOT")/build/kernel}
KERNEL_SOURCE=linux-source-6.1

say()
{
	echo "${0##*/}: $*" >&2
}

die()
{
	say "$@"
	exit 1
}

# kernel_name NAME: set series ("" for stock) and count.
kernel_name()
{
	local all

	case $1 in
	stock) series='' count=0 && return ;;
	stripped) set -- 5.4@1 ;;
	esac
	series=${1%@*}
	[ -f "$KERNEL_ROOT/series-$series/series" ] || die "$1: no such kernel; there" \
		"are: stock, stripped, $(cd "$KERNEL_ROOT" &&
			printf '%s ' series-*/ | sed 's,series-,,g; s,/,,g')"
	all=$(series_patches "$series" | wc -l)
	count=$all
	[ "$1" = "$series" ] || count=${1#*@}
	if ! [[ $count =~ ^[0-9]+$ ]] || [ "$count" -gt "$all" ]; then
		die "$1: series-$series has $all patches"
	fi
}

# series_patches SERIES: their paths, in order.
series_patches()
{
	sed -n "s,^\([^# ][^ ]*\).*,$KERNEL_ROOT/series-$1/\1,p" \
		"$KERNEL_ROOT/series-$1/series"
}

# kernel_patches: those of the kernel that kernel_name has set.
kernel_patches()
{
	[ -z "$series" ] || series_patches "$series" | head -n "$count"
}

# kernel_image VEHICLE: path of what build makes, without a suffix.
kernel_image()
{
	echo "$KERNEL_DIR/images/${series:-stock}${series:+@$count}-$1"
}
