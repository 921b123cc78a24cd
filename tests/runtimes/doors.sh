#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# doors.sh [--engines] [--markdown] [--record DIR] BUILD-DIR [DOOR...]: every way
# that a container comes to deputyd, doing the same work. A row of "doors" is a
# way; it has a function start_WAY, which runs the container in the foreground, and
# exec_WAY, which runs a command in it (or none, where there is no such thing).
#
# The work, looked at from outside, through the container's root:
#   node     a device node is made, opened and written; again, after "restart"
#   refused  a disk, which the policy denies, is not made
#   xattr    one that the policy sets, one the kernel takes, one that is refused
#            ("host" has no user namespace: nothing is emulated, all is as the
#            kernel has it, which refuses trusted.* without CAP_SYS_ADMIN)
#   exec     a process that joins makes a node of its own
#   restart  deputyd is killed (SIGKILL) while the container runs; its keeper
#            starts it anew, and the container goes on
#   left     nothing: deputyd knows of no listener any more, and has no worker
#
# With --engines also the ways of doors_engines.sh, which installs engines
# (Debian, by apt) and takes some minutes. With --record what each of them sends to
# the socket is kept as DIR/DOOR-create.json and DIR/DOOR-exec.json, the names of
# this run's directories made those of any run.
#
# Exit status 0 good, 1 a failure, 77 this machine can't run them.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
usage="usage: doors.sh [--engines] [--markdown] [--record DIR] BUILD-DIR [DOOR...]"
all=("$@") with_engines='' markdown='' record='' recorder=''
while [[ ${1:-} == --* ]]; do
	case $1 in
	--engines) with_engines=1 ;;
	--markdown) markdown=1 ;;
	--record)
		record=${2:?$usage}
		shift ;;
	*)
		echo "$usage" >&2
		exit 2 ;;
	esac
	shift
done
build=$(cd "${1:?$usage}" && pwd)
shift
# shellcheck source=tests/runtimes/suite.sh
. "$here/suite.sh"
own_mounts "$0" "${all[@]}"
# shellcheck source=tests/runtimes/engines_lib.sh
. "$here/engines_lib.sh"
# shellcheck source=tests/runtimes/doors_engines.sh
. "$here/doors_engines.sh"

# DOOR WAY [ARG...]
doors=(
	"runc oci runc userns"
	"runc,new-privs oci runc userns new_privs"
	"runc,created oci runc userns created"
	"runc,host oci runc host"
	"runc,rootless oci runc rootless"
	"crun oci crun userns"
	"crun,new-privs oci crun userns new_privs"
	"crun,created oci crun userns created"
	"crun,host oci crun host"
	"crun,rootless oci crun rootless"
	"lxc lxc"
	"run run root"
	"run,user run user"
)

# runc itself (1.1 to 1.3) fails at exec where it is rootless (SYS_PIDFD_GETFD: EPERM).
no_exec=' runc,rootless '

columns=(node refused xattr exec restart left)
user=$BUNDLE_ROOTLESS_ID engine='' inside=''
declare -A got

