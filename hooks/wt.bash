# shellcheck shell=bash
# watchtower's hook for bash 4.4 and later, sourced by the marked block in ~/.bashrc.
# It greets once per interactive SSH login and keeps WT_PROMPT, the text of `wt --brief`, before each prompt.
# Every command word carries a backslash or `builtin`, so that aliases and functions of the user can't change it.

if [[ $- != *i* || ${BASH_VERSION-} == [0-3].* || ${BASH_VERSION-} == 4.[0-3].* || -n ${BASH_EXECUTION_STRING-} \
  || ${TERM:-dumb} == dumb || -n ${WT_DISABLE-} || ${LC_WT-} == 0 || -n ${CLAUDECODE-} || -n ${INSIDE_EMACS-} \
  || ${TERM_PROGRAM-} == vscode || -n ${VSCODE_INJECTION-}${VSCODE_IPC_HOOK_CLI-}${VSCODE_RESOLVING_ENVIRONMENT-} \
  || ${TERMINAL_EMULATOR-} == JetBrains* || -n ${INTELLIJ_ENVIRONMENT_READER-} ]] \
  || \builtin shopt -q restricted_shell; then
  \return 0
fi

# Under …/share/wt/hooks the program is …/bin/wt; a hook sourced from elsewhere takes the one on PATH.
case ${BASH_SOURCE[0]} in
  /*/share/wt/hooks/wt.bash) __wt_bin=${BASH_SOURCE[0]%/share/wt/hooks/wt.bash}/bin/wt ;;
  *) __wt_bin=wt ;;
esac
__wt_refreshed=0
__wt_login=1

# Runs wt with these arguments in a process group of its own and prints a NUL after its output if it succeeded.
# For a subshell only. Ctrl-C, a hang-up and the reader's SIGTERM end wt together with whatever it started.
__wt_run() {
  __wt_job='' __wt_stop=''
  # shellcheck disable=SC2016 # expanded when the signal comes
  \builtin trap '__wt_stop=1; [[ -z $__wt_job ]] || \builtin kill -KILL -- "-$__wt_job"' HUP INT TERM
  \builtin set -m +eu
  \builtin export COLUMNS
  # Where the shell stands may be gone, or somebody else's; a greeting needs neither.
  [[ $__wt_bin != /* ]] || \builtin cd / || \builtin :
  \builtin exec "$__wt_bin" "$@" </dev/null &
  __wt_job=$!
  [[ -z $__wt_stop ]] || \builtin kill -KILL -- "-$__wt_job"
  \builtin wait "$__wt_job" && \builtin printf '\0'
} 2>/dev/null

# True when the text is whole lines of ordinary characters and colours, and not too long: fit for a terminal.
__wt_printable() {
  \builtin local __wt_rest="$1"
  [[ ${#1} -lt 65536 ]] || \return 1
  while [[ $__wt_rest == *$'\e'* ]]; do
    __wt_rest=${__wt_rest#*$'\e'}
    [[ $__wt_rest == \[*([0-9;])m* ]] || \return 1
  done
  __wt_rest=${1//[$'\e\n']/}
  [[ $__wt_rest != *[[:cntrl:]]* ]]
}

# The greeting, at the first prompt of a login: the rc is read to its end by then, whatever Ctrl-C does here.
__wt_greet() {
  [[ -t 0 && -t 1 && -n ${SSH_CONNECTION-} && -z ${WT_GREETED-} && -z ${TMUX-}${STY-}${ZELLIJ-} \
    && -z ${WT_DISABLE-} && ${LC_WT-} != 0 && ${TERM:-dumb} != dumb && ! -e ${HOME-}/.hushlogin ]] || \return 0
  \builtin export WT_GREETED=1

  \builtin local __wt_seconds="${WT_TIMEOUT-}" __wt_text='' __wt_done='' __wt_color='--color=always'
  if [[ $__wt_seconds != +([0-9])?(.*([0-9])) && $__wt_seconds != .+([0-9]) || ${#__wt_seconds} -gt 8 ]]; then
    __wt_seconds=0.5
  fi
  [[ $__wt_seconds == *[1-9]* ]] || \return 0
  [[ -z ${NO_COLOR-} && ${FORCE_COLOR-} != 0 ]] || __wt_color=''

  # The NUL that ends a successful run is what `read` waits for; anything else is a failure or the end of patience.
  if IFS='' \builtin read -r -d '' -n 65536 -t "$__wt_seconds" __wt_text \
    < <(__wt_run --greet ${__wt_color:+"$__wt_color"}); then
    __wt_done=1
  else
    \builtin kill -TERM "$!" 2>/dev/null
  fi
  [[ -n $__wt_done ]] && __wt_printable "$__wt_text" || \return 0

  \builtin printf -v __wt_refreshed '%(%s)T' -1
  [[ -z $__wt_text ]] || \builtin printf '%s\n' "${__wt_text%$'\n'}"
  if [[ ${WT_PICK-} == 1 ]] && ! \builtin read -r -t 0; then
    WT_PICK=1 \command "$__wt_bin"
  fi
}

# Lets wt write the brief anew and read what the next greeting will need, for at most five seconds and not beyond the
# shell's own end. For a subshell only.
__wt_refresh() {
  \builtin set +euf
  \builtin shopt -u failglob
  \builtin trap - EXIT ERR DEBUG
  \exec </dev/null >/dev/null
  \builtin local __wt_fd __wt_tick __wt_pid
  for __wt_fd in /dev/fd/*; do
    case ${__wt_fd##*/} in
      [012]) ;;
      *) \builtin eval "\\exec ${__wt_fd##*/}>&-" ;;
    esac
  done
  \exec 3< <(__wt_run refresh)
  __wt_pid=$!
  for ((__wt_tick = 0; __wt_tick < 20; __wt_tick++)); do
    IFS='' \builtin read -r -d '' -n 65536 -t 0.25 __wt_fd <&3
    [[ $? -gt 128 ]] || \return 0
    \builtin kill -0 "$$" || \builtin break
  done
  \builtin kill -TERM "$__wt_pid"
} 2>/dev/null

