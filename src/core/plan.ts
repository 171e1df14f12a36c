/** What wt is about to do, as data: one place carries it out, another prints it. */
export type Plan = ExecPlan | RunPlan | MovePlan | TakePlan;

/** Variables of an environment: what each is to be, or, where it is null, that it is not to be there. */
export type Environment = Readonly<Record<string, string | null>>;

/** wt becomes this program: `argv[0]` is looked up on PATH, `cwd` (null: where wt is) is entered first. */
export interface ExecPlan {
  do: 'exec';
  argv: [string, ...string[]];
  cwd: string | null;
  /** How its environment differs from wt's own. */
  environment?: Environment;
}

/** A program does something that it is soon done with, and wt goes on. */
export interface RunPlan extends Pick<ExecPlan, 'argv' | 'environment'> {
  do: 'run';
}

/** Processes are ended, each by a signal and only if it is that very one; then wt becomes a program. */
export interface TakePlan {
  do: 'take';
  /** By pid and start time, in clock ticks since boot. */
  processes: { pid: number; startTime: string }[];
  /** How long they may take to end, in seconds. */
  patience: number;
  then: ExecPlan;
}

/** Files and folders change their place, in this order. */
export interface MovePlan {
  do: 'move';
  moves: Move[];
}

export interface Move {
  from: string;
  to: string;
  /** It counts as changed now. */
  renew?: boolean;
}

/**
 * The plan to run a program in tmux: in a window of its own named `window`, where `session` is null (in the session
 * `target`, by tmux's id, where that is not plain), else in a new session of that name. Its first word is an absolute path, for the PATH of a tmux server is not ours, nor is its
 * environment: `settings` are handed to the program. tmux runs several arguments as they are, one alone by a shell, so
 * `env` stands before a bare program. The directory is entered first instead of being given to tmux, which would expand
 * `#(…)` in it (tmux 2.1 to 3.5 takes the client's directory where no `-c` is given).
 */
export function inTmux(
  argv: string[],
  cwd: string | null,
  names: { window: string; session: string | null; target?: string | undefined },
  settings: Environment,
): ExecPlan {
  const program = ['env', ...settingsOf(settings), ...argv].map(notASeparator);
  const inWindow = names.target === undefined ? ['new-window'] : ['new-window', '-t', `${names.target}:`];
  const where = names.session === null ? inWindow : ['new-session', '-s', tmuxName(names.session)];
  return { do: 'exec', argv: ['tmux', ...where, '-n', tmuxName(names.window), '--', ...program], cwd };
}

/** An environment as arguments of env(1). */
function settingsOf(environment: Environment): string[] {
  const all = Object.entries(environment);
  const unset = all.flatMap(([name, value]) => (value === null ? ['-u', name] : []));
  return [...unset, ...all.flatMap(([name, value]) => (value === null ? [] : [`${name}=${value}`]))];
}

/** Clean text as the name of a tmux window or session: no format, no option, no separator; 40 characters at most. */
export function tmuxName(title: string): string {
  const short = Array.from(title).slice(0, 40).join('').trim();
  return notASeparator((short === '' ? 'wt' : short).replaceAll('#', '##'));
}

/** A name for a tmux session that none of `taken` has; `:` and `.` can't be in one (tmux makes `_` of them). */
export function tmuxSession(project: string, taken: string[]): string {
  const name = Array.from(project.replace(/[:.]/g, '_')).slice(0, 30).join('').trim() || 'wt';
  let free = name;
  for (let n = 2; taken.includes(free); n++) free = `${name}-${n}`;
  return free;
}

/** tmux takes an argument that ends in `;` for the end of a command, unless it ends in `\;` (tmux(1), COMMANDS). */
function notASeparator(argument: string): string {
  return argument.endsWith(';') ? `${argument.slice(0, -1)}\\;` : argument;
}

/** A pane of a tmux server, and the session and window it is in, by tmux's own ids (`%3`, `$1`, `@2`). */
export interface Pane {
  /** The path of the server's socket. */
  socket: string;
  session: string;
  window: string;
  pane: string;
}

/**
 * The plan to go to a tmux pane: switch there where wt is in a client of the same server, else attach. From inside of
 * another server the attached one is nested. `client` is the one to be switched, where that is not plain.
 */
