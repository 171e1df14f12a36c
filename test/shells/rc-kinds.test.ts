// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text is for shells
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Screen } from '../support/screen.ts';
import { lacks } from '../support/tools.ts';
import { count, loginEnv, type Shell, shellHome } from './home.ts';

/** A login with this rc: everything before the second prompt, and what a command line says after it. */
async function login(shell: Shell, before: string, after: string, ask: string, prompt = /READY>$/) {
  using home = shellHome();
  home.rc(shell, before, after);
  using screen = Screen.start(home, [shell, '-i'], { env: loginEnv(home) });
  const first = await screen.until(prompt);
  screen.line(`${ask}; echo ANSWERED`);
  const text = await screen.until(/^ANSWERED$/m);
  const lines = text.split('\n');
  screen.line('exit');
  await screen.end();
  return { first, answer: lines.slice(first.split('\n').length, lines.indexOf('ANSWERED')).join('\n').trim(), text };
}

/** Aliases that would ruin every command word they are in. */
const aliases =
  'alias local=false read=false printf=false export=false kill=false unset=false builtin=false command=false return=false emulate=false setopt=false print=false sysread=false exec=false zmodload=false typeset=false autoload=false trap=false wait=false shopt=false set=false eval=false\n';

/** A function in place of every builtin of a shell but these, which the test itself or any prompt needs. */
function overrides(shell: Shell, ...kept: string[]): string {
  const list = shell === 'bash' ? ['-c', 'compgen -b'] : ['-fc', 'print -l ${(k)builtins}'];
  const names = execFileSync(shell, list, { encoding: 'utf8' }).trim().split('\n');
  const mine = names.filter((name) => /^[a-z]/.test(name) && !kept.includes(name));
  expect(mine).toEqual(expect.arrayContaining(['return', 'exec', 'kill', 'read', 'export', 'set', 'eval', 'trap']));
  return mine.map((name) => `function ${name} { builtin echo BAD ${name}; }`).join('\n');
}

