# watchtower's hook for zsh 5.3 and later, sourced by the marked block in .zshrc.
# It greets once per interactive SSH login and keeps WT_PROMPT, the text of `wt --brief`, before each prompt.
# Options and aliases that change how a file is parsed are off while this one is; every function starts with
# `emulate -L zsh`, so that those of the user don't reach into it either.

if [[ ! -o interactive || -o restricted || -n ${ZSH_EXECUTION_STRING-} || ${TERM:-dumb} == dumb \
  || -n ${WT_DISABLE-} || ${LC_WT-} == 0 || -n ${CLAUDECODE-} || -n ${INSIDE_EMACS-} \
  || ${TERM_PROGRAM-} == vscode || -n ${VSCODE_INJECTION-}${VSCODE_IPC_HOOK_CLI-}${VSCODE_RESOLVING_ENVIRONMENT-} \
  || ${TERMINAL_EMULATOR-} == JetBrains* || -n ${INTELLIJ_ENVIRONMENT_READER-} ]]; then
  'builtin' 'return' 0
fi

'builtin' 'typeset' -g __wt_options=''
[[ ! -o aliases ]] || __wt_options+='a'
[[ ! -o sh_glob ]] || __wt_options+='g'
[[ ! -o ignore_braces ]] || __wt_options+='b'
[[ ! -o ignore_close_braces ]] || __wt_options+='c'
'builtin' 'setopt' 'no_aliases' 'no_sh_glob' 'no_ignore_braces' 'no_ignore_close_braces'