cleanup()
{
	[ -n "$inside" ] && kill "$inside" 2>/dev/null
	stop_podman
	stop_engine
	[ -z "$recorder" ] || {
		kill "$recorder"
		wait "$recorder"
	} 2>/dev/null
	end_suite
	# crun makes directories where the second hierarchy was before.
	rm -rf /sys/fs/cgroup/unified/{door,fails,created,unheard}.*.$$ 2>/dev/null
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# -- deputyd ----------------------------------------------------------------------

write_policy()
{
	cat >"$tmp/policy.json" <<-END
	{ "version": 1,
	  "policies": { "doors": { "default": "continue", "rules": [
	    { "syscalls": ["@mknod"], "action": "emulate",
	      "match": { "type": "char", "device": ["@safe"] } },
	    { "syscalls": ["@mknod"], "action": { "errno": "EPERM" },
	      "match": { "type": "block" } },
	    { "syscalls": ["@setxattr"], "action": "emulate",
	      "match": { "name": "trusted.overlay.opaque", "value": "y" } } ] } },
	  "bindings": [
	    { "policy": "doors", "when": { "peer_uid": [0, $user] } } ] }
	END
	chmod 0644 "$tmp/policy.json"
}

# -- what is sent, with --record --------------------------------------------------

# Before deputyd's socket, under its name.
start_recorder()
{
	mkdir -p "$record" "$tmp/record"
	chmod 0777 "$tmp/record"
	mv "$tmp/oci.sock" "$tmp/deputyd.sock"
	"$here/record.py" "$tmp/record" "$tmp/oci.sock" "$tmp/deputyd.sock" &
	recorder=$!
	until_true 20 test -S "$tmp/oci.sock" || wrong "nobody records"
}

# keep_records DOOR: the first message of each kind
keep_records()
{
	local file kind

	for file in "$tmp"/record/*.json; do
		[ -e "$file" ] || continue
		kind=create
		! grep -q '"status": *"running"' "$file" || kind="exec"
		[ -e "$record/$1-$kind.json" ] ||
			sed "s|$tmp|/var/lib/door|g; s/\.$$\([^0-9]\)/\1/g
				s|${tmp//\//\\\\/}|\\\\/var\\\\/lib\\\\/door|g" \
				"$file" >"$record/$1-$kind.json"
		rm "$file"
	done
}

# -- the work ---------------------------------------------------------------------

# What runs in each container, and its answers. $1 is a name that no other
# container has a file of.
write_script()
{
	cat >"$1" <<-'END'
	#!/bin/sh
	PATH=/bin:/usr/bin
	cd /t || exit
	work()
	{
		mkdir $1.d
		echo node $(probe mknod $1.null c 1:3 0600) $(probe write $1.null)
		echo refused $(probe mknod $1.sda b 8:0 0600)
		echo xattr $(probe setxattr $1.d trusted.overlay.opaque y) \
			$(probe setxattr $1.d user.x y) \
			$(probe setxattr $1.d trusted.other y)
	}
	wait_for()
	{
		i=0
		until [ -e $1 ] || [ $i = 1200 ]; do
			sleep 0.1
			i=$((i + 1))
		done
	}
	echo $$ >$1
	work one >one.answers
	echo >one.done
	wait_for go
	work two >two.answers
	echo >two.done
	wait_for end
	END
	chmod 0755 "$1"
}

# new_rootfs DIR ID
new_rootfs()
{
	bundle_rootfs "$1" "$probe"
	mkdir -p "$1"/{usr,tmp,etc,run,var}
	ln -sf busybox "$1/bin/sleep"
	ln -sf busybox "$1/bin/mkdir"
	write_script "$1/run.sh"
	chmod 0755 "$1"
	chown -R "$2:$2" "$1"
}

# The container's /t as its first process sees it: others may be gone at once.
find_inside()
{
	local p parent

	for p in /proc/[0-9]*; do
		[ -e "$p/root/t/$1" ] || continue
		parent=$(sed -n 's/^PPid:\t//p' "$p/status")
		if [ -n "$parent" ] && [ ! -e "/proc/$parent/root/t/$1" ]; then
			t=$p/root/t
			return 0
		fi
	done 2>/dev/null
	return 1
}

found_or_gone()
{
	find_inside "$token" || ! kill -0 "$inside" 2>/dev/null
}

# put NAME: a file that the container waits for
put()
{
	: >"$t/$1" || wrong "the container is gone"
}

# seen COLUMN WANT GOT
seen()
{
	[ "$2" = "$3" ] && return
	wrong "$1: wanted \"$2\", got \"$3\""
	got[$1]=no
}

# outcome COLUMN NAME: of the work that is done under that name
outcome()
{
	seen "$1" "character special file 1:3" \
		"$(stat -c '%F %t:%T' "$t/$2.null" 2>&1)"
	seen refused "" "$(cd "$t" && echo "$2".sda* | grep -v '\*')"
	seen xattr "$value y " "$(attr "$t/$2.d" trusted.overlay.opaque) $(
		attr "$t/$2.d" user.x) $(attr "$t/$2.d" trusted.other)"
	seen "$1" "node ok ok" "$(grep node "$t/$2.answers")"
	seen refused "refused EPERM" "$(grep refused "$t/$2.answers")"
	seen xattr "xattr $trusted ok EPERM" "$(grep xattr "$t/$2.answers")"
}

work_exec()
{
	if [[ $no_exec == *" $name "* ]] || ! declare -F "exec_$way" >/dev/null; then
		got[exec]=-
		return
	fi
	seen exec ok "$("exec_$way" "${args[@]}" -- /bin/probe mknod \
		/t/exec.null c 1:3 0600 2>&1 </dev/null)"
	seen exec "character special file 1:3" \
		"$(stat -c '%F %t:%T' "$t/exec.null" 2>&1)"
}

deputyd_pid()
{
	ctl --json status 2>/dev/null | json 'r["pid"]' 2>/dev/null
}

is_another()
{
	local now
	now=$(deputyd_pid) && [ "$now" != "$1" ]
}

work_restart()
{
	local pid
	pid=$(deputyd_pid)

	kill -KILL "$pid" || wrong "deputyd is gone"
	until_true 30 is_another "$pid" || wrong "deputyd does not come back"
}

# door NAME WAY ARG...
door()
{
	local name=$1 way=$2 token="door.${1/,/.}.$$" t='' column args
	local begin=$EPOCHREALTIME trusted=ok value=y
	shift 2
	args=("$@")

	[ "${2:-}" != host ] || trusted=EPERM value=
	for column in "${columns[@]}"; do
		got[$column]=yes
	done
	declare -F "before_$way" >/dev/null && "before_$way" "${args[@]}"
	"start_$way" "${args[@]}" >"$tmp/$name.out" 2>&1 </dev/null &
	inside=$!
	until_true 60 found_or_gone
	if [ -n "$t" ] && until_true 30 test -e "$t/one.done"; then
		outcome node one
		work_exec
		work_restart
		put go
		until_true 30 test -e "$t/two.done" || wrong "nobody goes on"
		outcome restart two
		put end
	else
		wrong "no start: $(tail -n 5 "$tmp/$name.out")"
		for column in node refused xattr exec restart; do
			got[$column]=no
		done
		kill "$inside" 2>/dev/null
	fi
	wait "$inside"
	inside=
	stop_engine
	until_true 20 no_containers || seen left "" "$(ctl list)"
	[ -z "$record" ] || keep_records "$name"
	took=$(awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $begin }")
}

# -- runc, crun, LXC, deputyctl run --------------------------------------------------

# oci RUNTIME MODE ARG...
oci()
{
	BUNDLE_RUNTIME=$1 bundle_runc "$2" "$tmp/state.$1.$2" "${@:3}"
}

# new_bundle DIR MODE
new_bundle()
{
	local dir=$1

	bundle_new "$dir" "$2" "$tmp/oci.sock" doors "$tmp/probe"
	ctl_profile >"$dir/profile.json"
	bundle_seccomp "$dir" "$dir/profile.json"
	new_rootfs "$dir/rootfs" "$(bundle_ids "$2" | cut -d' ' -f1)"
	sed -i "s|\"/run.sh\"|\"/run.sh\", \"$token\"|" "$dir/config.json"
	[ "$2" != rootless ] || chown "$user:$user" "$dir" "$dir/config.json"
}

start_oci()
{
	local dir=$tmp/bundle.$1.$2.${3:-run}

	new_bundle "$dir" "$2"
	case ${3:-} in
	created)
		oci "$1" "$2" create -b "$dir" "$token" || return
		oci "$1" "$2" start "$token" || return
		until_true 120 is_stopped "$1" "$2" "$token"
		oci "$1" "$2" delete "$token"
		return ;;
	new_privs)
		sed -i 's/"noNewPrivileges": true/"noNewPrivileges": false/' \
			"$dir/config.json" ;;
	esac
	oci "$1" "$2" run -b "$dir" "$token"
}

is_stopped()
{
	oci "$1" "$2" state "$3" 2>&1 | grep -q '"status": "stopped"'
}

# exec_oci RUNTIME MODE -- COMMAND...
exec_oci()
{
	local runtime=$1 mode=$2

	until [ "$1" = -- ]; do
		shift
	done
	oci "$runtime" "$mode" exec "$token" "${@:2}"
}

ctl_profile()
{
	"$build/ctl/deputyctl" policy profile "$tmp/policy.json" \
		--policy doors --listener "$tmp/oci.sock"
}

start_lxc()
{
	local dir=$tmp/lxc

	new_rootfs "$dir/rootfs" "$BUNDLE_FIRST_ID"
	bundle_lxc "$dir" "$tmp/lxc.sock"
	lxc execute -f "$dir/config" -- /run.sh "$token"
}

lxc() # VERB ARG...
{
	mkdir -p "$tmp/lxc/containers"
	bundle_lxc_run "$1" -n door -P "$tmp/lxc/containers" "${@:2}"
}

exec_lxc()
{
	lxc attach -- "${@:2}"
}

start_run()
{
	local dir=$tmp/run.$1 id=0

	[ "$1" = root ] || id=$user
	new_rootfs "$dir" "$id"
	as_user "$1" "$build/ctl/deputyctl" --socket "$tmp/control.sock" \
		--listener "$tmp/oci.sock" --file "$tmp/policy.json" \
		--policy doors run -- unshare -Urm chroot "$dir" \
		/bin/sh /run.sh "$token"
}

# -- what never gets as far as to work ---------------------------------------------------

# A start that fails, after the listener was sent or before: nothing is left.
edge_fails()
{
	local dir=$tmp/fails.$1 token=fails.$1.$$

	new_bundle "$dir" userns
	sed -i 's|"/bin/sh", "/run.sh"|"/bin/none", "/run.sh"|' "$dir/config.json"
	oci "$1" userns run -b "$dir" "$token" >"$tmp/out" 2>&1 </dev/null &&
		wrong "it did not fail"
	oci "$1" userns state "$token" >"$tmp/out" 2>&1 && wrong "it is there"
}

# A container that is made, and never started.
edge_created()
{
	local dir=$tmp/created.$1 token=created.$1.$$

	new_bundle "$dir" userns
	oci "$1" userns create -b "$dir" "$token" >"$tmp/out" 2>&1 </dev/null ||
		wrong "not created: $(cat "$tmp/out")"
	oci "$1" userns delete --force "$token" || wrong "not deleted"
}

# Nobody listens: it must not start at all.
edge_unheard()
{
	local dir=$tmp/unheard.$1 token=unheard.$1.$$

	new_bundle "$dir" userns
	sed -i "s|$tmp/oci.sock|$tmp/none.sock|" "$dir/config.json"
	oci "$1" userns run -b "$dir" "$token" >"$tmp/out" 2>&1 </dev/null &&
		wrong "it started"
	oci "$1" userns state "$token" >"$tmp/out" 2>&1 && wrong "it is there"
}

edges=("fails runc" "fails crun" "created runc" "created crun" "unheard runc"
	"unheard crun")

run_edge()
{
	case_failed=0
	"edge_$1" "$2"
	until_true 20 no_containers || wrong "left: $(ctl list)"
	if [ $case_failed = 0 ]; then
		passed=$((passed + 1))
	else
		echo "FAILED  $1 ($2)"
		failed=$((failed + 1))
	fi
}

# -- the table --------------------------------------------------------------------------

why_not()
{
	local why tool
	why=$(why_no_runc)
	for tool in crun lxc-execute lxc-attach; do
		[ -n "$why" ] || command -v "$tool" >/dev/null || why="no $tool"
	done
	echo "$why"
}

print_head()
{
	local column

	if [ -n "$markdown" ]; then
		echo "| door | ${columns[*]} | s |" | sed 's/\([a-z]\) \([a-z]\)/\1 | \2/g'
		echo "|---|---|---|---|---|---|---|---|"
		return
	fi
	printf '%-22s' door
	printf '%-9s' "${columns[@]}" s
	echo
}

print_row()
{
	local column cells=()

	for column in "${columns[@]}"; do
		cells+=("${got[$column]}")
	done
	if [ -n "$markdown" ]; then
		printf '| %s ' "$1" "${cells[@]}" "$took"
		echo '|'
	else
		printf '%-22s' "$1"
		printf '%-9s' "${cells[@]}" "$took"
		echo
	fi
}

run_door()
{
	case_failed=0
	door "$@"
	print_row "$1"
	if [ $case_failed = 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
}

main()
{
	local row

	TMPDIR=${TMPDIR:-/var/tmp} make_scratch "$(why_not)"
	compile_probes
	write_policy
	if [ -n "$with_engines" ]; then
		install_engines
		prepare_engines
		doors+=("${engine_doors[@]}")
	fi
	start_daemon --keeper --policy "$tmp/policy.json"
	[ -z "$record" ] || start_recorder
	print_head
	for row in "${doors[@]}"; do
		read -ra row <<<"$row"
		[ $# = 0 ] || [[ " $* " == *" ${row[0]} "* ]] || continue
		run_door "${row[@]}"
	done
	for row in "${edges[@]}"; do
		read -ra row <<<"$row"
		[ $# = 0 ] || [[ " $* " == *" ${row[0]} "* ]] || continue
		run_edge "${row[@]}"
	done
	summary
}

main "$@"