describe.skipIf(lacks('tmux', 'bash'))('rc files of bash', () => {
  it.each<[name: string, before: string, after: string]>([
    ['plain', '', ''],
    ['set -eu', 'set -eu', ''],
    ['set -e with an ERR trap', 'set -eE; trap "echo TRAPPED" ERR', ''],
    ['set -u after the hook', '', 'set -u'],
    ['aliases on builtins', '', aliases],
    ['aliases on builtins before the hook', aliases, ''],
    [
      'functions in place of builtins',
      '',
      'read() { echo BAD; }; printf() { echo BAD; }; kill() { echo BAD; }; local() { echo BAD; }',
    ],
    ['functions in place of all builtins', '', overrides('bash', 'builtin', 'command', 'echo', 'exit')],
    ['a strange IFS', "IFS='_t13'", ''],
    ['no globbing', 'set -f', ''],
    ['failglob and nullglob', 'shopt -s failglob nullglob nocasematch', ''],
    ['posix mode', 'set -o posix', ''],
    ['noclobber', 'set -C', ''],
    ['allexport', 'set -a', ''],
    ['no job control', 'set +m', ''],
    ['inherited local variables', 'shopt -s localvar_inherit', ''],
    ['notify', 'set -b', ''],
    ['read twice', '', '. ~/.local/share/wt/hooks/wt.bash'],
    ['PROMPT_COMMAND is a string', 'PROMPT_COMMAND="echo MINE"', ''],
    ['PROMPT_COMMAND ends in ; and a blank', 'PROMPT_COMMAND="echo MINE; "', ''],
    ['PROMPT_COMMAND ends in a comment', 'PROMPT_COMMAND="echo MINE # yes"', ''],
    ['PROMPT_COMMAND ends in a backslash', "PROMPT_COMMAND='echo MINE \\'", ''],
    ['PROMPT_COMMAND is an array', 'PROMPT_COMMAND=("echo MINE" "true")', ''],
    ['PROMPT_COMMAND is an empty array', 'PROMPT_COMMAND=()', ''],
    ['PROMPT_COMMAND has a hole', 'unset PROMPT_COMMAND; PROMPT_COMMAND[3]="echo MINE"', ''],
    ['PROMPT_COMMAND under set -u', 'set -u; PROMPT_COMMAND[3]="echo MINE"', ''],
    ['PROMPT_COMMAND grows afterwards', '', 'PROMPT_COMMAND="echo MINE; ${PROMPT_COMMAND}"'],
    ['PROMPT_COMMAND becomes an array afterwards', '', 'PROMPT_COMMAND=("${PROMPT_COMMAND[@]}" "echo MINE")'],
    ['PROMPT_COMMAND turns readonly afterwards', '', 'readonly PROMPT_COMMAND'],
  ])('greets with %s, and nothing else changes', async (_, before, after) => {
    const { first } = await login('bash', before, after, ':');
    const mine =
      before.includes('MINE') || after.includes('MINE')
        ? /^(MINE\n)?WT-GREETING 100\n(MINE\n)?READY>$/
        : /^WT-GREETING 100\nREADY>$/;
    expect(first).toMatch(mine);
    expect(count(first, 'MINE')).toBe(before.includes('MINE') || after.includes('MINE') ? 1 : 0);
  });

  it.each([
    ['PROMPT_COMMAND is readonly', 'readonly PROMPT_COMMAND="echo MINE"', 'MINE\nREADY>'],
    ['PROMPT_COMMAND is readonly and unset', 'readonly PROMPT_COMMAND', 'READY>'],
    ['WT_PROMPT is readonly', 'readonly WT_PROMPT=x', 'READY>'],
    ['restricted', 'true', 'READY>'],
  ])('is silent when %s', async (name, before, shown) => {
    using home = shellHome();
    home.rc('bash', before);
    using screen = Screen.start(home, name === 'restricted' ? ['bash', '-r', '-i'] : ['bash', '-i'], {
      env: loginEnv(home),
    });
    expect(await screen.until(/READY>$/)).toBe(shown);
    screen.line('exit');
    await screen.end();
  });

  it('keeps $?, PIPESTATUS, $_, BASH_REMATCH and $! for the next command', async () => {
    using home = shellHome();
    home.rc('bash', '', 'PROMPT_COMMAND="${PROMPT_COMMAND}"$\'\\n\'"AFTER=\\$?"');
    using screen = Screen.start(home, ['bash', '-i'], { env: loginEnv(home) });
    await screen.until(/READY>$/);
    screen.line('sleep 0 & wait; pid=$!; [[ abc =~ b ]]; (exit 3) | (exit 4)');
    await screen.until(/READY>$/);
    screen.line('echo "last=$AFTER match=$BASH_REMATCH same=$((pid == $!))"');
    await screen.until('last=4 match=b same=1');
    screen.line('false | (exit 5)');
    screen.line('echo "pipe=${PIPESTATUS[*]}"');
    await screen.until('pipe=1 5');
    screen.line('exit');
    await screen.end();
  });

  it('lets a shell under set -e live that has a failed status', async () => {
    using home = shellHome();
    home.rc('bash', 'set -e');
    using screen = Screen.start(home, ['bash', '-i'], { env: loginEnv(home) });
    await screen.until(/READY>$/);
    screen.line('false && true');
    screen.line('echo ALIVE');
    await screen.until(/^ALIVE$/m);
    screen.line('exit');
    await screen.end();
  });

  it.each([
    ['set -e', 'set -e'],
    ['set -eE', 'set -eE'],
    ['set -E', 'set -E'],
    ['set -eETu', 'set -eETu'],
    ['nothing else', ''],
  ])('sets off no ERR trap after a failed command, with %s', async (_, options) => {
    using home = shellHome();
    home.rc('bash', `trap 'echo "TRAPPED $BASH_COMMAND"' ERR`, options);
    using screen = Screen.start(home, ['bash', '-i'], { env: loginEnv(home) });
    expect(await screen.until(/READY>$/)).toBe('WT-GREETING 100\nREADY>');
    // (A failed command in a list fires no trap; what comes before the prompt would.)
    screen.line('(exit 3) && :');
    screen.line('echo "ALIVE $?"');
    expect(await screen.until(/^ALIVE 3\nREADY>$/m)).not.toMatch(/^TRAPPED/m);
    screen.line('exit');
    await screen.end();
  });

  it('keeps PIPESTATUS for what follows in an array, and $? in a string too', async () => {
    for (const [as, shown] of [
      ['PROMPT_COMMAND+=("AFTER=\\$?/\\${PIPESTATUS[*]}")', '5/1 0 5'],
      [`PROMPT_COMMAND+=$'\\n'"AFTER=\\$?"`, '5'],
    ]) {
      using home = shellHome();
      home.rc('bash', as?.startsWith('PROMPT_COMMAND+=(') ? 'PROMPT_COMMAND=(":")' : '', as);
      using screen = Screen.start(home, ['bash', '-i'], { env: loginEnv(home) });
      await screen.until(/READY>$/);
      screen.line('(exit 1) | : | (exit 5)');
      screen.line('echo "after=[$AFTER]"');
      await screen.until(`after=[${shown}]`);
      screen.line('exit');
      await screen.end();
    }
  });

  it('is first to know of a command under bash-preexec, and takes none of its commands', async () => {
    // What bash-preexec does: its own entry installs it at the first prompt, and the next simple command that isn't of
    // PROMPT_COMMAND is the one that the user typed.
    const preexec = `
bash_preexec_imported=defined
precmd_functions=() preexec_functions=()
__bp_interactive=
__bp_debug() {
  [[ -z \${COMP_LINE-} && -n $__bp_interactive ]] || return 0
  [[ $BASH_COMMAND != __bp_* ]] || return 0
  __bp_interactive=
  for f in "\${preexec_functions[@]}"; do "$f" "$BASH_COMMAND"; done
}
__bp_ret() { return \${1-}; }
__bp_precmd() { local status=$? f; for f in "\${precmd_functions[@]}"; do __bp_ret "$status"; "$f"; done; }
__bp_ready() { __bp_interactive=on; }
__bp_install() {
  trap __bp_debug DEBUG
  PROMPT_COMMAND=$'__bp_precmd\\n'"\${PROMPT_COMMAND/__bp_install/:}"$'\\n__bp_ready'
  __bp_precmd; __bp_ready
}
PROMPT_COMMAND=__bp_install
preexec_functions+=(note); note() { echo "PREEXEC $1"; }
`;
    for (const [before, after] of [
      [preexec, ''],
      ['', preexec.replace('PROMPT_COMMAND=__bp_install', () => "PROMPT_COMMAND+=$'\\n'__bp_install")],
    ]) {
      using home = shellHome();
      home.rc('bash', before, after);
      using screen = Screen.start(home, ['bash', '-i'], { env: loginEnv(home) });
      expect(await screen.until(/READY>$/)).toBe('WT-GREETING 100\nREADY>');
      screen.line('echo "prompt=[$WT_PROMPT]"');
      await screen.until(/^PREEXEC echo.*\nprompt=\[!1 ●2 ⧗3\]\nREADY>$/m);
      screen.line('exit');
      await screen.end();
    }
  });

  it.each<[name: string, before: string, file: string | null]>([
    ['a function', 'theirs() { COMPREPLY=(THEIRS); }; complete -F theirs wt', null],
    ['words', 'complete -W THEIRS wt', null],
    ['a file of bash-completion', '', '.local/share/bash-completion/completions/wt'],
    ['such a file by another name', 'unset XDG_DATA_HOME', '.local/share/bash-completion/completions/wt.bash'],
  ])('leaves a completion for wt alone that is there: %s', async (_, before, file) => {
    using home = shellHome();
    home.rc('bash', before);
    if (file !== null) {
      mkdirSync(dirname(join(home.home, file)), { recursive: true });
      writeFileSync(join(home.home, file), '');
    }
    using screen = Screen.start(home, ['bash', '-i'], { env: home.env });
    await screen.until(/READY>$/);
    screen.line('complete -p wt 2>&1 | grep -c __wt');
    await screen.until(/^0$/m);
    screen.line('exit');
    await screen.end();
  });

  it('leaves a shell without the hook alone that inherits PROMPT_COMMAND', async () => {
    const { answer } = await login(
      'bash',
      'export PROMPT_COMMAND=":"',
      '',
      'bash --norc -i <<<"declare -p PROMPT_COMMAND" >out 2>&1; grep -c "^declare -x.*__wt" out; grep -c "not found" out',
    );
    expect(answer).toBe('1\n0');
  });

  it('adds itself once, and leaves no one-time function behind', async () => {
    const { answer } = await login(
      'bash',
      '',
      '. ~/.local/share/wt/hooks/wt.bash',
      'declare -F | grep -c __wt_; declare -p PROMPT_COMMAND',
    );
    expect(answer).toBe('11\ndeclare -- PROMPT_COMMAND="\\${__wt_bin+\\"__wt_prompt\\"} && :"');
  });
});

