# shellcheck shell=sh
# Whether wt may work in a shell: asked by both hooks, and by `wt doctor` and install.sh, which say why not.
# sh, bash and zsh all read this. Each function sets __wt_why to its reasons, empty where there is none, and they are
# made of keywords alone, so that no alias or function of the user's has a part in them. Whether the shell is
# interactive and on a terminal, only the hooks can ask.

# Why the hooks do nothing in a shell of this kind and version.
__wt_guard_shell() {
  __wt_why=''
  case ${ZSH_VERSION-} in
    [0-4].* | 5.[0-5] | 5.[0-5][.-]*) __wt_why="this is zsh $ZSH_VERSION; wt's hook needs zsh 5.6 or later" ;;
    ?*) ;;
    *)
      case ${BASH_VERSION-} in
        '') __wt_why='this is neither bash nor zsh' ;;
        [0-3].* | 4.[0-3].*) __wt_why="this is bash $BASH_VERSION; wt's hook needs bash 4.4 or later" ;;
        4.* | 5.0.*)
          # shellcheck disable=SC3028 # bash's own
          case :${SHELLOPTS-}: in
            *:posix:*) __wt_why="this is bash $BASH_VERSION in POSIX mode; wt's hook needs bash 5.1 or later there" ;;
          esac
          ;;
      esac
      ;;
  esac
}

# Why there is no prompt work in this environment.
__wt_guard_prompt() {
  __wt_why="${WT_DISABLE:+, WT_DISABLE is set}"
  case ${LC_WT-} in 0) __wt_why="$__wt_why, LC_WT=0 was sent by the ssh client" ;; esac
  case ${TERM:-dumb} in dumb) __wt_why="$__wt_why, TERM is unset or dumb" ;; esac
  # The server of a multiplexer hands on what it was started with; whoever sits at one of its terminals is a person.
  # An editor that runs in one hands on TMUX, but says what its own terminals are.
  case ${ZELLIJ:+zellij}:${TMUX-}${STY-}:${TERM-} in
    zellij:* | :?*:screen* | :?*:tmux*) ;;
    *)
      case ${INSIDE_EMACS-}${INTELLIJ_ENVIRONMENT_READER-}:${TERMINAL_EMULATOR-} in
        ?*:* | *:JetBrains*) __wt_why="$__wt_why, this is the terminal of an editor" ;;
      esac
      case ${TMUX:+tmux}:${TERM_PROGRAM-}:${VSCODE_INJECTION-}${VSCODE_IPC_HOOK_CLI-}${VSCODE_RESOLVING_ENVIRONMENT-} in
        tmux:tmux:*) ;;
        *:vscode:* | *:*:?*)
          __wt_why="$__wt_why, this is the terminal of VS Code${CLAUDECODE:+, Claude Code started this shell}"
          ;;
        *) __wt_why="$__wt_why${CLAUDECODE:+, Claude Code started this shell (CLAUDECODE is set)}" ;;
      esac
      ;;
  esac
  __wt_why=${__wt_why#, }
}

# Why a login in this environment isn't greeted. WT_GREETED tells what came of it when one was.
__wt_guard_greeting() {
  __wt_guard_prompt
  __wt_why=${__wt_why:+, $__wt_why}
  case ${SSH_CONNECTION-} in '') __wt_why="$__wt_why, this is no SSH login (SSH_CONNECTION is not set)" ;; esac
  case ${TMUX-}${STY-}${ZELLIJ-} in ?*) __wt_why="$__wt_why, this is inside of tmux, screen or zellij" ;; esac
  # shellcheck disable=SC2088 # for people
  if [ -e "${HOME-}/.hushlogin" ]; then __wt_why="$__wt_why, ~/.hushlogin asks for silence"; fi
  case ${WT_TIMEOUT-} in
    *[!0.]* | *.*.*) ;;
    *0*) __wt_why="$__wt_why, WT_TIMEOUT leaves it no time" ;;
  esac
  case ${WT_GREETED-} in
    '') ;;
    1) __wt_why="$__wt_why, it has greeted in this login already" ;;
    nothing) __wt_why="$__wt_why, wt had nothing to say at this login" ;;
    timed-out) __wt_why="$__wt_why, wt took too long at this login" ;;
    failed) __wt_why="$__wt_why, wt failed at this login" ;;
    *) __wt_why="$__wt_why, the greeting of this login was interrupted" ;;
  esac
  __wt_why=${__wt_why#, }
}
