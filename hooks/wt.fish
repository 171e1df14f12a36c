# watchtower's hook for fish 3.6 and later, sourced by conf.d/watchtower.fish. It decides whether wt has anything to do in
# this shell; what it does stands in prompt.fish, which is read at the first prompt. For conf.d is read by every fish, a
# script's too, and before config.fish: what that sets is known only then, and a `fish -c` never comes to a prompt.

if status is-interactive
    set -g __wt_folder (status dirname | string collect)
    if test -r $__wt_folder/guard.fish
        source $__wt_folder/guard.fish
        __wt_guard_shell
        test -n "$__wt_why"; or __wt_guard_prompt
    else
        set -g __wt_why 'there is no guard.fish'
    end
    if test -z "$__wt_why"
        function __wt_first_prompt --on-event fish_prompt
            functions -e __wt_first_prompt
            __wt_guard_prompt
            if test -z "$__wt_why"; and test -r $__wt_folder/prompt.fish
                source $__wt_folder/prompt.fish
                __wt_prompt
            else
                functions -e __wt_guard_prompt __wt_guard_greeting
                set -e __wt_why
                set -e __wt_folder
            end
        end
    else
        functions -e __wt_guard_prompt __wt_guard_greeting
        set -e __wt_why
        set -e __wt_folder
    end
    functions -e __wt_guard_shell
end
