# shellcheck shell=bash
# watchtower's hook for bash 4.4 and later, sourced by the marked block in ~/.bashrc. It decides whether wt has anything to
# do in this shell; what it does stands in prompt.bash. Any shell may come by here, and some read a file to its end before
# they do any of it: so this one is in syntax that all of them know, and they go on as if it were empty.

# (r: restricted, which shows here only after the rc, or there for one command.)
case ${BASH_VERSINFO:+$-}${BASH_EXECUTION_STRING:+r} in
  *r*) ;;
  *i*)
    # shellcheck disable=SC2128 # the first of them
    __wt_folder=${BASH_SOURCE%/*} __wt_why=''
    if [ -r "$__wt_folder/guard.sh" ] && ! \builtin shopt -q restricted_shell; then
      # shellcheck source=hooks/guard.sh
      \builtin . "$__wt_folder/guard.sh"
      __wt_guard_shell
      case $__wt_why in '') __wt_guard_prompt ;; esac
      \builtin unset -f __wt_guard_shell
      # shellcheck source=hooks/prompt.bash
      case $__wt_why in
        '') \builtin . "$__wt_folder/prompt.bash" ;;
        *)
          \builtin unset -f __wt_guard_prompt __wt_guard_greeting
          \builtin unset -v __wt_why __wt_folder
          ;;
      esac
    fi
    ;;
esac
