# watchtower's hook for zsh 5.6 and later, sourced by the marked block in .zshrc. It decides whether wt has anything to do
# in this shell; what it does stands in prompt.zsh. Any shell may come by here, and some read a file to its end before they
# do any of it: so this one is in syntax that all of them know, and they go on as if it were empty.

# (r: restricted, or there for one command.)
case ${ZSH_EVAL_CONTEXT:+$-}${ZSH_EXECUTION_STRING:+r} in
  *r*) ;;
  *i*)
    # Sets __wt_folder to where this file lies, and __wt_why to why this shell is to be left alone. (The prompt escape %x
    # would show a line break in the path as \n.)
    __wt_ask() {
      'builtin' 'emulate' '-L' 'zsh'
      'builtin' 'setopt' 'no_aliases' 'no_err_exit' 'no_err_return'
      'builtin' 'typeset' '-g' __wt_why='there is no guard.sh' __wt_folder="${funcsourcetrace[1]%/*}"
      if [ -r "$__wt_folder/guard.sh" ]; then
        'builtin' 'source' "$__wt_folder/guard.sh"
        __wt_guard_shell
        case $__wt_why in '') __wt_guard_prompt ;; esac
      fi
    }
    __wt_ask
    case $__wt_why in
      '') 'builtin' 'source' "$__wt_folder/prompt.zsh" ;;
      *)
        'builtin' 'unfunction' '-m' '__wt_*'
        'builtin' 'unset' '-m' '__wt_*'
        ;;
    esac
    ;;
esac
