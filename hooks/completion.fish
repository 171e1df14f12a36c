# watchtower's completion for fish 3.6 and later; the hook loads it, or fish itself where it lies among its completions.
# `wt complete WORD...` gives lines of a candidate, a tab and what it is; `:directories` means those of the shell, too.

function __wt_complete
    set -l typed (builtin commandline -ct)
    set -l words (builtin commandline -opc)
    set -l program wt
    set -q __wt_bin; and set program $__wt_bin
    # What is typed may have an open quote or a backslash at its end; a candidate is compared with what it means.
    set -l meant (string unescape -- $typed); or set meant $typed
    for line in (command $program complete $words[2..-1] "$meant" </dev/null 2>/dev/null)
        if test "$line" = :directories
            __fish_complete_directories "$typed" ''
        else
            builtin printf '%s\n' $line
        end
    end
end

builtin complete -c wt -k -f -a '(__wt_complete)'
