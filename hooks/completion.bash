# shellcheck shell=bash
# watchtower's completion for bash 4.4 and later; the hook loads it at the first Tab after `wt`.
# `wt complete WORD...` gives lines of a candidate, a tab and what it is; `:directories` means those of the shell, too.

__wt_complete() {
  \builtin local typed="${COMP_WORDS[COMP_CWORD]-}" line width widest=0 shown
  \builtin local -a lines directories
  lines=() directories=() COMPREPLY=()
  \builtin mapfile -t lines < <(\command "${__wt_bin:-wt}" complete "${COMP_WORDS[@]:1:COMP_CWORD}" </dev/null 2>/dev/null)
  if [[ ${#lines[@]} -gt 0 && ${lines[${#lines[@]} - 1]} == :directories ]]; then
    \builtin unset "lines[${#lines[@]} - 1]"
    \builtin compopt -o filenames 2>/dev/null
    \builtin mapfile -t directories < <(\builtin compgen -d -- "$typed")
  fi
  \builtin compopt -o nosort 2>/dev/null
  width=$((${COLUMNS:-80} - 2))
  for line in "${lines[@]}"; do
    line=${line%%$'\t'*}
    [[ ${#line} -le widest || ${#line} -gt 30 ]] || widest=${#line}
  done
  for line in "${lines[@]}"; do
    [[ $line == "$typed"* ]] || \builtin continue
    # What is inserted is the candidate alone: one that is left, or each in turn (menu-complete, COMP_TYPE 37).
    # In a list, what it is stands beside it; candidates differ, so what they share is a part of them.
    if [[ $line == *$'\t'* && $((${#lines[@]} + ${#directories[@]})) -gt 1 && ${COMP_TYPE-} != 37 ]]; then
      \builtin printf -v shown '%-*s  %s' "$widest" "${line%%$'\t'*}" "${line#*$'\t'}"
      COMPREPLY+=("${shown:0:width}")
    else
      COMPREPLY+=("${line%%$'\t'*}")
    fi
  done
  if [[ ${#directories[@]} -gt 0 ]]; then
    # A list of file names has no descriptions; a name that is both is one candidate.
    for line in "${!COMPREPLY[@]}"; do COMPREPLY[line]=${COMPREPLY[line]%%  *}; done
    for line in "${directories[@]}"; do
      for shown in "${COMPREPLY[@]}"; do [[ $shown != "$line" ]] || \builtin continue 2; done
      COMPREPLY+=("$line")
    done
  fi
  if [[ ${#COMPREPLY[@]} -eq 1 ]]; then COMPREPLY=("${COMPREPLY[0]%%  *}"); fi
}

\builtin complete -F __wt_complete wt
