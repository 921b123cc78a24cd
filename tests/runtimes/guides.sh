#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# guides.sh [--suite SUITE | --installed] BUILD-DIR [GUIDE...]: docs/guides/GUIDE.md
# tried out word by word, each in a world of its own (world.sh), where deputy is
# installed from the build tree: the machine's own Debian, or another SUITE (trixie,
# sid). Engines are installed (Debian, by apt), but with --installed: there a guide
# whose engine is missing is skipped.
#
# The blocks of a guide are its steps, one after another, in one shell of root:
#
#   sh            is run; every command of it must succeed
#   text          is what the last one printed, in this order; … is anything
#   json, toml …  is the file that a comment before it names; no word: the same
#
# and so are its comments <!-- try: FUNCTION ARG... -->, functions of this program:
# what the reader is told to do in words, how the next block is run, what can be
# seen from outside, messages of the guide.
#
# Exit status 0 good, 1 a failure, 77 this machine can't.
# shellcheck disable=SC2317 # its functions are called by the guides
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
usage="usage: guides.sh [--suite SUITE | --installed] BUILD-DIR [GUIDE...]"
# shellcheck source=tests/runtimes/check.sh
. "$here/check.sh"
# shellcheck source=tests/runtimes/engines_lib.sh
. "$here/engines_lib.sh"
# shellcheck source=tests/vm/fetch.sh
. "$here/../vm/fetch.sh"
# shellcheck source=tests/runtimes/guides_words.sh
. "$here/guides_words.sh"

tmp=/run/guide user=1000 failed=0 passed=0 skipped=0 case_failed=0 engine=''
out=$tmp/said how=() broken=''

# -- one guide, in its world --------------------------------------------------------

# Its steps: $tmp/NUMBER.KIND
split_guide()
{
	awk -v dir="$tmp" '
		function step(kind) { file = sprintf("%s/%03d.%s", dir, ++n, kind) }
		/^<!-- try: / {
			step("try")
			gsub(/^<!-- try: | -->$/, "")
			print >file
			next
		}
		/^```/ && inside { inside = 0; next }
		/^```/ { inside = 1; step(substr($0, 4) ".block"); next }
		inside { print >file }' "$guide"
}

# run FILE: in this shell, which keeps its directory; sets broken
run()
{
	out=$1.out broken=''
	trap 'broken=${broken:-$BASH_COMMAND}' ERR
	# shellcheck disable=SC1090
	. "$1" >"$out" 2>&1 </dev/null
	trap - ERR
}

# step_sh FILE: as the words before it said
step_sh()
{
	local mode=("${how[@]:-plainly}")

	how=()
	"run_${mode[0]}" "$1" "${mode[@]:1}"
	! grep -q '^deputyd.* &$' "$1" || until_true 10 is_served ||
		wrong "deputyd is not there"
}

run_plainly()
{
	run "$1"
	[ -z "$broken" ] || wrong "\"$broken\" failed: $(cat "$out")"
}

step_text()
{
	! is_skipped || return 0
	contains "$(cat "$out")" "$(cat "$1")" ||
		wrong "the guide shows \"$(cat "$1")\", but it says \"$(cat "$out")\""
}

# Another block is a file, or it is said why it is none.
step_other()
{
	local mode=("${how[@]:-nothing}")

	how=()
	case ${mode[0]} in
	file) install -D -m 0644 "$1" "${mode[1]}" ;;
	skipped) skip "${mode[@]:1}" ;;
	*) wrong "nobody says what this block is for: $(head -n 1 "$1")" ;;
	esac
}

# step FILE
step()
{
	case $1 in
	*.try) eval "$(cat "$1")" ;;
	*.sh.block) step_sh "$1" ;;
	*.text.block) step_text "$1" ;;
	*) step_other "$1" ;;
	esac
}

try_guide()
{
	local file

	guide=$here/../../docs/guides/$1.md
	mkdir -p "$tmp"
	cd /root || exit
	split_guide
	for file in "$tmp"/[0-9]*; do
		case_failed=0 skip_reason=''
		step "$file"
		if [ -n "$skip_reason" ]; then
			echo "skipped: $1: $(head -n 1 "$file"): $skip_reason"
			skipped=$((skipped + 1))
		elif [ $case_failed = 0 ]; then
			passed=$((passed + 1))
		else
			echo "FAILED  $1: $(head -n 1 "$file")"
			failed=$((failed + 1))
		fi
	done
	[ $failed = 0 ] || tail -n 5 "$tmp"/*.log
	echo "$1: $passed passed, $failed failed, $skipped skipped"
	[ $failed = 0 ]
}

# -- all of them, from outside ------------------------------------------------------

# Kubernetes's own description of CRI, of all its versions, as Debian has it.
fetch_cri()
{
	local dir=$VM_DIR/cri

	vm_unpack sid golang-k8s-cri-api-dev "$dir" || exit
	cp "$dir/usr/share/gocode/src/k8s.io/cri-api/pkg/apis/runtime/v1/api.proto" \
		"$tmp"
}

is_installed()
{
	local program=$1

	case $1 in
	bubblewrap) program=bwrap ;;
	build) program=rsync ;;
	lxc|proxmox) program=lxc-execute ;;
	nspawn) program=systemd-nspawn ;;
	esac
	command -v "$program" >/dev/null && command -v busybox >/dev/null
}

# run_guide GUIDE OPTION...: its world; its exit status
run_guide()
{
	local name=$1 cgroups=''
	shift

	if [ "$name" = containerd ]; then
		fetch_cri
		cgroups=1 # the pods of CRI want controllers
	fi
	if [ "$name" = proxmox ]; then # it is about units: with a systemd
		[ $# = 0 ] || return 77
		"$here/../restart/boot.sh" "$build" "$build" \
			/deputy/source/tests/runtimes/guides.sh --inside proxmox
		return
	fi
	DEPUTY_OUT=$tmp DEPUTY_CGROUPS=$cgroups "$here/world.sh" "$@" "$build" \
		/deputy/source/tests/runtimes/guides.sh --inside "$name"
}

main()
{
	local build suite=() installed='' name tried=0 bad=0

	case ${1:-} in
	--suite)
		suite=(--suite "${2:?$usage}")
		shift 2 ;;
	--installed)
		installed=1
		shift ;;
	esac
	build=$(cd "${1:?$usage}" && pwd)
	shift
	[ $# -gt 0 ] || set -- bubblewrap build containerd docker lxc nspawn podman \
		proxmox runc
	tmp=$(mktemp -d /tmp/deputy-guides.XXXXXX)
	trap 'rm -rf "$tmp"' EXIT
	packages+=(python3-grpcio python3-protobuf protobuf-compiler rsync attr)
	[ -n "$installed${suite[*]}" ] || install_engines
	for name; do
		if [ -n "$installed" ] && ! is_installed "$name"; then
			echo "skipped: $name is not installed"
			continue
		fi
		run_guide "$name" "${suite[@]}"
		case $? in
		0) tried=1 ;;
		77) ;;
		*) bad=1 ;;
		esac
	done
	[ $bad = 0 ] || exit 1
	[ $tried = 1 ] || exit 77
}

case ${1:-} in
--inside) try_guide "$2" ;;
*) main "$@" ;;
esac
