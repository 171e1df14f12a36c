# shellcheck shell=bash
# What watchtower does in a bash: greets once per interactive SSH login, and keeps WT_PROMPT, the text of `wt --brief`,
# before each prompt. Every command word carries a backslash or `builtin`, so that aliases and functions of the user can't
# change it.

# Under …/share/wt/hooks, or where npm puts a global package, the program is …/bin/wt; a hook sourced from elsewhere takes
# the one on PATH.
# shellcheck disable=SC2154 # wt.bash sets it
case $__wt_folder in
  /*/share/wt/hooks) __wt_bin=${__wt_folder%/share/wt/hooks}/bin/wt ;;
  /*/lib/node_modules/watchtower/hooks) __wt_bin=${__wt_folder%/lib/node_modules/watchtower/hooks}/bin/wt ;;
  *) __wt_bin=wt ;;
esac
__wt_login=1 __wt_late='' __wt_refreshed=0
# What stands here while a fork is tried: where none can be had, bash gives up in the middle and is back at the prompt.
# Where it still stands, this shell forks no more.
__wt_trying=''
# Whose brief this shell shows: HOST:FOLDER, the end of its file's name, and how many sessions needed you in it.
__wt_whose='' __wt_key='' __wt_needing=''
{ IFS='' \builtin read -r -n 256 __wt_host </proc/sys/kernel/hostname; } 2>/dev/null || __wt_host=${HOSTNAME-}

