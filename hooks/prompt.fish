# What watchtower does in a fish: greets once per interactive SSH login, and keeps WT_PROMPT, the text of `wt --brief`,
# before each prompt. Builtins that a function can stand in for are called by `builtin`; fish reserves the other names.

# Under …/share/wt/hooks, or where npm puts a global package, the program is …/bin/wt; a hook sourced from elsewhere takes
# the one on PATH.
set -g __wt_bin wt
string match -qr '^(?s)(?<__wt_prefix>/.*)/(share/wt|lib/node_modules/watchtower)/hooks$' -- $__wt_folder
and set -g __wt_bin $__wt_prefix/bin/wt
set -g __wt_login 1
set -g __wt_late ''
# When the next refresh is due, by the clock of __wt_now.
set -g __wt_due 0
# Whose brief this shell shows: HOST:FOLDER, the end of its file's name, and how many sessions needed you in it.
set -g __wt_whose ''
set -g __wt_key ''
set -g __wt_needing ''
set -g __wt_host $hostname
test -r /proc/sys/kernel/hostname; and read -g __wt_host </proc/sys/kernel/hostname

# Sets __wt_clock to seconds that only grow: since the machine started, or, where that can't be read without a fork, of
# the calendar.
function __wt_now
    if test -r /proc/uptime
        read -l seconds rest </proc/uptime
        set -g __wt_clock $seconds
    else
        set -g __wt_clock (command date +%s)
    end
end

