import { statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { buildName } from '#runtime';
import type { Agent } from '../agents/agent.ts';
import { agentNames, agentsOf, namedAccounts, namedAgents, unknownAgents } from '../agents/table.ts';
import { indexFiles } from '../box/fact-index.ts';
import { type Box, type Source, scanBox, withBox } from '../box/scan.ts';
import { allSessions, urgentSessions } from '../box/sessions.ts';
import { type Check, note, ok, type Section, type Verdict, verdictOf, wrong } from '../core/checks.ts';
import { count, isListed } from '../core/order.ts';
import { age, clean, escapeInvisible } from '../core/text.ts';
import { readHosts } from '../hosts/file.ts';
import { readKept } from '../hosts/kept.ts';
import { findProgram, isProgram } from '../machine/launch.ts';
import { realPath } from '../machine/real-path.ts';
import { paintOf } from '../screen/colour.ts';
import { print, write } from '../screen/output.ts';
import { saidPath } from '../search/store.ts';
import { version } from '../version.ts';
import type { World } from '../world.ts';
import type { Command } from './command.ts';
import { checkHere, checkHook } from './hooks.ts';
import { installedBy, ownProgram } from './installation.ts';
import { checkTmuxLogin } from './tmux-login.ts';

/** What its agent deletes within so many milliseconds is spoken of. */
const soon = 3 * 86_400_000;
/** So many of the newest transcripts are looked through for what wt has never heard of. */
const newestLookedAt = 50;

/** What a greeting does, in milliseconds. */
interface Stage {
  milliseconds: number;
  what: string;
}

/**
 * `wt doctor`: whether the next ssh login will greet and why not, what is installed, what could not be read, how long it
 * takes. 1 when something is wrong.
 */
export async function doctor(world: World, command: { json: boolean }): Promise<number> {
  const { box, stages, greeting } = await timed(world);
  const hook = checkHook(world, version);
  const tmux = checkTmuxLogin(world);
  const expiring = await countExpiring(world);
  const sections: Section[] = [
    {
      name: 'greeting',
      checks: [...hook.checks, ...tmux.checks, checkHere(world), checkTime(world, stages), greeting],
    },
    { name: 'installation', checks: [...installation(world), ...agentChoice(world), ...accountChoice(world)] },
    ...box.sources.map((source) => ({
      name: nameOf(source.agent),
      checks: agentChecks(world, box, source, expiring.get(source.agent.configDir) ?? 0),
    })),
    { name: 'index', checks: index(world) },
    ...otherBoxes(world),
  ];
  const verdict = verdictOf([...hook.against, ...tmux.against], sections);
  if (command.json) write(jsonOf(verdict, sections, stages));
  else await printReport(world, verdict, sections, stages);
  return verdict.well ? 0 : 1;
}

async function printReport(world: World, verdict: Verdict, sections: Section[], stages: Stage[]): Promise<void> {
  const { green, red, dim, bold } = await paintOf(world);
  const marks = world.screen.utf8 ? { ok: '✓', wrong: '✗', note: '·' } : { ok: '+', wrong: 'x', note: '-' };
  const painters = { ok: green, wrong: red, note: dim };
  const lines = [(verdict.well ? green : red)(clean(verdict.text))];
  for (const { name, checks } of sections) {
    lines.push('', bold(name));
    for (const { level, text } of checks) lines.push(`  ${painters[level](marks[level])} ${clean(text)}`);
  }
  lines.push('', bold('time'));
  for (const { milliseconds, what } of stages) lines.push(`  ${milliseconds.toFixed(1).padStart(7)} ms  ${what}`);
  print(`${lines.join('\n')}\n`);
}

function jsonOf({ well, willGreet, text }: Verdict, sections: Section[], stages: Stage[]): string {
  const cleaned = sections.map(({ name, checks }) => ({
    name,
    checks: checks.map((check) => ({ level: check.level, text: clean(check.text) })),
  }));
  const report = { schema: 1, version, well, willGreet, verdict: clean(text), sections: cleaned, time: stages };
  return `${escapeInvisible(JSON.stringify(report))}\n`;
}

function installation(world: World): Check[] {
  const origin = installedBy();
  const tmux = findProgram('tmux', world.env);
  return [
    ok(`wt ${version} (${buildName}): ${ownProgram()}`),
    origin === 'nothing'
      ? note('not installed: it runs from where it was built or unpacked')
      : ok(`installed by ${origin}; it goes by: wt uninstall`),
    ...onPath(world),
    tmux === null ? note('tmux: not on PATH; -t and going to its panes need it') : ok(`tmux: ${tmux}`),
  ];
}

function nameOf({ name, account }: Agent): string {
  return account === undefined ? name : `${name} ${account}`;
}

/** What `WT_CONFIG_DIRS` comes to; nothing where it is not set. */
function accountChoice(world: World): Check[] {
  const named = namedAccounts(world);
  if (named === null) return [];
  const { accounts, twice, missing, isElsewhere } = named;
  return [
    ...(accounts.length === 0
      ? []
      : [ok(`WT_CONFIG_DIRS: ${accounts.map(({ tag, configDir }) => `${tag} is ${configDir}`).join(', ')}`)]),
    ...twice.map((folder) => note(`WT_CONFIG_DIRS names it twice: ${folder} is another name of one of these`)),
    ...missing.map((folder) => wrong(`WT_CONFIG_DIRS names ${folder}, which is not there`)),
    ...(isElsewhere
      ? [note(`CLAUDE_CONFIG_DIR is none of WT_CONFIG_DIRS: its sessions are not listed, and wt new begins there`)]
      : []),
  ];
}

/** What `WT_AGENTS` comes to; nothing where it is not set. */
function agentChoice({ env }: World): Check[] {
  if (!env.WT_AGENTS) return [];
  const [named, unknown] = [namedAgents(env), unknownAgents(env)];
  const listed = named.length > 0 ? `only sessions of ${named.join(', ')} are listed` : 'all are listed';
  if (unknown.length > 0)
    return [wrong(`WT_AGENTS names ${unknown.join(', ')}, but there are ${agentNames.join(', ')}: ${listed}`)];
  return [named.length > 0 ? ok(`WT_AGENTS: ${listed}`) : wrong(`WT_AGENTS names nobody: ${listed}`)];
}

/** The boxes that the user has named, and what came of asking them last; none is asked. Nothing where there is none. */
function otherBoxes(world: World): Section[] {
  const { hosts, faults, from } = readHosts(world);
  if (hosts.length === 0 && faults.length === 0) return [];
  const kept = readKept(world);
  const checks = hosts.map(({ label, destination }): Check => {
    const last = kept.get(destination);
    if (last === undefined) return note(`${label}: not asked yet`);
    return note(`${label}: ${last.why || 'answered'}, ${age(world.now - last.askedAt)} ago`);
  });
  const count = ok(`${hosts.length} ${hosts.length === 1 ? 'box' : 'boxes'}: ${from}`);
  return [{ name: 'boxes', checks: [count, ...faults.map(wrong), ...checks] }];
}

/** Every `wt` on PATH that is another program than this one. */
function onPath(world: World): Check[] {
  const folders = (world.env.PATH ?? '').split(':').filter(isAbsolute);
  const found = [...new Set(folders.map((folder) => join(folder, 'wt')))].filter(isProgram);
  const own = realPath(ownProgram());
  const at = found.findIndex((path) => realPath(path) === own);
  const others = found.filter((path) => realPath(path) !== own);
  const checks = others.map((path) => {
    const isBefore = at < 0 || found.indexOf(path) < at;
    return isBefore
      ? wrong(`another wt on PATH is the one that is started by its name: ${path}`)
      : note(`another wt on PATH: ${path}`);
  });
  if (at >= 0) return [ok(`on PATH: ${found[at]}`), ...checks];
  return others.length > 0 ? checks : [note('not on PATH here; the hook finds it all the same')];
}

function agentChecks(world: World, box: Box, source: Source, expiring: number): Check[] {
  const { agent, registry, transcripts } = source;
  const files = transcripts.all();
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const newest = files.sort((a, b) => b.modifiedAt - a.modifiedAt).slice(0, newestLookedAt);
  const unfamiliar = [...new Set([...registry.unfamiliar, ...(agent.unfamiliar?.(newest) ?? [])])];
  return [
    programCheck(world, source, box.sources.length === 1),
    ok(`folder: ${agent.configDir}`),
    ok(`transcripts: ${files.length}, ${(bytes / 1e6).toFixed(1)} MB`),
    registry.present
      ? ok(`registry: ${registry.processes.length} processes that are not proven dead`)
      : note('registry: none (old versions keep none): what was modified within the hour is unknown'),
    ...(registry.blind ? [wrong("registry: a running process has a record that can't be read")] : []),
    ...unreadOf(box, source).map((path) => wrong(`can't be read: ${path}`)),
    ...agent.limits.map(note),
    ...(agent.said === undefined ? [note('what was said to it is not found by wt find')] : []),
    expiring > 0
      ? note(
          `${expiring} ${expiring === 1 ? 'session' : 'sessions'} will be deleted within 3 days` +
            (agent.archiving.by === 'none' ? ', and wt archives none of it' : ': wt archive --expiring'),
        )
      : agent.keepsFor === undefined
        ? ok('it deletes nothing by itself')
        : ok('nothing will be deleted within 3 days'),
    ...(unfamiliar.length > 0 ? [note(`not known to this wt: ${unfamiliar.join(', ')}`)] : []),
  ];
}

/** What could not be read of an agent's; the first one's are all those too that lie in no agent's folder. */
function unreadOf(box: Box, source: Source): string[] {
  const isIn = (path: string, { agent }: Source) => path.startsWith(`${agent.configDir}/`);
  const isFirst = source === box.sources[0];
  return [...box.skipped].filter(
    (path) => isIn(path, source) || (isFirst && !box.sources.some((other) => isIn(path, other))),
  );
}

/** How many sessions will be deleted soon, by their agent's folder. All are asked, so what is learned is kept. */
function countExpiring(world: World): Promise<Map<string, number>> {
  return withBox(
    world,
    (box) => {
      const counts = new Map<string, number>();
      for (const session of allSessions(box, 'tail')) {
        const { configDir, deletesAt } = session;
        if (!isListed(session) || deletesAt === null || deletesAt - world.now > soon) continue;
        counts.set(configDir, (counts.get(configDir) ?? 0) + 1);
      }
      return counts;
    },
    'all',
  );
}

/** Where an agent's program was found: on PATH, or where its installer puts it. */
function programCheck({ env }: World, { agent, transcripts }: Source, isOnly: boolean): Check {
  const path = findProgram(agent.program, env);
  if (path !== null) return ok(`${agent.program}: ${path}`);
  const elsewhere = agent.otherPlaces.find(isProgram);
  if (elsewhere !== undefined) return note(`${agent.program}: not on PATH, but here, and used: ${elsewhere}`);
  return (isOnly || transcripts.count > 0 ? wrong : note)(`${agent.program} is not on PATH: ${agent.ifMissing}`);
}

function index(world: World): Check[] {
  return agentsOf(world)
    .flatMap((agent) => [...indexFiles(world, agent), { name: 'said', path: saidPath(world, agent) }])
    .map(({ name, path }) => {
      try {
        return ok(`${name}: ${(statSync(path).size / 1000).toFixed(1)} kB, ${path}`);
      } catch {
        return note(`${name}: none yet, ${path}`);
      }
    });
}

/** What a greeting does, stage by stage, on this box right now, and what it would say. */
async function timed(world: World): Promise<{ box: Box; stages: Stage[]; greeting: Check }> {
  const stages: Stage[] = [];
  let last = 0;
  const stage = (what: string) => {
    const now = performance.now();
    stages.push({ milliseconds: Math.round((now - last) * 10) / 10, what });
    last = now;
  };
  stage('wt started');
  const box = await scanBox(world);
  stage('transcripts and processes looked at');
  const sessions = [...urgentSessions(box)];
  const { live, waiting } = count(sessions);
  stage(`${sessions.length} sessions read: ${live} live, ${waiting} waiting`);
  const greeting = note(
    sessions.length === 0
      ? 'now it would say nothing: nothing is live or waiting'
      : `now it would greet with ${live} live and ${waiting} waiting`,
  );
  return { box, stages, greeting };
}

/** Whether a greeting is ready in time; `WT_TIMEOUT` as the hooks read it. */
function checkTime({ env }: World, stages: Stage[]): Check {
  const told = env.WT_TIMEOUT ?? '';
  const seconds = /^(?:\d+\.?\d*|\.\d+)$/.test(told) && told.length <= 8 ? Number(told) : 0.5;
  const took = stages.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const text = `ready after ${took.toFixed(0)} ms; a login waits ${seconds} s`;
  if (seconds === 0 || took <= seconds * 1000) return ok(text);
  return wrong(`${text}: export WT_TIMEOUT=${Math.ceil(took / 500)} before the hook is read`);
}

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'whether the next ssh login will greet, and if not, why',
  usage: '[--json]',
  details: ['Exit status 1 when something is wrong.'],
  flags: { '--json': { summary: 'as data' } },
  takes: 'nothing',
  run: (world, { flags }) => doctor(world, { json: flags.has('--json') }),
};
