import { noteGreeting } from '../box/greeted.ts';
import { rememberRows } from '../box/printed-rows.ts';
import { type Box, withBox } from '../box/scan.ts';
import type { ExecPlan } from '../core/plan.ts';
import type { Session } from '../core/session.ts';
import { cut } from '../core/text.ts';
import { UserError } from '../errors.ts';
import { launch } from '../machine/launch.ts';
import { type Client, clientsOf, serverOf, tmuxFor } from '../machine/popup.ts';
import { connectionOf, variableOf } from '../machine/terminals.ts';
import { ask } from '../screen/ask.ts';
import { lookOf } from '../screen/look.ts';
import { readWorld } from '../screen/read-world.ts';
import { Terminal } from '../screen/terminal.ts';
import { type Look, signs } from '../view/look.ts';
import type { World } from '../world.ts';
import type { Command } from './command.ts';
import { go } from './go.ts';
import { greeting } from './greet.ts';
import { againstGreeting } from './hooks.ts';
import { ownProgram } from './installation.ts';
import { renderNumbered } from './print-rows.ts';

// A login that goes straight into tmux never comes to a prompt that could greet. The lines of `wt init tmux` have tmux
// tell wt of each client that comes to a session; wt looks whether that came over ssh and was not greeted yet, and has
// something to say to it in a popup.

/** A client with fewer cells gets no popup. */
const fewestColumns = 50;
const fewestRows = 14;
/** A popup is no wider, in cells. */
const mostColumns = 120;
/** A popup that comes later than this, in seconds, would come in the middle of somebody's typing. */
const patience = 2;

/** What the guard asks for in the environment of a login. */
const guarded = [
  ...['TERM', 'TMUX', 'STY', 'ZELLIJ', 'SSH_CONNECTION', 'LC_WT', 'WT_DISABLE', 'WT_GREETED', 'WT_TIMEOUT'],
  ...['INSIDE_EMACS', 'INTELLIJ_ENVIRONMENT_READER', 'TERMINAL_EMULATOR', 'CLAUDECODE', 'TERM_PROGRAM'],
  ...['VSCODE_INJECTION', 'VSCODE_IPC_HOOK_CLI', 'VSCODE_RESOLVING_ENVIRONMENT'],
];
/** What says where the sessions are and how they are shown: a tmux server may have been started with something else. */
const handedOn = [
  ...['LC_ALL', 'LC_CTYPE', 'LANG', 'NO_COLOR', 'CLAUDE_CONFIG_DIR', 'CODEX_HOME'],
  ...['WT_GREET_ROWS', 'WT_WAITING', 'WT_AGENTS', 'WT_CONFIG_DIRS'],
];

/** `wt tmux-greet CLIENT`, run by tmux: opens the popup on a client that is to be greeted. */
async function greetClient(world: World, name: string): Promise<number> {
  const server = serverOf(world.env);
  const client = server && clientsOf(server, null, world.env).find((one) => one.name === name);
  if (!client || client.isControl || client.isReadOnly) return 0;
  if (client.columns < fewestColumns || client.rows < fewestRows) return 0;
  const login = variablesOf(client, guarded);
  const connection = connectionOf(client.pid);
  if (connection === null || againstGreeting(world, login) !== '' || !noteGreeting(world, connection)) return 0;
  const settings = variablesOf(client, handedOn);
  const itsWorld = readWorld({ ...world.env, ...settings }, 'never');
  const columns = Math.min(client.columns - 2, mostColumns);
  const lines = await withBox({ ...itsWorld, isHurried: true }, async (box) =>
    greetingLines(itsWorld, box, { ...(await lookOf(itsWorld)), columns: columns - 2 }),
  );
  if (lines.length === 0 || performance.now() > 1000 * Math.max(patience, Number(login.WT_TIMEOUT) || 0)) return 0;
  // Lines, a border, and below them the keys.
  const rows = Math.min(client.rows - 2, lines.length + 4);
  return launch(world, popup(tmuxFor(server, world.env), server.socket, client, { columns, rows }, settings));
}

