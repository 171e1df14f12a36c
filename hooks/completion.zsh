# watchtower's completion for zsh 5.6 and later; the hook loads it at the first Tab after `wt`.
# `wt complete WORD...` gives lines of a candidate, a tab and what it is.

__wt_complete() {
  local line
  local -a lines candidates shown
  lines=("${(@f)$(command "${__wt_bin:-wt}" complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" </dev/null 2>/dev/null)}")
  if [[ "${lines[1]}" == :directories ]]; then
    _files -/
    return
  fi
  for line in "${lines[@]}"; do
    [[ -n "$line" ]] || continue
    candidates+=("${line%%$'\t'*}")
    shown+=("${line/$'\t'/  }")
  done
  (( $#candidates )) && compadd -V watchtower -l -d shown -a candidates
}

compdef __wt_complete wt