/** What powerlevel10k's instant prompt does to a start: everything goes to a file until the line editor is near. */
const instantPrompt = `
print 'Last login'; print -rn -- 'INSTANT> '
exec {__p9k_fd_0}<&0 {__p9k_fd_1}>&1 {__p9k_fd_2}>&2 0</dev/null 1>$HOME/p9k-output
exec 2>&1
typeset -gi __p9k_instant_prompt_active=1
_p9k_first() {
  _p9k_last() {
    (( \${+__p9k_instant_prompt_active} )) || return 0
    exec 0<&$__p9k_fd_0 1>&$__p9k_fd_1 2>&$__p9k_fd_2 {__p9k_fd_0}>&- {__p9k_fd_1}>&- {__p9k_fd_2}>&-
    unset __p9k_fd_0 __p9k_fd_1 __p9k_fd_2 __p9k_instant_prompt_active
    print -rn -- $'\\r'"\${terminfo[ed]}"
    [[ ! -s $HOME/p9k-output ]] || { print 'WARNING: console output'; command cat $HOME/p9k-output; }
  }
  zmodload zsh/sched
  sched +0 _p9k_last
  precmd_functions=(\${(@)precmd_functions:#_p9k_first})
}
precmd_functions=(_p9k_first $precmd_functions)
zmodload zsh/terminfo
`;

