import type { Session } from '../core/session.ts';
import { age, clean, escapeInvisible } from '../core/text.ts';
import { UserError } from '../errors.ts';
import { type Answer, sessionJson } from '../hosts/answer.ts';
import { askHost, endAsking } from '../hosts/ask.ts';
import { type Host, type Hosts, namedHosts, readHosts } from '../hosts/file.ts';
import { type Kept, readKept, remembered, saveKept } from '../hosts/kept.ts';
import { rememberHostRows } from '../hosts/printed.ts';
import { askedVariable } from '../hosts/remote.ts';
import { type HostRow, renderHosts } from '../hosts/view.ts';
import { needProgram } from '../machine/launch.ts';
import { LiveLines } from '../screen/live-lines.ts';
import { lookOf } from '../screen/look.ts';
import { printError, write } from '../screen/output.ts';
import type { World } from '../world.ts';
import type { Command } from './command.ts';

/** So many rows has the list of one box. */
const usualRows = 20;

/** `wt hosts`: the boxes that the user has named, each with what came of asking it, and its live sessions. */
export async function hosts(world: World, command: { names: string[]; json: boolean }): Promise<number> {
  const named = hostsFor(world);
  for (const fault of named.faults) printError(`wt: ${clean(fault)}: passed over\n`);
  if (named.hosts.length === 0)
    throw new UserError(
      `no boxes are named: write an ssh destination a line into ${clean(named.from)}, or set WT_HOSTS`,
    );
  const wanted = namedHosts(named, command.names);
  const isAsked = command.names.length > 0;
  if (command.json) {
    const rows = await askAll(world, named, wanted, isAsked, () => {});
    write(jsonOf(rows, wanted));
    return statusOf(rows);
  }
  return showHosts(world, named, wanted, isAsked, liveOf);
}

/** `wt BOX:`: the sessions of one box. */
export function listHost(world: World, host: Host): Promise<number> {
  return showHosts(world, hostsFor(world), [host], true, ({ sessions }) =>
    sessions.filter(({ headless, state }) => !headless || state === 'live').slice(0, usualRows),
  );
}

/** The boxes. Throws UserError where another box has asked this one: they could name each other. */
function hostsFor(world: World): Hosts {
  if (world.env[askedVariable])
    throw new UserError(`${askedVariable} is set: another box asks this one, which lists no further ones`);
  return readHosts(world);
}

function liveOf({ sessions }: Answer): Session[] {
  return sessions.filter(({ state }) => state === 'live');
}

/** Asks boxes and shows them: on a terminal at once with what is remembered, and anew with each that has answered. */
async function showHosts(
  world: World,
  all: Hosts,
  wanted: Host[],
  isAsked: boolean,
  shown: (answer: Answer) => Session[],
): Promise<number> {
  const look = await lookOf(world);
  const linesOf = (rows: HostRow[]) => renderHosts(rows, { ...look, now: Date.now() }, shown);
  const isLive = world.screen.terminal && world.env.TERM !== 'dumb';
  const screen = isLive ? new LiveLines(process.stdout.rows || 24) : null;
  const remember = (rows: HostRow[]) => {
    const printed = rows.flatMap(({ label, answer }): [string, string[]][] =>
      answer === null ? [] : [[label, shown(answer).map(({ key }) => key)]],
    );
    rememberHostRows(world, new Map(printed));
  };
  const rows = await askAll(world, all, wanted, isAsked, (known) => {
    screen?.draw(linesOf(known));
    if (screen !== null) remember(known);
  });
  if (screen === null)
    write(
      linesOf(rows)
        .map((line) => `${line}\n`)
        .join(''),
    );
  else screen.finish(linesOf(rows));
  remember(rows);
  return statusOf(rows);
}

/**
 * Asks boxes, all at once, and remembers what came of it; `onNews` is told of all of them at the start and after each. One
 * that refused the key is asked again only where it was named (`isAsked`): each try counts against the user there.
 */
async function askAll(
  world: World,
  all: Hosts,
  wanted: Host[],
  isAsked: boolean,
  onNews: (rows: HostRow[]) => void,
): Promise<HostRow[]> {
  const ssh = needProgram('ssh', world.env, 'install it (openssh-client)');
  const kept = readKept(world);
  const rows = wanted.map((host): HostRow => {
    const known = kept.get(host.destination);
    const [{ label }, answer] = [host, known?.answer ?? null];
    if (known?.state !== 'key-refused' || isAsked) return { label, state: 'asking', why: '', answer };
    const since = age(world.now - known.askedAt);
    return {
      label,
      state: known.state,
      why: `it refused the key ${since} ago, to try again: wt hosts ${label}`,
      answer,
    };
  });
  const news = new Map<string, Kept>();
  const stop = endWithSignals();
  try {
    onNews([...rows]);
    const asking = wanted.map(async (host, place) => {
      if (rows[place]!.state !== 'asking') return;
      const one = remembered(kept.get(host.destination), await askHost(world, ssh, host), Date.now());
      news.set(host.destination, one);
      rows[place] = { label: host.label, state: one.state, why: one.why, answer: one.answer };
      onNews([...rows]);
    });
    await Promise.all(asking);
  } finally {
    stop();
    endAsking();
    saveKept(world, all.hosts, news);
  }
  return rows;
}

/** Whoever ends wt ends what it has started: those are in process groups of their own. Gives what undoes this. */
function endWithSignals(): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
  const listeners = signals.map((signal) => {
    const listener = () => {
      stop();
      endAsking();
      process.kill(process.pid, signal);
    };
    process.on(signal, listener);
    return [signal, listener] as const;
  });
  const stop = () => {
    for (const [signal, listener] of listeners) process.removeListener(signal, listener);
  };
  return stop;
}

/** 0 where every box has answered, else 1. */
function statusOf(rows: HostRow[]): number {
  return rows.every(({ state }) => state === 'answered') ? 0 : 1;
}

function jsonOf(rows: HostRow[], hosts: Host[]): string {
  const boxes = rows.map(({ label, state, why, answer }, place) => ({
    box: label,
    destination: hosts[place]!.destination,
    state,
    reason: why === '' ? null : why,
    answeredAt: answer === null ? null : new Date(answer.at).toISOString(),
    counts: answer?.counts ?? null,
    sessions: answer?.sessions.map(sessionJson) ?? null,
  }));
  const report = { schema: 1, generatedAt: new Date().toISOString(), boxes };
  return `${escapeInvisible(JSON.stringify(report))}\n`;
}

export const hostsCommand: Command = {
  name: 'hosts',
  summary: 'your other boxes over ssh, and their live sessions',
  usage: '[BOX...] [--json]',
  details: [
    'Boxes are named in ~/.config/wt/hosts ($XDG_CONFIG_HOME): an ssh destination a line, and a label behind it where it is ' +
      'to be called otherwise; or in WT_HOSTS, with blanks between them. Users, keys, ports and jumps are a matter of ' +
      'ssh_config.',
    'All are asked at once, each for 4 s at the most (8 where a connection that was kept hangs), without questions: wt ' +
      'must be installed there. On a terminal the last answers are shown at once, with their age. A box that refused the ' +
      'key is asked again where it is named.',
    'wt BOX: lists the sessions of one box, wt BOX:3 goes to its row 3, wt BOX:WORDS to the one that fits; so do resume, ' +
      'fork, attach, take and show.',
    'Exit status 1 when a box has not answered.',
  ],
  flags: { '--json': { summary: 'as data; "answeredAt" says how old an answer is' } },
  takes: 'boxes',
  run: (world, { words, flags }) => hosts(world, { names: words, json: flags.has('--json') }),
};
