# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Verbs and options are those of "deputyctl --help".
_deputyctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local socket=() words="status list show reload policy run " i

	for ((i = 1; i < COMP_CWORD - 1; i++)); do
		case ${COMP_WORDS[i]} in
		-s|--socket) socket=(--socket "${COMP_WORDS[i+1]}") ;;
		esac
	done
	case $prev in
	-s|--socket|check|profile|--profile|--base|--listener|--file)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		compopt -o filenames
		return ;;
	show)
		# compgen expands its words, and ids are not to be trusted
		words=$(deputyctl "${socket[@]}" list 2>/dev/null |
			awk 'NR > 1 && $1 ~ /^[A-Za-z0-9_.-]+$/ { print $1 }') ;;
	policy)
		words="check profile" ;;
	--dialect)
		words="oci docker" ;;
	esac
	case $cur in
	-*) words="--socket --json --help --version"
		if [[ " ${COMP_WORDS[*]} " = *" policy check "* ]]; then
			words+=" --profile --policy "
		elif [[ " ${COMP_WORDS[*]} " = *" policy profile "* ]]; then
			words+=" --policy --base --dialect --listener "
			words+=" --wait-killable "
		elif [[ " ${COMP_WORDS[*]} " = *" run "* ]]; then
			words+=" --policy --file --listener --wait-killable "
		fi ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _deputyctl deputyctl
