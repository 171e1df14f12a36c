// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text is for shells
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
    expect(answer).toBe('10\ndeclare -- PROMPT_COMMAND="\\${__wt_bin+\\"__wt_prompt\\"} && :"');
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
