# Whether wt may work in a fish: guard.sh in fish's own words, for fish reads no sh and its first prompt waits for no other
# shell. Asked by the hook, and by `wt doctor` and install.sh, which say why not. A test holds both to the same answers.
# Each function sets __wt_why to its reasons, empty where there is none. (Old versions must be able to read this file.)

# Why the hook does nothing in a fish of this version.
function __wt_guard_shell
    set -g __wt_why ''
    set -q argv[1]; or set argv $version
    string match -qr '^(3\.([6-9]|[1-9][0-9])|[4-9]\.|[1-9][0-9]+\.)' -- $argv[1]
    or set -g __wt_why "this is fish $argv[1]; wt's hook needs fish 3.6 or later"
end

# Why there is no prompt work in this environment.
function __wt_guard_prompt
    set -l why
    test -z "$WT_DISABLE"; or set why $why 'WT_DISABLE is set'
    test "$LC_WT" != 0; or set why $why 'LC_WT=0 was sent by the ssh client'
    if test -z "$TERM"; or test "$TERM" = dumb
        set why $why 'TERM is unset or dumb'
    end
    # The server of a multiplexer hands on what it was started with; whoever sits at one of its terminals is a person.
    # An editor that runs in one hands on TMUX, but says what its own terminals are.
    set -l pane no
    if test -n "$ZELLIJ"
        set pane yes
    else if test -n "$TMUX$STY"; and string match -qr '^(screen|tmux)' -- "$TERM"
        set pane yes
    end
    if test $pane = no
        if test -n "$INSIDE_EMACS$INTELLIJ_ENVIRONMENT_READER"; or string match -q 'JetBrains*' -- "$TERMINAL_EMULATOR"
            set why $why 'this is the terminal of an editor'
        end
        if test -n "$TMUX"; and test "$TERM_PROGRAM" = tmux
            # In tmux, whatever TERM is.
        else if test "$TERM_PROGRAM" = vscode
            or test -n "$VSCODE_INJECTION$VSCODE_IPC_HOOK_CLI$VSCODE_RESOLVING_ENVIRONMENT"
            set why $why 'this is the terminal of VS Code'
            test -z "$CLAUDECODE"; or set why $why 'Claude Code started this shell'
        else if test -n "$CLAUDECODE"
            set why $why 'Claude Code started this shell (CLAUDECODE is set)'
        end
    end
    set -g __wt_why ''
    set -q why[1]; and set -g __wt_why (string join ', ' -- $why)
end

# Why a login in this environment isn't greeted. WT_GREETED tells what came of it when one was.
function __wt_guard_greeting
    __wt_guard_prompt
    set -l why
    test -z "$__wt_why"; or set why $__wt_why
    test -n "$SSH_CONNECTION"; or set why $why 'this is no SSH login (SSH_CONNECTION is not set)'
    test -z "$TMUX$STY$ZELLIJ"; or set why $why 'this is inside of tmux, screen or zellij'
    if test -e "$HOME/.hushlogin"
        set why $why '~/.hushlogin asks for silence'
    end
    if string match -qr '^(0+\.?0*|\.0+)$' -- "$WT_TIMEOUT"
        set why $why 'WT_TIMEOUT leaves it no time'
    end
    switch "$WT_GREETED"
        case ''
        case 1
            set why $why 'it has greeted in this login already'
        case nothing
            set why $why 'wt had nothing to say at this login'
        case timed-out
            set why $why 'wt took too long at this login'
        case failed
            set why $why 'wt failed at this login'
        case '*'
            set why $why 'the greeting of this login was interrupted'
    end
    set -g __wt_why ''
    set -q why[1]; and set -g __wt_why (string join ', ' -- $why)
end