# Runs wt for at most $2 seconds and not beyond the shell's own end; prints what it prints, then a NUL if it
# succeeded. For a subshell in the process group $1, which ends with it.
__wt_run() {
  builtin emulate -L zsh
  builtin setopt no_aliases no_err_exit no_err_return
  local group=$1 chunk fd
  local -F end=$((EPOCHREALTIME + $2)) left
  builtin shift 2
  # Where the shell stands may be gone, or somebody else's; a greeting needs neither.
  [[ $__wt_bin != /* ]] || builtin cd -q /
  exec {fd}< <("$__wt_bin" "$@" </dev/null && builtin print -n '\0')
  while (( (left = end - EPOCHREALTIME) > 0.001 )) && builtin kill -0 $__wt_shell; do
    builtin sysread -t $(( left < 0.2 ? left : 0.2 )) -i $fd chunk
    case $? in
      0)
        builtin print -rn -- "$chunk" || break
        [[ $chunk != *$'\0' ]] || return 0
        ;;
      4) ;;
      *) return 1 ;;
    esac
  done
  builtin kill -KILL -- -$group
} 2>/dev/null

# True when the text is whole lines of ordinary characters and colours, and not too long: fit for a terminal.
__wt_printable() {
  builtin emulate -L zsh
  builtin setopt extended_glob no_err_exit no_err_return
  local rest=$1
  (( $#1 < 65536 )) || return 1
  while [[ $rest == *$'\e'* ]]; do
    rest=${rest#*$'\e'}
    [[ $rest == \[[0-9\;]#m* ]] || return 1
  done
  [[ ${1//[$'\e\n']/} != *[[:cntrl:]]* ]]
}

# Sets __wt_text to the greeting: true when wt answered in time, though it may have had nothing to say.
__wt_greet() {
  builtin emulate -L zsh
  builtin setopt no_aliases no_err_exit no_err_return
  # A widget has no standard input, but runs only on a terminal.
  [[ ( -t 0 || -n ${WIDGET-} ) && -t 1 && -n ${SSH_CONNECTION-} && -z ${WT_GREETED-} && -z ${TMUX-}${STY-}${ZELLIJ-} \
    && -z ${WT_DISABLE-} && ${LC_WT-} != 0 && ${TERM:-dumb} != dumb && ! -e ${HOME-}/.hushlogin ]] || return 1
  export WT_GREETED=1

  local color=--color=always seconds=${WT_TIMEOUT-} text='' chunk fd
  [[ $seconds == (<->|<->.|<->.<->|.<->) && $#seconds -le 8 ]] || seconds=0.5
  [[ $seconds == *[1-9]* ]] || return 1
  [[ -z ${NO_COLOR-} && ${FORCE_COLOR-} != 0 ]] || color=''

  # Job control gives the subshell a process group of its own; without it a hung wt's children would stay.
  builtin setopt monitor no_bg_nice 2>/dev/null
  local -F end=$((EPOCHREALTIME + seconds)) left
  local -i pid complete=0
  exec {fd}< <(export COLUMNS; __wt_run $sysparams[pid] $seconds --greet $color)
  pid=$sysparams[procsubstpid]
  {
    while (( (left = end - EPOCHREALTIME) > 0.001 && $#text < 65536 )); do
      builtin sysread -t $left -i $fd chunk || break
      text+=$chunk
      [[ $text != *$'\0' ]] || { complete=1; break; }
    done
  } always {
    exec {fd}<&-
    (( complete )) || builtin kill -KILL -- -$pid 2>/dev/null
  }
  text=${text%$'\0'}
  (( complete )) && __wt_printable "$text" || return 1
  __wt_refreshed=$EPOCHSECONDS
  __wt_text=${text%$'\n'}
}

# Under powerlevel10k's instant prompt no descriptor is the terminal before the line editor starts, and printing
# earlier makes it complain: so the greeting comes then, in the place of the prompt, which is drawn anew below it.
# No picker there.
__wt_line_init() {
  builtin emulate -L zsh
  builtin setopt no_aliases no_err_exit no_err_return
  local __wt_text=''
  add-zle-hook-widget -d line-init __wt_line_init && builtin zle -D __wt_line_init
  __wt_greet
  if [[ -n $__wt_text ]]; then
    () {
      local PROMPT='' RPROMPT=''
      builtin zle .reset-prompt
      builtin zle -R
    }
    # The editor leaves the empty line of that prompt above.
    builtin zle -I
    builtin print -rn -- "${terminfo[cuu1]-}"
    builtin print -r -- "$__wt_text"
    __wt_read
  else
    __wt_read
    builtin zle .reset-prompt
  fi
  return 0
}

# Sets WT_PROMPT from the file that wt writes, and nothing but a brief ever: `!1 *2 ~3`, or a part of it.
__wt_read() {
  builtin emulate -L zsh
  builtin setopt no_aliases no_err_exit no_err_return
  local file=${HOME-}/.cache text='' locale=${LC_ALL:-${LC_CTYPE:-${LANG-}}}
  typeset -g WT_PROMPT=''
  [[ -z ${WT_DISABLE-} && ${LC_WT-} != 0 ]] || return 0
  if [[ ${XDG_RUNTIME_DIR-} == /* && -d $XDG_RUNTIME_DIR && -O $XDG_RUNTIME_DIR ]]; then
    file=$XDG_RUNTIME_DIR
  elif [[ ${XDG_CACHE_HOME-} == /* ]]; then
    file=$XDG_CACHE_HOME
  fi
  file+=/wt/brief
  [[ -f $file && ! -L $file && -O $file && -r $file ]] || return 0
  { builtin sysread -s 64 text <$file } 2>/dev/null || return 0
  text=${text%$'\n'}
  (( $#text < 63 )) && [[ " $text" == (' !'<->|)(' *'<->|)(' ~'<->|) ]] || return 0
  case $locale:${TERM-} in
    *:linux) ;;
    *[Uu][Tt][Ff](-|)8(@*|):*) text=${${text/'*'/●}/'~'/⧗} ;;
  esac
  WT_PROMPT=$text
}

# Before each prompt. The only fork is the one for a refresh, every five seconds at most.
__wt_precmd() {
  builtin emulate -L zsh
  builtin setopt no_aliases no_err_exit no_err_return
  local group __wt_text=''
  if (( __wt_login )); then
    __wt_login=0
    __wt_offer_completion
    if (( ${+__p9k_instant_prompt_active} )); then
      builtin zmodload zsh/terminfo
      builtin autoload -Uz add-zle-hook-widget && add-zle-hook-widget line-init __wt_line_init
    elif __wt_greet; then
      [[ -z $__wt_text ]] || builtin print -r -- "$__wt_text"
      [[ ${WT_PICK-} != 1 ]] || __wt_typed || WT_PICK=1 "$__wt_bin"
    fi
  fi
  __wt_read
  if (( EPOCHSECONDS - __wt_refreshed >= 5 || EPOCHSECONDS < __wt_refreshed )); then
    __wt_refreshed=$EPOCHSECONDS
    if [[ -z ${WT_DISABLE-} && ${LC_WT-} != 0 && ( $__wt_bin != /* || -x $__wt_bin ) ]]; then
      builtin setopt monitor no_bg_nice 2>/dev/null
      (group=$sysparams[pid]; __wt_refresh $group &)
    fi
  fi
  return 0
}

# True when something was typed ahead: the picker must not swallow it.
__wt_typed() {
  builtin emulate -L zsh
  local -a reply
  builtin zmodload zsh/zselect 2>/dev/null && builtin zselect -t 0 -r 0
}

# Lets wt write the brief anew, with no descriptor of the shell left open. For a subshell in the process group $1.
__wt_refresh() {
  builtin emulate -L zsh
  local fd
  exec </dev/null >/dev/null
  for fd in /dev/fd/*(N:t); do
    (( fd < 3 )) || exec {fd}>&-
  done
  __wt_run $1 5 refresh
} 2>/dev/null

# Completion is loaded by the first Tab after `wt`, from beside this file; not where there is one already. At the first
# prompt, for compinit may come after this file.
__wt_offer_completion() {
  builtin emulate -L zsh
  builtin setopt no_aliases no_err_exit no_err_return
  typeset -g __wt_completion=${__wt_bin%/bin/wt}/share/wt/hooks/completion.zsh
  [[ -r $__wt_completion && $+functions[compdef] -eq 1 && -z ${_comps[wt]-} ]] || return 0
  _wt() { builtin source $__wt_completion && _wt "$@" }
  compdef _wt wt
} 2>/dev/null

# Under …/share/wt/hooks the program is …/bin/wt; a hook sourced from elsewhere takes the one on PATH.
__wt_install() {
  builtin emulate -L zsh
  builtin setopt no_aliases no_err_exit no_err_return
  builtin zmodload zsh/system zsh/datetime 2>/dev/null && [[ ${(t)precmd_functions} != *readonly* ]] \
    && [[ ${(t)WT_PROMPT}${(t)WT_GREETED} != *readonly* ]] || return 0
  typeset -g __wt_bin=wt
  typeset -gi __wt_login=1 __wt_refreshed=0 __wt_shell=$$
  # (The prompt escape %x would show a line break in the path as \n.)
  local file=${funcsourcetrace[1]%:*}
  case $file in
    /*/share/wt/hooks/wt.zsh) __wt_bin=${file%/share/wt/hooks/wt.zsh}/bin/wt ;;
  esac
  typeset -ga precmd_functions
  precmd_functions=(__wt_precmd ${precmd_functions:#__wt_precmd})
}
__wt_install

[[ $__wt_options != *a* ]] || 'builtin' 'setopt' 'aliases'
[[ $__wt_options != *g* ]] || 'builtin' 'setopt' 'sh_glob'
[[ $__wt_options != *b* ]] || 'builtin' 'setopt' 'ignore_braces'
[[ $__wt_options != *c* ]] || 'builtin' 'setopt' 'ignore_close_braces'
'builtin' 'unset' '__wt_options'
'builtin' 'unfunction' '__wt_install'