export function goToPane(
  { socket, session, window, pane }: Pane,
  inside: 'same' | 'other' | 'none',
  client: string | null = null,
): ExecPlan {
  const switching = client === null ? ['switch-client'] : ['switch-client', '-c', client];
  const arrive = inside === 'same' ? switching : ['attach-session'];
  const tmux = ['tmux', '-S', socket];
  const select = ['select-window', '-t', `${session}:${window}`, ';', 'select-pane', '-t', pane, ';'];
  const unnested = inside === 'other' ? ['env', '-u', 'TMUX', '-u', 'TMUX_PANE'] : [];
  const argv = [...unnested, ...tmux, ...select, ...arrive, '-t', session];
  return { do: 'exec', argv: argv as [string, ...string[]], cwd: null };
}

/**
 * A plan as one shell line that can be pasted (sh with `$'…'`: bash, zsh, ksh, and POSIX since 2024); without `utf8` in
 * ASCII alone.
 */
export function shellLine(plan: Plan, utf8 = true): string {
  const quoted = (word: string) => quote(word, utf8 ? unprintable : outsideAscii);
  if (plan.do === 'move') return plan.moves.map((move) => moveLine(move, quoted)).join(' && ');
  if (plan.do === 'run') return commandLine(plan, quoted, '');
  if (plan.do === 'take') return `${endLine(plan)} && ${execLine(plan.then, quoted)}`;
  return execLine(plan, quoted);
}

function execLine(plan: ExecPlan, quoted: (word: string) => string): string {
  const enter = plan.cwd === null ? '' : `cd -- ${quoted(plan.cwd)} && `;
  return `${enter}${commandLine(plan, quoted, 'exec ')}`;
}

/** Settings, and words behind `how`. */
function commandLine(
  { argv, environment }: Pick<ExecPlan, 'argv' | 'environment'>,
  quoted: (word: string) => string,
  how: string,
): string {
  const all = Object.entries(environment ?? {});
  const settings = all.flatMap(([name, value]) => (value === null ? [] : [`${name}=${quoted(value)} `]));
  const unset = all.flatMap(([name, value]) => (value === null ? [`-u ${name} `] : [])).join('');
  return `${settings.join('')}${how}${unset === '' ? '' : `env ${unset}`}${argv.map((word) => (plainWord.test(word) ? word : quoted(word))).join(' ')}`;
}

/** Only that very process is sent a signal: the start time is field 22 of its stat, the 20th behind the name. */
function endLine({ processes, patience }: TakePlan): string {
  const isStill = processes.map(
    ({ pid, startTime }) => `[ "$(sed 's/.*) //' /proc/${pid}/stat | cut -d ' ' -f 20)" = ${startTime} ]`,
  );
  const pids = processes.map(({ pid }) => pid);
  const waits = pids.map((pid) => `timeout ${patience} tail --pid=${pid} -f /dev/null`);
  return [...isStill, `kill ${pids.join(' ')}`, ...waits].join(' && ');
}

function moveLine({ from, to, renew }: Move, quoted: (word: string) => string): string {
  const folder = to.slice(0, to.lastIndexOf('/'));
  return `${renew ? `touch -- ${quoted(from)} && ` : ''}mkdir -p -- ${quoted(folder)} && mv -- ${quoted(from)} ${quoted(to)}`;
}

/** Programs, verbs and options; whatever comes from a session is quoted. */
const plainWord = /^(?:--|-{0,2}[A-Za-z]+(?:[-_][A-Za-z]+)*)$/;

/** What would act on the terminal or fool the eye: control characters, C1, bidi controls, zero-width ones. */
const unprintable =
  /[\0-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/u;

const outsideAscii = /[^ -~]/u;

/** One word for a shell: in single quotes, or as `$'…'` with escapes where it holds what is to be `escaped`. */
export function quote(word: string, escaped = unprintable): string {
  if (!escaped.test(word)) return `'${word.replaceAll("'", `'\\''`)}'`;
  const chars = Array.from(word.toWellFormed(), (char) => {
    if (char === '\\' || char === "'") return `\\${char}`;
    if (!escaped.test(char)) return char;
    return named[char] ?? Array.from(new TextEncoder().encode(char), octal).join('');
  });
  return `$'${chars.join('')}'`;
}

const named: Record<string, string> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\x1b': '\\e' };

function octal(byte: number): string {
  return `\\${byte.toString(8).padStart(3, '0')}`;
}
