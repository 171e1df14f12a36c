# What watchtower does in a zsh: greets once per interactive SSH login, and keeps WT_PROMPT, the text of `wt --brief`,
# before each prompt. Options and aliases that change how a file is parsed are off while this one is; every function
# starts with `emulate -L zsh`, so that those of the user don't reach into it either.

'builtin' 'typeset' -g __wt_options=''
[[ ! -o aliases ]] || __wt_options+='a'
[[ ! -o sh_glob ]] || __wt_options+='g'
[[ ! -o ignore_braces ]] || __wt_options+='b'
[[ ! -o ignore_close_braces ]] || __wt_options+='c'
'builtin' 'setopt' 'no_aliases' 'no_sh_glob' 'no_ignore_braces' 'no_ignore_close_braces'

# Ends a process group, if this is the number of one.
__wt_end() {
  builtin emulate -L zsh
  [[ $1 != <2-> ]] || builtin kill -KILL -- -$1
} 2>/dev/null

# Runs wt with these arguments for at most $1 seconds and not beyond the shell's own end: prints the number of its
# process group and a line break, then what wt prints, then a NUL if it succeeded. For a subshell in that group $2, which
# ends with it.
__wt_run() {
  builtin emulate -L zsh
  builtin setopt no_aliases no_err_exit no_err_return no_xtrace
  local -F end=$((EPOCHREALTIME + $1)) left
  local group=$2 chunk fd
  builtin shift 2
  builtin print -r -- $group
  # Where the shell stands may be gone, or somebody else's; a greeting needs neither.
  [[ $__wt_bin != /* ]] || builtin cd -q /
  builtin exec {fd}< <("$__wt_bin" "$@" </dev/null && builtin print -n '\0')
  while (( (left = end - EPOCHREALTIME) > 0.001 )) && builtin kill -0 $__wt_shell; do
    builtin sysread -t $(( left < 0.2 ? left : 0.2 )) -i $fd chunk
    case $? in
      0)
        builtin print -rn -- "$chunk" || builtin break
        [[ $chunk != *$'\0' ]] || builtin return 0
        ;;
      4) ;;
      *) builtin return 1 ;;
    esac
  done
  __wt_end $group
} 2>/dev/null

# True when the text is whole lines of ordinary characters and colours, and not too long: fit for a terminal.
__wt_printable() {
  builtin emulate -L zsh
  builtin setopt extended_glob no_err_exit no_err_return no_xtrace
  local rest=$1
  (( $#1 < 65536 )) || builtin return 1
  while [[ $rest == *$'\e'* ]]; do
    rest=${rest#*$'\e'}
    [[ $rest == \[[0-9\;]#m* ]] || builtin return 1
  done
  [[ ${1//[$'\e\n']/} != *[[:cntrl:]]* ]]
}

# Sets __wt_text to the greeting: true when wt answered in time, though it may have had nothing to say.
__wt_greet() {
  builtin emulate -L zsh
  builtin setopt no_aliases no_err_exit no_err_return no_xtrace
  # A widget has no standard input, but runs only on a terminal.
  [[ ( -t 0 || -n ${WIDGET-} ) && -t 1 ]] || builtin return 1
  __wt_guard_greeting
  [[ -z $__wt_why ]] || builtin return 1

  local color=--color=always seconds=${WT_TIMEOUT-} text='' ended='' chunk fd=''
  [[ $seconds == (<->|<->.|<->.<->|.<->) && $#seconds -le 8 ]] || seconds=0.5
  [[ -z ${NO_COLOR-} && ${FORCE_COLOR-} != 0 ]] || color=''

  # Job control gives the subshell a process group of its own; without it a hung wt's children would stay.
  builtin setopt monitor no_bg_nice 2>/dev/null
  local -F end=$((EPOCHREALTIME + seconds)) left
  export WT_GREETED=failed
  __wt_trying=1
  { builtin exec {fd}< <(export COLUMNS; __wt_run $seconds $sysparams[pid] --greet $color) } 2>/dev/null
  [[ $fd == <1-> ]] || builtin return 1
  __wt_trying='' WT_GREETED=interrupted
  {
    while (( (left = end - EPOCHREALTIME) > 0.001 && $#text < 65536 )); do
      builtin sysread -t $left -i $fd chunk
      case $? in
        0) text+=$chunk ;;
        4) builtin continue ;;
        *) ended=1 ;;
      esac
      [[ $text != *$'\0' ]] || ended=1
      [[ -z $ended ]] || builtin break
    done
    WT_GREETED=failed
    (( left > 0.001 )) || WT_GREETED=timed-out __wt_late=$seconds
  } always {
    builtin exec {fd}<&-
    [[ -n $ended ]] || __wt_end ${text%%$'\n'*}
  }
  [[ $text == *$'\0' ]] || builtin return 1
  text=${${text#*$'\n'}%$'\0'}
  __wt_printable "$text" || builtin return 1
  WT_GREETED=${${text:+1}:-nothing}
  __wt_refreshed=$EPOCHSECONDS
  __wt_text=${text%$'\n'}
}

# Under powerlevel10k's instant prompt no descriptor is the terminal before the line editor starts, and printing
# earlier makes it complain: so the greeting comes then, in the place of the prompt, which is drawn anew below it.
# No picker there.
__wt_line_init() {
  builtin emulate -L zsh
  builtin setopt no_aliases no_err_exit no_err_return no_xtrace
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
  builtin return 0
}

# Sets __wt_whose and __wt_key anew; the key as src/box/brief-file.ts makes it, byte for byte.
__wt_identify() {
  builtin emulate -L zsh
  builtin setopt no_multibyte no_xtrace
  __wt_whose=$__wt_host:$1 __wt_key='' __wt_needing=''
  [[ $1 == /* && $__wt_whose != *[[:cntrl:]]* ]] || builtin return 0
  __wt_key=${__wt_whose[-120,-1]//[^A-Za-z0-9_.]/-}
}

# Sets WT_PROMPT from the file that wt writes: a line that says whose it is, and nothing but a brief ever: `!1 *2 ~3`,
# or a part of it.
__wt_read() {
  builtin emulate -L zsh
  builtin setopt no_aliases no_err_exit no_err_return no_xtrace
  local file=${HOME-}/.cache text='' mark=● number=0 config=${CLAUDE_CONFIG_DIR:-${HOME-}/.claude}
  typeset -g WT_PROMPT=''
  if [[ ${WT_CONFIG_DIRS-} == *[^:]* ]]; then
    # Several of them; which folder a relative one is depends on where the shell stands.
    config=${HOME-}:$WT_CONFIG_DIRS
    [[ :$WT_CONFIG_DIRS: != *:([^/~:]|\~[^/:])* ]] || config=''
  fi
  [[ $__wt_whose == "$__wt_host:$config" ]] || __wt_identify $config
  [[ -n $__wt_key ]] || builtin return 0
  if [[ ${XDG_RUNTIME_DIR-} == /* && -d $XDG_RUNTIME_DIR && -O $XDG_RUNTIME_DIR ]]; then
    file=$XDG_RUNTIME_DIR
  elif [[ ${XDG_CACHE_HOME-} == /* ]]; then
    file=$XDG_CACHE_HOME
  fi
  file+=/wt/brief-$__wt_key
  [[ -f $file && ! -L $file && -O $file && -r $file ]] || builtin return 0
  { builtin sysread -s 8192 text <$file } 2>/dev/null || builtin return 0
  [[ $text == "$__wt_whose"$'\n'* ]] || builtin return 0
  text=${${text#*$'\n'}%$'\n'}
  (( $#text < 63 )) && [[ " $text" == (' !'<->|)(' *'<->|)(' ~'<->|) ]] || builtin return 0

  [[ $text != !* ]] || number=${${text#!}%% *}
  if (( $#number <= 9 )); then
    if [[ ${WT_BELL-} == 1 && -t 1 && -n $__wt_needing ]] && (( 10#$number > __wt_needing )); then
      builtin print -n '\a'
    fi
    __wt_needing=$(( 10#$number ))
  fi
  # The name of a locale doesn't tell whether it is there; a shell that counts one character does.
  if [[ $#mark -eq 1 && ${TERM-} != linux ]]; then text=${${text/'*'/●}/'~'/⧗}; fi
  WT_PROMPT=$text
}

# Before each prompt. The only fork is the one for a refresh, every five seconds at most.
__wt_precmd() {
  { builtin emulate -L zsh; builtin setopt no_aliases no_err_exit no_err_return no_xtrace } 2>/dev/null
  local group __wt_text=''
  typeset -g WT_PROMPT=''
  if (( __wt_login )); then
    __wt_login=0
    __wt_offer_completion
    if (( ${+__p9k_instant_prompt_active} )); then
      builtin zmodload zsh/terminfo
      builtin autoload -Uz add-zle-hook-widget && add-zle-hook-widget line-init __wt_line_init
    elif __wt_greet; then
      [[ -z $__wt_text ]] || builtin print -r -- "$__wt_text"
      [[ ${WT_PICK-} != 1 ]] || __wt_typed || "$__wt_bin" --pick
    fi
  elif [[ -n $__wt_late ]]; then
    builtin print -r -- "wt took longer than $__wt_late s: wt doctor"
    __wt_late=''
  fi
  __wt_guard_prompt
  [[ -z $__wt_why ]] || builtin return 0
  __wt_read
  if [[ -z $__wt_trying ]] && (( EPOCHSECONDS - __wt_refreshed >= 5 || EPOCHSECONDS < __wt_refreshed )); then
    __wt_refreshed=$EPOCHSECONDS
    if [[ $__wt_bin != /* || -x $__wt_bin ]]; then
      builtin setopt monitor no_bg_nice 2>/dev/null
      __wt_trying=1
      { (group=$sysparams[pid]; __wt_refresh $group &) } 2>/dev/null
      __wt_trying=''
    fi
  fi
  builtin return 0
}

# True when something was typed ahead: the picker must not swallow it.
__wt_typed() {
  builtin emulate -L zsh
  builtin setopt no_xtrace
  local -a reply
  builtin zmodload zsh/zselect 2>/dev/null && builtin zselect -t 0 -r 0
}

# Lets wt write the brief anew, with no descriptor of the shell left open. For a subshell in the process group $1.
__wt_refresh() {
  builtin emulate -L zsh
  builtin setopt no_xtrace
  local fd
  builtin exec </dev/null >/dev/null
  for fd in /dev/fd/*(N:t); do
    (( fd < 3 )) || builtin exec {fd}>&-
  done
  __wt_run 5 $1 refresh
} 2>/dev/null

# Completion is loaded by the first Tab after `wt`, from beside this file; not where there is one already. At the first
# prompt, for compinit may come after this file.
__wt_offer_completion() {
  builtin emulate -L zsh
  builtin setopt no_aliases no_err_exit no_err_return no_xtrace
  [[ -r $__wt_folder/completion.zsh && $+functions[compdef] -eq 1 && -z ${_comps[wt]-} ]] || builtin return 0
  __wt_complete() { builtin source $__wt_folder/completion.zsh && __wt_complete "$@" }
  compdef __wt_complete wt
} 2>/dev/null

# Under …/share/wt/hooks, or where npm puts a global package, the program is …/bin/wt; a hook sourced from elsewhere takes
# the one on PATH.
__wt_install() {
  builtin emulate -L zsh
  builtin setopt no_aliases no_err_exit no_err_return
  builtin zmodload zsh/system zsh/datetime 2>/dev/null && [[ ${(t)precmd_functions} != *readonly* ]] \
    && [[ ${(t)WT_PROMPT}${(t)WT_GREETED} != *readonly* ]] || builtin return 0
  typeset -g __wt_bin=wt __wt_late='' __wt_whose='' __wt_key='' __wt_needing='' __wt_host=''
  typeset -gi __wt_login=1 __wt_refreshed=0 __wt_shell=$$
  # What stands here while a fork is tried: where it still stands, none could be had, and this shell forks no more.
  typeset -g __wt_trying=''
  case $__wt_folder in
    /*/share/wt/hooks) __wt_bin=${__wt_folder%/share/wt/hooks}/bin/wt ;;
    /*/lib/node_modules/watchtower/hooks) __wt_bin=${__wt_folder%/lib/node_modules/watchtower/hooks}/bin/wt ;;
  esac
  { IFS='' builtin read -r __wt_host </proc/sys/kernel/hostname } 2>/dev/null || __wt_host=${HOST-}
  typeset -ga precmd_functions
  precmd_functions=(__wt_precmd ${precmd_functions:#__wt_precmd})
}
__wt_install

[[ $__wt_options != *a* ]] || 'builtin' 'setopt' 'aliases'
[[ $__wt_options != *g* ]] || 'builtin' 'setopt' 'sh_glob'
[[ $__wt_options != *b* ]] || 'builtin' 'setopt' 'ignore_braces'
[[ $__wt_options != *c* ]] || 'builtin' 'setopt' 'ignore_close_braces'
'builtin' 'unset' '__wt_options'
'builtin' 'unfunction' '__wt_install' '__wt_ask' '__wt_guard_shell'