# False where not even a few processes can be had: a fish that can't fork ends itself.
function __wt_may_fork
    command -q sh; or return 1
    test "$EUID" != 0; and test -r /proc/self/limits; and test -r /proc/loadavg; or return 0
    set -l line
    set -l most
    set -l all
    while read line
        string match -qr '^Max processes +(?<most>[0-9]+)' -- $line; and break
    end </proc/self/limits
    read line </proc/loadavg
    string match -qr '/(?<all>[0-9]+)' -- $line
    # The whole machine has fewer tasks, nearly everywhere; else this user's are counted.
    test -n "$most"; and test -n "$all"; or return 0
    test $all -lt $most; and return 0
    set -l own
    for task in /proc/*/task/*
        test -O $task; and set -a own $task
    end
    test (builtin math (builtin count $own) + 8) -lt $most
end

# The greeting, at the first prompt of a login: config.fish is read to its end by then, whatever Ctrl-C does here.
function __wt_greet
    test -t 0; and test -t 1; or return
    __wt_guard_greeting
    test -z "$__wt_why"; or return

    set -l seconds 0.5
    string match -qr '^([0-9]+\.?[0-9]*|\.[0-9]+)$' -- "$WT_TIMEOUT"; and test (string length -- "$WT_TIMEOUT") -le 8
    and set seconds $WT_TIMEOUT
    set -l color --color=always
    if test -n "$NO_COLOR"; or test "$FORCE_COLOR" = 0
        set color
    end

    set -gx WT_GREETED failed
    __wt_may_fork; or return
    set -gx WT_GREETED interrupted
    set -l text ''
    __wt_now
    set -l began $__wt_clock
    COLUMNS=$COLUMNS command sh $__wt_folder/bounded.sh $seconds $__wt_bin --greet $color </dev/null 2>/dev/null \
        | read -z -n 16384 text
    set -l ended $pipestatus[1]
    set -gx WT_GREETED failed
    __wt_now
    if test $ended -eq 137; and test (builtin math $__wt_clock - $began) -ge (builtin math $seconds - 0.02)
        set -gx WT_GREETED timed-out
        set -g __wt_late $seconds
    end
    test $ended -eq 0; and __wt_printable "$text"; or return

    set -gx WT_GREETED nothing
    set -g __wt_due (builtin math $__wt_clock + 5)
    if test -n "$text"
        set -gx WT_GREETED 1
        builtin printf '%s\n' (string replace -r '\n$' '' -- $text | string collect)
    end
    if test "$WT_PICK" = 1; and not __wt_typed
        command $__wt_bin --pick
    end
end

# True when the text is whole lines of ordinary characters and colours, and not too long: fit for a terminal. (Bytes that
# are no UTF-8 are private characters to fish.)
function __wt_printable
    test (string length -- "$argv[1]") -lt 16384; or return 1
    not string replace -ra '\e\[[0-9;]*m' '' -- $argv[1] \
        | string match -qr '[\x00-\x1f\x7f-\x9f\x{f600}-\x{f6ff}]'
end

# True when something was typed ahead, which the picker must not swallow, or when that can't be told.
function __wt_typed
    if command -q bash
        command bash --norc --noprofile -c 'read -t 0'
    else if command -q zsh
        command zsh -f -c 'zmodload zsh/zselect && zselect -t 0 -r 0'
    end
end

# Lets wt write the brief anew and read what the next greeting will need, for at most five seconds. Nobody waits for it:
# it is the child of a shell that has ended, and has no descriptor of this one.
function __wt_refresh
    command sh -c 'exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; sh "$@" &' sh $__wt_folder/bounded.sh 5 $__wt_bin refresh \
        </dev/null >/dev/null 2>/dev/null
end

# Sets __wt_whose and __wt_key anew; the key as src/box/brief-file.ts makes it, byte for byte: a byte that needs an escape
# in a URL becomes one character.
function __wt_identify
    set -g __wt_whose $__wt_host:$argv[1]
    set -g __wt_key ''
    set -g __wt_needing ''
    string match -q '/*' -- $argv[1]; and not string match -qr '[\x00-\x1f\x7f]' -- $__wt_whose; or return
    set -g __wt_key (string escape --style=url -- $__wt_whose | string replace -ra '%[0-9A-F]{2}|[^A-Za-z0-9_.%]' -)
    set -g __wt_key (string sub -s -120 -- $__wt_key)
end

# Sets WT_PROMPT from the file that wt writes: a line that says whose it is, and nothing but a brief ever: `!1 *2 ~3`,
# or a part of it.
function __wt_read
    set -l file $HOME/.cache
    set -l config $HOME/.claude
    test -z "$CLAUDE_CONFIG_DIR"; or set config $CLAUDE_CONFIG_DIR
    if string match -qr '[^:]' -- "$WT_CONFIG_DIRS"
        # Several of them; which folder a relative one is depends on where the shell stands.
        set config "$HOME:$WT_CONFIG_DIRS"
        not string match -qr '(^|:)([^/~:]|~[^/:])' -- "$WT_CONFIG_DIRS"; or set config ''
    end
    test "$__wt_whose" = "$__wt_host:$config"; or __wt_identify $config
    test -n "$__wt_key"; or return
    if string match -q '/*' -- "$XDG_RUNTIME_DIR"; and test -d $XDG_RUNTIME_DIR; and test -O $XDG_RUNTIME_DIR
        set file $XDG_RUNTIME_DIR
    else if string match -q '/*' -- "$XDG_CACHE_HOME"
        set file $XDG_CACHE_HOME
    end
    set file $file/wt/brief-$__wt_key
    test -f $file; and not test -L $file; and test -O $file; and test -r $file; or return

    set -l all
    set -l rest
    set -l whose
    set -l text
    set -l needs
    set -l live
    set -l waiting
    # Reaching the end without a NUL is the only good outcome; a NUL ends what the first of them reads.
    begin
        read -z -n 8300 all; and not read -z -n 1 rest
    end <$file; or return
    string match -qr '^(?<whose>[^\n]*)\n(?<text>[^\n]{0,63})\n?\z' -- $all; and test "$whose" = $__wt_whose
    and string match -qr '^( !(?<needs>[0-9]+))?( \*(?<live>[0-9]+))?( ~(?<waiting>[0-9]+))?$' -- " $text"; or return

    set -l number 0
    test -z "$needs"; or set number $needs
    if string match -qr '^.{1,9}$' -- $number
        if test "$WT_BELL" = 1; and test -t 1; and test -n "$__wt_needing"; and test $number -gt $__wt_needing
            builtin printf '\a'
        end
        set -g __wt_needing $number
    end
    # fish itself works in UTF-8 whatever the locale is, so only its name tells what the terminal shows.
    set -l locale $LC_ALL
    test -n "$locale"; or set locale $LC_CTYPE
    test -n "$locale"; or set locale $LANG
    set -l marks '*' '~'
    if string match -qir 'utf-?8' -- "$locale"; and test "$TERM" != linux
        set marks ● ⧗
    end
    set -l parts
    test -z "$needs"; or set -a parts "!$needs"
    test -z "$live"; or set -a parts "$marks[1]$live"
    test -z "$waiting"; or set -a parts "$marks[2]$waiting"
    set -g WT_PROMPT "$parts"
end

# Before each prompt. The only processes are those of a refresh, every five seconds at most. fish keeps $status.
function __wt_prompt --on-event fish_prompt
    set -g WT_PROMPT ''
    if test -n "$__wt_login"
        set -g __wt_login ''
        __wt_offer_completion
        __wt_greet
    else if test -n "$__wt_late"
        builtin printf 'wt took longer than %s s: wt doctor\n' $__wt_late
        set -g __wt_late ''
    end
    __wt_guard_prompt
    test -z "$__wt_why"; or return 0
    __wt_read
    __wt_now
    if test $__wt_clock -ge $__wt_due
        set -g __wt_due (builtin math $__wt_clock + 5)
        test -x $__wt_bin -o $__wt_bin = wt; and __wt_may_fork; and __wt_refresh
    end
    return 0
end

# Completion, where there is none already: at the first prompt, for config.fish may bring one.
function __wt_offer_completion
    test -r $__wt_folder/completion.fish; and not string match -q 'complete *' -- (builtin complete -c wt); or return
    for folder in $fish_complete_path
        test -e $folder/wt.fish; and return
    end
    builtin source $__wt_folder/completion.fish
end
