# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Verbs and options are those of "deputyctl --help".
_deputyctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local socket=() words="status list show reload doctor policy run" i

	for ((i = 1; i < COMP_CWORD - 1; i++)); do
		case ${COMP_WORDS[i]} in
		-s|--socket) socket=(--socket "${COMP_WORDS[i+1]}") ;;
		esac
	done
	# an option may follow the verb of a file
	[[ $cur != -* || $prev == -* ]] || prev=''
	case $prev in
	-s|--socket|check|profile|explain|test|diff|--profile|--base|--listener|--cgroup|--oci-config|--file)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		compopt -o filenames
		return ;;
	show)
		# compgen expands its words, and ids are not to be trusted
		words=$(deputyctl "${socket[@]}" list 2>/dev/null |
			awk 'NR > 1 && $1 ~ /^[A-Za-z0-9_.-]+$/ { print $1 }') ;;
	policy)
		words="check explain test diff profile" ;;
	-a|--arch)
		words="x86 x86_64 x32 arm aarch64 riscv64 s390x ppc64le" ;;
	--dialect)
		words="oci docker lxc" ;;
	-c|--cap)
		words="ALL NONE CAP_MKNOD CAP_SYS_ADMIN" ;;
	-d|--directory)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		compopt -o filenames
		return ;;
	-p|--policy|-P|--peer-uid|-A|--annotation|-m|--metadata|-u|--uid|-g|--gid)
		words="" ;;
	*)
		# the second file of these
		case " ${COMP_WORDS[*]:1:COMP_CWORD > 2 ? COMP_CWORD - 2 : 0} " in
		*" test "|*" diff ")
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			compopt -o filenames
			return ;;
		esac ;;
	esac
	case $cur in
	-*) words="--socket --json --help --version"
		case " ${COMP_WORDS[*]} " in
		*" policy check "*)
			words+=" --profile --policy --cgroup --oci-config " ;;
		*" policy profile "*)
			words+=" --policy --base --dialect --listener "
			words+=" --wait-killable " ;;
		*" policy diff "*)
			words+=" --policy " ;;
		*" policy explain "*|*" policy test "*)
			words+=" --policy --arch --peer-uid --annotation "
			words+=" --metadata --uid --gid --cap --directory " ;;
		*" run "*)
			words+=" --policy --file --listener --wait-killable " ;;
		esac ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _deputyctl deputyctl