# False where no fork can be had: bash would try for 15 seconds, and tell of it. What is told by /proc/self/limits, only
# `$(ulimit -u)` could tell elsewhere, with a fork.
__wt_may_fork() {
  \builtin local __wt_text='' __wt_most __wt_all='' __wt_task __wt_own=0
  [[ -z $__wt_trying ]] || \builtin return 1
  [[ $EUID -ne 0 && -r /proc/self/limits && -r /proc/loadavg ]] || \builtin return 0
  IFS='' \builtin read -r -d '' -n 4096 __wt_text </proc/self/limits
  __wt_text=${__wt_text##*Max processes}
  __wt_text=${__wt_text#"${__wt_text%%[0-9a-z]*}"}
  __wt_most=${__wt_text%%[!0-9]*}
  # The whole machine has fewer tasks, nearly everywhere; else this user's are counted.
  IFS=' /' \builtin read -r _ _ _ _ __wt_all _ </proc/loadavg
  [[ -n $__wt_most && $__wt_all -ge $__wt_most ]] || \builtin return 0
  for __wt_task in /proc/[0-9]*/task/[0-9]*; do
    [[ ! -O $__wt_task ]] || __wt_own=$((__wt_own + 1))
  done
  [[ $__wt_own -lt $__wt_most ]]
}

# Ends a process group, if this is the number of one.
__wt_end() {
  [[ $1 != [1-9]*([0-9]) || $1 == 1 ]] || \builtin kill -KILL -- "-$1"
} 2>/dev/null

# Runs wt with these arguments in a process group of its own: prints the number of that group and a line break, then
# what wt prints, then a NUL if it succeeded. For a subshell only. Ctrl-C and a hang-up end wt with whatever it started.
__wt_run() {
  __wt_job='' __wt_stop=''
  # shellcheck disable=SC2016 # expanded when the signal comes
  \builtin trap '__wt_stop=1; __wt_end "$__wt_job"' HUP INT TERM
  \builtin set -m +eu
  \builtin export COLUMNS
  # Where the shell stands may be gone, or somebody else's; a greeting needs neither.
  [[ $__wt_bin != /* ]] || \builtin cd / || \builtin :
  {
    \builtin printf '%s\n' "$BASHPID"
    \builtin exec "$__wt_bin" "$@" </dev/null
  } &
  __wt_job=$!
  [[ -z $__wt_stop ]] || __wt_end "$__wt_job"
  \builtin wait "$__wt_job" && \builtin printf '\0'
} 2>/dev/null

# True when the text is whole lines of ordinary characters and colours, and not too long: fit for a terminal.
__wt_printable() {
  \builtin local __wt_rest="$1"
  [[ ${#1} -lt 65536 ]] || \builtin return 1
  while [[ $__wt_rest == *$'\e'* ]]; do
    __wt_rest=${__wt_rest#*$'\e'}
    [[ $__wt_rest == \[*([0-9;])m* ]] || \builtin return 1
  done
  __wt_rest=${1//[$'\e\n']/}
  [[ $__wt_rest != *[[:cntrl:]]* ]]
}

# The greeting, at the first prompt of a login: the rc is read to its end by then, whatever Ctrl-C does here.
__wt_greet() {
  [[ -t 0 && -t 1 ]] || \builtin return 0
  __wt_guard_greeting
  [[ -z $__wt_why ]] || \builtin return 0

  \builtin local __wt_seconds="${WT_TIMEOUT-}" __wt_text='' __wt_status __wt_color='--color=always'
  if [[ $__wt_seconds != +([0-9])?(.*([0-9])) && $__wt_seconds != .+([0-9]) || ${#__wt_seconds} -gt 8 ]]; then
    __wt_seconds=0.5
  fi
  [[ -z ${NO_COLOR-} && ${FORCE_COLOR-} != 0 ]] || __wt_color=''

  # The NUL that ends a successful run is what `read` waits for; anything else is a failure or the end of patience.
  \builtin export WT_GREETED=failed
  __wt_may_fork || \builtin return 0
  __wt_trying=1
  {
    __wt_trying='' WT_GREETED=interrupted
    IFS='' \builtin read -r -d '' -n 65536 -t "$__wt_seconds" __wt_text
  } < <(__wt_run --greet ${__wt_color:+"$__wt_color"})
  __wt_status=$?
  WT_GREETED=failed
  [[ $__wt_status -le 128 ]] || WT_GREETED=timed-out __wt_late=$__wt_seconds
  # It still runs when time is up, and when it said too much.
  [[ $__wt_status -le 128 && ${#__wt_text} -lt 65536 ]] || __wt_end "${__wt_text%%$'\n'*}"
  if [[ $__wt_status -eq 0 ]] && __wt_printable "$__wt_text"; then
    __wt_text=${__wt_text#*$'\n'}
    WT_GREETED=nothing
    \builtin printf -v __wt_refreshed '%(%s)T' -1
    if [[ -n $__wt_text ]]; then
      WT_GREETED=1
      \builtin printf '%s\n' "${__wt_text%$'\n'}"
    fi
    if [[ ${WT_PICK-} == 1 ]] && ! \builtin read -r -t 0; then
      \command "$__wt_bin" --pick
    fi
  fi
}

# Lets wt write the brief anew and read what the next greeting will need, for at most five seconds and not beyond the
# shell's own end. For a subshell only.
__wt_refresh() {
  \builtin set +euf
  \builtin shopt -u failglob
  \builtin trap - EXIT ERR DEBUG
  # What `builtin exec` redirects is undone at its end.
  \command exec </dev/null >/dev/null
  \builtin local __wt_fd __wt_tick __wt_text='' __wt_chunk
  for __wt_fd in /dev/fd/*; do
    case ${__wt_fd##*/} in
      [012]) ;;
      *) \builtin eval "\\command exec ${__wt_fd##*/}>&-" ;;
    esac
  done
  \command exec 3< <(__wt_run refresh)
  for ((__wt_tick = 0; __wt_tick < 20; __wt_tick++)); do
    IFS='' \builtin read -r -d '' -n 4096 -t 0.25 __wt_chunk <&3
    [[ $? -gt 128 ]] || \builtin return 0
    __wt_text+=$__wt_chunk
    \builtin kill -0 "$$" || \builtin break
  done
  __wt_end "${__wt_text%%$'\n'*}"
} 2>/dev/null

# Sets __wt_whose and __wt_key anew; the key as src/box/brief-file.ts makes it, byte for byte.
__wt_identify() {
  \builtin local __wt_id="$__wt_host:$1"
  \builtin local LC_ALL=C 2>/dev/null
  __wt_whose=$__wt_id __wt_key='' __wt_needing=''
  [[ $1 == /* && $__wt_id != *[[:cntrl:]]* ]] || \builtin return 0
  if [[ ${#__wt_id} -gt 120 ]]; then __wt_id=${__wt_id:${#__wt_id}-120}; fi
  __wt_key=${__wt_id//[^A-Za-z0-9_.]/-}
}

# Sets WT_PROMPT from the file that wt writes: a line that says whose it is, and nothing but a brief ever: `!1 *2 ~3`,
# or a part of it.
__wt_read() {
  \builtin local __wt_file="${HOME-}/.cache" __wt_line='' __wt_text='' __wt_mark='●' __wt_number=0
  \builtin local __wt_config="${CLAUDE_CONFIG_DIR:-${HOME-}/.claude}"
  if [[ ${WT_CONFIG_DIRS-} == *[!:]* ]]; then
    # Several of them; which folder a relative one is depends on where the shell stands.
    __wt_config=${HOME-}:$WT_CONFIG_DIRS
    [[ :$WT_CONFIG_DIRS: != *:@([!/~:]|~[!/:])* ]] || __wt_config=''
  fi
  [[ $__wt_whose == "$__wt_host:$__wt_config" ]] || __wt_identify "$__wt_config"
  [[ -n $__wt_key ]] || \builtin return 0
  if [[ ${XDG_RUNTIME_DIR-} == /* && -d $XDG_RUNTIME_DIR && -O $XDG_RUNTIME_DIR ]]; then
    __wt_file=$XDG_RUNTIME_DIR
  elif [[ ${XDG_CACHE_HOME-} == /* ]]; then
    __wt_file=$XDG_CACHE_HOME
  fi
  __wt_file+=/wt/brief-$__wt_key
  [[ -f $__wt_file && ! -L $__wt_file && -O $__wt_file && -r $__wt_file ]] || \builtin return 0
  # Reaching the end without a NUL and within 64 characters is the only good outcome.
  {
    IFS='' \builtin read -r -n 8192 __wt_line && ! IFS='' \builtin read -r -d '' -n 64 __wt_text
  } 2>/dev/null <"$__wt_file" || \builtin return 0
  __wt_text=${__wt_text%$'\n'}
  [[ $__wt_line == "$__wt_whose" && " $__wt_text" == ?(' !'+([0-9]))?(' *'+([0-9]))?(' ~'+([0-9])) ]] \
    || \builtin return 0

  if [[ $__wt_text == !* ]]; then
    __wt_number=${__wt_text#!}
    __wt_number=${__wt_number%% *}
  fi
  if [[ ${#__wt_number} -le 9 ]]; then
    if [[ ${WT_BELL-} == 1 && -t 1 && -n $__wt_needing && $((10#$__wt_number)) -gt $__wt_needing ]]; then
      \builtin printf '\a'
    fi
    __wt_needing=$((10#$__wt_number))
  fi
  # The name of a locale doesn't tell whether it is there; a shell that counts one character does.
  if [[ ${#__wt_mark} -eq 1 && ${TERM-} != linux ]]; then
    __wt_text=${__wt_text/'*'/●}
    __wt_text=${__wt_text/'~'/⧗}
  fi
  WT_PROMPT=$__wt_text
}

__wt_work() {
  \builtin local __wt_now
  WT_PROMPT=''
  if [[ -n $__wt_login ]]; then
    __wt_login=''
    __wt_greet
    \builtin unset -f __wt_greet __wt_printable __wt_guard_greeting
  elif [[ -n $__wt_late ]]; then
    \builtin printf 'wt took longer than %s s: wt doctor\n' "$__wt_late"
    __wt_late=''
  fi
  __wt_guard_prompt
  [[ -z $__wt_why ]] || \builtin return 0
  __wt_read
  \builtin printf -v __wt_now '%(%s)T' -1
  if [[ $((__wt_now - __wt_refreshed)) -ge 5 || $__wt_now -lt $__wt_refreshed ]]; then
    __wt_refreshed=$__wt_now
    if [[ $__wt_bin != /* || -x $__wt_bin ]] && __wt_may_fork; then
      __wt_trying=1
      (__wt_refresh &)
      __wt_trying=''
    fi
  fi
}

# Called before each prompt, in the shell's own plain options. Keeps $?.
__wt_prompt() {
  { \builtin local __wt_status="$?" - && \builtin set +aefuxCET; } 2>/dev/null
  __wt_work
  \builtin return "$__wt_status"
}

# The same for bash-preexec, which keeps $? itself.
__wt_precmd() {
  __wt_prompt || \builtin :
}

# True when these variables may be set. (`local` on a readonly variable fails without a fork or any harm.)
__wt_writable() {
  # shellcheck disable=SC2034 # only whether it can be made counts
  \builtin local PROMPT_COMMAND WT_PROMPT WT_GREETED
} 2>/dev/null

# Joins bash-preexec where it is there, which takes what comes after its own entry for a command of the user's. Else
# appends to PROMPT_COMMAND: an element to an array, a line to a string. The text means nothing to a shell that inherits
# it exported but hasn't sourced this file, and `&& :` keeps a failed status from an ERR trap and from `set -e`.
__wt_install() {
  # shellcheck disable=SC2016 # expanded at each prompt
  \builtin local __wt_entry='${__wt_bin+"__wt_prompt"} && :' __wt_join=$'\n'
  if [[ -n ${bash_preexec_imported-}${__bp_imported-} ]]; then
    case " ${precmd_functions[*]-} " in *' __wt_precmd '*) ;; *) precmd_functions+=(__wt_precmd) ;; esac
    \builtin return 0
  fi
  case ${PROMPT_COMMAND[*]-} in *"$__wt_entry"*) \builtin return 0 ;; esac
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

# Completion is loaded by the first Tab after `wt`, from beside this file; not where there is one already.
__wt_complete() {
  [[ -r $__wt_folder/completion.bash ]] && \builtin . "$__wt_folder/completion.bash" && __wt_complete "$@"
}
__wt_offer_completion() {
  \builtin local __wt_there __wt_name
  [[ $__wt_bin == /* ]] && ! \builtin complete -p wt >/dev/null 2>&1 || \builtin return 0
  # What bash-completion would load at that Tab; a link to ours means no more than that it could.
  for __wt_there in "${BASH_COMPLETION_USER_DIR:-${XDG_DATA_HOME:-${HOME-}/.local/share}/bash-completion}" \
    /usr/local/share/bash-completion /usr/share/bash-completion; do
    for __wt_name in wt wt.bash _wt; do
      [[ ! -e $__wt_there/completions/$__wt_name || \
        $__wt_there/completions/$__wt_name -ef $__wt_folder/completion.bash ]] || \builtin return 0
    done
  done
  \builtin complete -F __wt_complete wt 2>/dev/null || \builtin :
}
__wt_offer_completion
\builtin unset -f __wt_offer_completion
