#compdef wt
# watchtower's completion for zsh 5.6 and later; the hook loads it at the first Tab after `wt`, or compinit does, as _wt.
# `wt complete WORD...` gives lines of a candidate, a tab and what it is; `:directories` means those of the shell, too.

__wt_complete() {
  local line word widest=0 directories=''
  local -a lines candidates shown
  lines=("${(@f)$(command "${__wt_bin:-wt}" complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" </dev/null 2>/dev/null)}")
  for line in "${lines[@]}"; do
    [[ "$line" != :directories ]] || directories=1
    line="${line%%$'\t'*}"
    (( $#line <= widest || $#line > 30 )) || widest=$#line
  done
  for line in "${lines[@]}"; do
    [[ -n "$line" && "$line" != :directories ]] || continue
    word="${line%%$'\t'*}"
    candidates+=("$word")
    while (( $#word < widest )); do word+=' '; done
    [[ "$line" != *$'\t'* ]] || word+="  ${line#*$'\t'}"
    shown+=("$word")
  done
  (( $#candidates )) && compadd -V watchtower -l -d shown -a candidates
  [[ -z "$directories" ]] || _files -/
}

compdef __wt_complete wt
[[ ${funcstack[1]-} != _wt ]] || __wt_complete "$@"
