// What the help and the man page say besides what the commands say of themselves.

/** What wt is, in a line. */
export const introduction = 'wt - the agent sessions on this box: which are live, which wait for you';

/** What may stand for a session, best first. */
export const sessionWords = [
  'A <session> is the number of a row as last printed on this terminal, or else in this login; an id, or 4 or more ' +
    'characters of what is shown of it or of its beginning; or words from its title, directory, branch or prompts. A command is never a word: ' +
    'for a title that begins with one, wt -- status. account:work beside any of these means that account; BOX:<session> is one of another box that wt hosts knows.',
];

/** What every command takes. */
export const anyFlags: readonly [flag: string, about: string][] = [
  ['--color=WHEN', 'always, never or auto'],
  ['--help', 'behind any command: all about it'],
];

/** The variables that wt minds, each said once. */
export const variables: readonly [name: string, about: string][] = [
  ['WT_DISABLE', 'not empty: no greeting, no prompt work'],
  ['LC_WT', '0, sent by the ssh client: the same'],
  ['WT_PICK', '1: open the picker after the greeting'],
  ['WT_TIMEOUT', 'the most seconds that a login waits for the greeting (0.5)'],
  ['WT_GREET_ROWS', 'rows of the greeting (8)'],
  ['WT_WAITING', 'how long a session left mid-conversation waits for you (1d)'],
  ['WT_BELL', '1: ring at a prompt when more sessions need you than before'],
  ['WT_PROMPT', 'set by the hook: the text of --brief, for your prompt'],
  ['WT_GREETED', 'set by the hook: what came of the greeting of this login'],
  ['WT_CLAUDE', 'another program than claude to start'],
  ['WT_CLAUDE_ARGS', 'arguments for every start of it; WT_CODEX, WT_CODEX_ARGS for Codex'],
  ['WT_HOSTS', 'boxes for wt hosts, in place of ~/.config/wt/hosts'],
  ['WT_HOSTS_TIMEOUT', 'seconds that each of them has to answer (4)'],
  ['WT_HOSTS_GREET', '1: the greeting ends with what they said last'],
  ['WT_AGENTS', 'claude,codex: only these agents'],
  ['WT_CONFIG_DIRS', '~/.claude:~/.claude-work: several Claude homes in one list'],
  ['CLAUDE_CONFIG_DIR', "Claude Code's folder (~/.claude)"],
  ['CODEX_HOME', "Codex's folder (~/.codex)"],
  ['NO_COLOR', 'no colours; FORCE_COLOR for the contrary; COLUMNS: cells in a line'],
  ['WT_TRACE', '1: say on standard error what takes how long'],
];