describe.each(['bash', 'zsh'] as Shell[])('set -x in %s', (shell) => {
  it.skipIf(lacks('tmux', shell))('shows no more of the hook than its entry', async () => {
    for (const when of ['before', 'after']) {
      using home = shellHome();
      const traced = 'PS4="TRACE "; set -x';
      home.rc(shell, when === 'before' ? 'TRACED=; ' : '', when === 'after' ? traced : '');
      using screen = Screen.start(home, [shell, '-i'], { env: loginEnv(home) });
      await screen.until(/READY>$/);
      screen.press('Enter');
      const text = await screen.until(/READY>[\s\S]*READY>$/);
      expect(text.split('\n').filter((line) => /__wt|local|builtin/.test(line)).length).toBeLessThanOrEqual(2);
      screen.line('[[ -o xtrace ]] && echo STILL');
      if (when === 'after') await screen.until(/^STILL$/m);
      screen.line('exit');
      await screen.end();
    }
  });
});

describe.each(['bash', 'zsh'] as Shell[])('names in %s', (shell) => {
  it.skipIf(lacks('tmux', shell))('that the hook leaves behind begin with __wt or WT_', async () => {
    using home = shellHome();
    // (zsh's own modules bring functions and parameters along.)
    const names =
      shell === 'bash' ? '{ compgen -v; compgen -A function; }' : '{ print -l ${(k)parameters} ${(k)functions}; }';
    const modules = shell === 'bash' ? '' : 'zmodload zsh/parameter zsh/system zsh/datetime\n';
    home.rc(shell, `${modules}${names} | sort >~/before`);
    using screen = Screen.start(home, [shell, '-i'], { env: loginEnv(home) });
    await screen.until(/READY>$/);
    screen.line(
      `${names} | sort >~/after; comm -13 ~/before ~/after | grep -v "^__wt_\\|^WT_" | sed s/^/NEW=/; echo ASKED`,
    );
    const text = await screen.until(/^ASKED$/m);
    expect(
      [...text.matchAll(/^NEW=(\w+)$/gm)].map(([, name]) => name).filter((name) => !ownNames.includes(name!)),
    ).toEqual([]);
    screen.line('exit');
    await screen.end();
  });
});

