import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Rollout, threadId } from './codex-home.ts';
import { CopilotWriter, copilotSession } from './copilot-home.ts';
import { id } from './fake-claude.ts';
import { GeminiWriter, geminiSession } from './gemini-home.ts';
import { answer, opencodeSessions, prompt } from './opencode-home.ts';
import { report } from './told.ts';
import { type Build, type Scratch, scratch } from './wt.ts';

const hour = 3_600_000;
/** Before the hour in which a lock that was left behind makes a session unknown inside of a container. */
const ago = 2 * hour;

/** A home, and what lies in it. */
export interface Box extends Scratch {
  project: string;
  /** The paths of all transcripts but the database, and when these were last written. */
  files: string[];
  at: number;
}

/** An id as OpenCode makes them. */
export const ses = (n: number) => `ses_ddb4730bcffefoqu7GXRaom${String(n).padStart(3, '0')}`;
/** The folder of a session of Copilot's. */
export const copilotFolder = ({ home }: Scratch, n: number) => join(home, '.copilot', 'session-state', id(n));

/** A home with three closed sessions of each of the four, all in one project; `words` makes their texts. */
export function box(words: (what: string) => string = (what) => what): Box {
  const home = scratch();
  const project = join(home.home, 'project');
  mkdirSync(project);
  const at = Date.now() - ago;
  const files: string[] = [];
  for (const n of [1, 2, 3]) {
    files.push(new Rollout(threadId(n), { cwd: project }).turn(words(`codex ${n}`), words('ok')).write(home, at));
    const [c, g] = [new CopilotWriter(at - 20_000), new GeminiWriter(at - 20_000)];
    const events = [...c.start(project), ...c.prompt(words(`copilot ${n}`)), ...c.answer(words('ok'))];
    const name = JSON.stringify(words(`name ${n}`));
    files.push(join(copilotSession(home, { id: id(n), cwd: project, events, workspace: { name } }), 'events.jsonl'));
    const lines = [g.prompt(words(`gemini ${n}`)), g.answer(words('ok')), g.set({ summary: words(`summary ${n}`) })];
    files.push(geminiSession(home, { n, cwd: project, lines, mtime: at }).path);
  }
  const sessions = [1, 2, 3].map((n) => {
    const messages = [prompt(words(`opencode ${n}`), at - 1000), answer(words('ok'), at)];
    return { id: ses(n), directory: project, title: words(`title ${n}`), messages };
  });
  opencodeSessions(home, ...sessions);
  return { ...home, project, files, at };
}

/** What wt says of all, by agent: the states, and how many processes; the Node build reads no database. */
export function states(build: Build, home: Scratch): Record<string, string[]> {
  const all: Record<string, string[]> = {};
  for (const { agent, state, processes } of report(build, home).sessions)
    all[String(agent)] = [...(all[String(agent)] ?? []), `${state} ${processes.length}`];
  return all;
}

/** Three sessions that nobody holds. */
export const closed: string[] = ['waiting 0', 'waiting 0', 'waiting 0'];
/** What `states` are as long as nobody holds anything. */
export const allClosed = ({ name }: Build): Record<string, string[]> => ({
  codex: closed,
  copilot: closed,
  gemini: closed,
  ...(name === 'native' ? { opencode: closed } : {}),
});
