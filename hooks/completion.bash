# shellcheck shell=bash
# watchtower's completion for bash 4.4 and later; the hook loads it at the first Tab after `wt`.
# `wt complete WORD...` gives lines of a candidate, a tab and what it is.

__wt_complete() {
  \builtin local typed="${COMP_WORDS[COMP_CWORD]-}" line width
  \builtin local -a lines
  lines=() COMPREPLY=()
  \builtin mapfile -t lines < <(\command "${__wt_bin:-wt}" complete "${COMP_WORDS[@]:1:COMP_CWORD}" </dev/null 2>/dev/null)
  if [[ ${lines[*]-} == :directories ]]; then
    \builtin compopt -o filenames
    \builtin mapfile -t COMPREPLY < <(\builtin compgen -d -- "$typed")
    \builtin return 0
  fi
  \builtin compopt -o nosort 2>/dev/null
  width=$((${COLUMNS:-80} - 2))
  for line in "${lines[@]}"; do
    [[ $line == "$typed"* ]] || \builtin continue
    # What is inserted is the candidate alone: one that is left, or each in turn (menu-complete, COMP_TYPE 37).
    # In a list, what it is stands beside it; candidates differ, so what they share is a part of them.
    if [[ $line == *$'\t'* && ${#lines[@]} -gt 1 && ${COMP_TYPE-} != 37 ]]; then
      line="${line/$'\t'/  }"
      COMPREPLY+=("${line:0:width}")
    else
      COMPREPLY+=("${line%%$'\t'*}")
    fi
  done
  if [[ ${#COMPREPLY[@]} -eq 1 ]]; then COMPREPLY=("${COMPREPLY[0]%%  *}"); fi
}

\builtin complete -F __wt_complete wt