function popup(
  tmux: string,
  socket: string,
  { name }: Client,
  { columns, rows }: { columns: number; rows: number },
  settings: Record<string, string>,
): ExecPlan {
  const pairs = Object.entries({ ...settings, WT_POPUP: name }).map(([variable, value]) => `${variable}=${value}`);
  const size = ['-w', String(columns), '-h', String(rows)];
  const wt = process.versions.bun === undefined ? [process.execPath, ownProgram()] : [ownProgram()];
  const program = ['env', ...pairs, ...wt, 'tmux-greeting'];
  return {
    do: 'exec',
    argv: [tmux, '-S', socket, 'display-popup', '-c', name, '-E', ...size, '--', ...program],
    cwd: null,
  };
}

/** Variables of the environment that a client was started with; none where it can't be seen. */
function variablesOf({ pid }: Client, names: string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = variableOf(pid, name);
      return value === null ? [] : [[name, value]];
    }),
  );
}

async function greetingLines(world: World, box: Box, look: Look): Promise<string[]> {
  const { rows, around } = await greeting(world, box);
  return around === null ? [] : renderNumbered(rows, around, look);
}

/** `wt tmux-greeting`, in the popup: shows the greeting until a key is pressed; the digit of a row goes there. */
async function showGreeting(world: World): Promise<number> {
  const { rows, around, look } = await withBox({ ...world, isHurried: true }, async (box) => ({
    ...(await greeting(world, box)),
    look: await lookOf(world),
  }));
  if (around === null) return 0;
  rememberRows(
    world,
    rows.map(({ key }) => key),
    [],
    'below',
  );
  const session = await keyPressed(world, rows, (columns, lines) => {
    const shown = renderNumbered(rows, around, { ...look, columns: columns - 1 });
    const hint = cut(`  ${keysFor(rows)}`, columns, signs(look.utf8).ellipsis);
    return [...shown.slice(0, lines - 1), ...(shown.length < lines - 1 ? [''] : []), look.paint.dim(hint)];
  });
  if (session === null) return 0;
  try {
    return await go(world, { ref: [session.key], tmux: false, force: false, dryRun: false });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    ask(`wt: ${error.message}\n[Enter] leave: `);
    return error.status;
  }
}

function keysFor(rows: Session[]): string {
  const last = Math.min(rows.length, 9);
  if (last === 0) return 'any key leaves';
  return `${last === 1 ? '1 goes' : `1-${last} go`} there   any other key leaves`;
}

/** Shows lines until a key is pressed; gives the session of the row whose digit it was. */
async function keyPressed(
  { env }: World,
  rows: Session[],
  render: (columns: number, lines: number) => string[],
): Promise<Session | null> {
  const draw = () => {
    const { columns, rows: lines } = terminal?.size() ?? { columns: 80, rows: 24 };
    terminal?.draw(render(columns, lines), columns);
  };
  const terminal = Terminal.open(env, () => {
    terminal?.forget();
    draw();
  });
  if (terminal?.take() !== 'taken') return null;
  try {
    draw();
    const input = await terminal.nextInput();
    return input.is === 'key' && /^[1-9]$/.test(input.key) ? (rows[Number(input.key) - 1] ?? null) : null;
  } finally {
    await terminal.release();
  }
}

export const tmuxGreetCommand: Command = {
  name: 'tmux-greet',
  summary: 'opens the greeting before a tmux client that came over ssh',
  usage: 'CLIENT',
  flags: {},
  takes: 'text',
  internal: true,
  run: (world, { words }) => greetClient(world, words[0] ?? ''),
};

export const tmuxGreetingCommand: Command = {
  name: 'tmux-greeting',
  summary: 'the greeting, in a tmux popup',
  usage: '',
  flags: {},
  takes: 'nothing',
  internal: true,
  run: showGreeting,
};