# Sets WT_PROMPT from the file that wt writes, and nothing but a brief ever: `!1 *2 ~3`, or a part of it.
__wt_read() {
  \builtin local __wt_file="${HOME-}/.cache" __wt_text='' __wt_locale="${LC_ALL:-${LC_CTYPE:-${LANG-}}}"
  WT_PROMPT=''
  [[ -z ${WT_DISABLE-} && ${LC_WT-} != 0 ]] || \return 0
  if [[ ${XDG_RUNTIME_DIR-} == /* && -d $XDG_RUNTIME_DIR && -O $XDG_RUNTIME_DIR ]]; then
    __wt_file=$XDG_RUNTIME_DIR
  elif [[ ${XDG_CACHE_HOME-} == /* ]]; then
    __wt_file=$XDG_CACHE_HOME
  fi
  __wt_file+=/wt/brief
  [[ -f $__wt_file && ! -L $__wt_file && -O $__wt_file && -r $__wt_file ]] || \return 0
  # Reaching the end without a NUL and within 64 characters is the only good outcome.
  if { IFS='' \builtin read -r -d '' -n 64 __wt_text <"$__wt_file"; } 2>/dev/null; then \return 0; fi
  __wt_text=${__wt_text%$'\n'}
  [[ " $__wt_text" == ?(' !'+([0-9]))?(' *'+([0-9]))?(' ~'+([0-9])) ]] || \return 0
  case $__wt_locale:${TERM-} in
    *:linux) ;;
    *[Uu][Tt][Ff]8:* | *[Uu][Tt][Ff]-8:* | *[Uu][Tt][Ff]8@*:* | *[Uu][Tt][Ff]-8@*:*)
      __wt_text=${__wt_text/'*'/●}
      __wt_text=${__wt_text/'~'/⧗}
      ;;
  esac
  WT_PROMPT=$__wt_text
}

__wt_work() {
  \builtin local __wt_now
  if [[ -n $__wt_login ]]; then
    __wt_login=''
    __wt_greet
    \builtin unset -f __wt_greet __wt_printable
  fi
  __wt_read
  \builtin printf -v __wt_now '%(%s)T' -1
  if [[ $((__wt_now - __wt_refreshed)) -ge 5 || $__wt_now -lt $__wt_refreshed ]]; then
    __wt_refreshed=$__wt_now
    [[ -n ${WT_DISABLE-} || ${LC_WT-} == 0 || $__wt_bin == /* && ! -x $__wt_bin ]] || (__wt_refresh &)
  fi
}

# Called before each prompt. Keeps $?, but never fails under the user's `set -e`; `||` keeps that off inside, too.
__wt_prompt() {
  \builtin local __wt_status="$?"
  __wt_work || \builtin :
  [[ $- != *e* ]] || \return 0
  \return "$__wt_status"
}

# True when these variables may be set. (`local` on a readonly variable fails without a fork or any harm.)
__wt_writable() {
  # shellcheck disable=SC2034 # only whether it can be made counts
  \builtin local PROMPT_COMMAND WT_PROMPT WT_GREETED
} 2>/dev/null

# Appends to PROMPT_COMMAND: an element to an array, a line to a string. The text means nothing to a shell
# that inherits it exported but hasn't sourced this file.
__wt_install() {
  # shellcheck disable=SC2016 # expanded at each prompt
  \builtin local __wt_entry='${__wt_bin+"__wt_prompt"}' __wt_join=$'\n'
  case ${PROMPT_COMMAND[*]-} in *"$__wt_entry"*) \return 0 ;; esac
  # shellcheck disable=SC2128,SC2178,SC2179 # a string, or the element 0 of an array
  if [[ -z ${PROMPT_COMMAND[*]+x} ]]; then
    PROMPT_COMMAND=$__wt_entry
  elif [[ ${PROMPT_COMMAND[*]@a} == *a* && ! ${BASH_VERSION} == [45].0* && ${BASH_VERSION} != 4.* ]]; then
    PROMPT_COMMAND+=("$__wt_entry")
  else
    [[ ${PROMPT_COMMAND-} != *\\ ]] || __wt_join=$'\n\n'
    PROMPT_COMMAND=${PROMPT_COMMAND:+$PROMPT_COMMAND$__wt_join}$__wt_entry
  fi
}

if __wt_writable; then __wt_install; fi
\builtin unset -f __wt_writable __wt_install

# Completion is loaded by the first Tab after `wt`, from beside this file.
__wt_complete() {
  \builtin local __wt_file="${__wt_bin%/bin/wt}/share/wt/hooks/completion.bash"
  [[ -r $__wt_file ]] && \builtin . "$__wt_file" && __wt_complete "$@"
}
[[ $__wt_bin != /* ]] || \builtin complete -F __wt_complete wt 2>/dev/null || \builtin :