/** What a shell sets by itself between its rc file and a command line. */
const ownNames = [
  'COLUMNS',
  'LINES',
  'PROMPT_COMMAND',
  'BASH_REMATCH',
  'PIPESTATUS',
  'HISTCMD',
  'HISTSIZE',
  'HISTFILESIZE',
  'OLDPWD',
  '_',
  'PS1',
  'precmd_functions',
  'status',
  'PROMPT',
  'BUFFER',
  'BASH_ARGV0',
  'FUNCNAME',
];

describe.skipIf(lacks('tmux', 'zsh'))('rc files of zsh', () => {
  it.each<[name: string, before: string, after: string]>([
    ['plain', '', ''],
    ['set -eu', 'set -eu', ''],
    ['set -u after the hook', '', 'set -u'],
    ['err_return', 'setopt err_return', ''],
    ['ksh_arrays', 'setopt ksh_arrays', ''],
    ['the options of ksh', 'emulate ksh; unsetopt prompt_bang', ''],
    ['the options of sh', 'emulate sh', ''],
    ['aliases on builtins', '', aliases],
    ['aliases on builtins before the hook', aliases, ''],
    ['global aliases', "alias -g fd='| wc' local='| wc' text='| wc' no_aliases='| wc' typeset='| wc'", ''],
    ['functions in place of builtins', '', 'print() { echo BAD; }; sysread() { echo BAD; }; kill() { echo BAD; }'],
    ['functions in place of all builtins', '', overrides('zsh', 'builtin', 'echo', 'exit', 'emulate', 'printf')],
    ['a strange IFS', "IFS='_t13'", ''],
    ['no job control', 'setopt no_monitor', ''],
    ['no bare globs', 'setopt no_bare_glob_qual no_glob', ''],
    ['noclobber and warnings', 'setopt no_clobber warn_create_global warn_nested_var', ''],
    ['allexport', 'setopt all_export', ''],
    ['notify and checks', 'setopt notify check_jobs hup long_list_jobs', ''],
    ['prompt_subst and prompt_bang', 'setopt prompt_subst prompt_bang', ''],
    ['csh habits', 'setopt csh_junkie_quotes csh_junkie_loops rc_quotes ignore_braces', ''],
    ['read twice', '', '. ~/.local/share/wt/hooks/wt.zsh'],
    ['a precmd function', 'precmd() { print MINE }', ''],
    ['precmd_functions with an own one', 'mine() { print MINE }; precmd_functions=(mine)', ''],
    ['precmd_functions grow afterwards', 'mine() { print MINE }', 'precmd_functions+=(mine)'],
  ])('greets with %s, and nothing else changes', async (_, before, after) => {
    const { first } = await login('zsh', before, after, ':');
    expect(first).toMatch(/^(MINE\n)?WT-GREETING 100\n(MINE\n)?READY>$/);
    expect(count(first, 'MINE')).toBe(before.includes('MINE') ? 1 : 0);
  });

  it.each([
    ['precmd_functions is readonly', 'readonly -a precmd_functions'],
    ['WT_PROMPT is readonly', 'readonly WT_PROMPT=x'],
  ])('is silent when %s', async (_, before) => {
    const { first } = await login('zsh', before, '', ':');
    expect(first).toBe('READY>');
  });

  it("greets above the prompt under powerlevel10k's instant prompt, without its warning and without the picker", async () => {
    // (A terminal keeps what is cleared in its first line, so something stands above.)
    const { first, answer } = await login(
      'zsh',
      `setopt prompt_subst\n${instantPrompt}`,
      "PROMPT='$WT_PROMPT READY> '; WT_PICK=1",
      'echo greeted=$WT_GREETED widgets=${(k)widgets[(r)*__wt*]}',
      // The line editor draws the prompt once before it starts, and that is when wt may write.
      /3 READY>$/,
    );
    expect(first).toBe('Last login\nWT-GREETING 100\n!1 ●2 ⧗3 READY>');
    expect(answer).toBe('greeted=1 widgets=');
  });

  it('keeps $?, pipestatus, MATCH, reply and $! for the next command', async () => {
    using home = shellHome();
    home.rc('zsh');
    using screen = Screen.start(home, ['zsh', '-i'], { env: loginEnv(home) });
    await screen.until(/READY>$/);
    screen.line('sleep 0 & wait; pid=$!; [[ abc =~ b ]]; reply=(x); (exit 3) | (exit 4)');
    await screen.until(/READY>$/);
    screen.line('echo "last=$?/${pipestatus[*]} match=$MATCH reply=$reply same=$(( $! == pid ))"');
    await screen.until('last=4/3 4 match=b reply=x same=1');
    screen.line('exit');
    await screen.end();
  });

  it('leaves the options and aliases as they were', async () => {
    using home = shellHome();
    writeFileSync(
      join(home.home, '.zshrc'),
      `unsetopt prompt_sp\nsetopt ksh_arrays sh_glob\nalias ll=ls\n(setopt; alias) >~/before\n${home.source('zsh')}(setopt; alias) >~/after\nPROMPT='READY> '\n`,
    );
    using screen = Screen.start(home, ['zsh', '-i'], { env: loginEnv(home) });
    await screen.until(/READY>$/);
    screen.line('cmp ~/before ~/after && [[ -o aliases && -o ksh_arrays && -o sh_glob ]] && echo SAME');
    await screen.until(/^SAME$/m);
    screen.line('exit');
    await screen.end();
  });
});

describe.skipIf(lacks('tmux', 'fish'))('rc files of fish', () => {
  // fish calls its own builtins by functions of the user, too: only what the hook calls is told.
  const names = 'math count printf complete functions commandline contains echo cd random path pwd';
  const told = "string match -q '*__wt_*' -- (status stack-trace); and builtin echo BAD";
  const replaced = `for name in ${names}; function $name -V name; ${told}; builtin $name $argv; end; end`;
  it.each<[name: string, before: string, after: string]>([
    ['plain', '', ''],
    ['functions in place of builtins', '', replaced],
    ['aliases on programs', 'alias sh=false date=false', 'alias sh false; alias date false; alias timeout false'],
    ['a strange IFS', "set -g IFS '_t13.'", ''],
    ['an empty IFS', '', "set -g IFS ''"],
    ['an exported IFS', '', "set -gx IFS '_t13.'"],
    ['job control for all', 'status job-control full', ''],
    ['no job control', 'status job-control none', ''],
    ['keys of vi', '', 'fish_vi_key_bindings; function fish_mode_prompt; end'],
    ['a handler of the prompt', 'function mine --on-event fish_prompt; echo MINE; end', ''],
    ['a handler of the prompt afterwards', '', 'function mine --on-event fish_prompt; echo MINE; end'],
    ['read twice', '', 'source ~/.local/share/wt/hooks/wt.fish'],
  ])('greets with %s, and nothing else changes', async (_, before, after) => {
    const { first, answer } = await login('fish', before, after, 'echo "prompt=[$WT_PROMPT] greeted=[$WT_GREETED]"');
    const own = /MINE/.test(before + after);
    expect(first).toMatch(own ? /^(MINE\n)?WT-GREETING 100\n(MINE\n)?READY>$/ : /^WT-GREETING 100\nREADY>$/);
    expect(count(first, 'MINE')).toBe(own ? 1 : 0);
    expect(answer).toBe('prompt=[!1 ●2 ⧗3] greeted=[1]');
  });
});
