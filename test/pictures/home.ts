import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Holder, holder, type Rec, registryRecord, transcript, Writer } from '../support/claude-home.ts';
import type { Scratch } from '../support/wt.ts';

const minute = 60_000;
const hour = 60 * minute;

/** A session of the pictures: where, how old, and how it ended. */
interface Told {
  /** The first eight of its id. */
  id: string;
  directory: string;
  title: string;
  /** Milliseconds since its last turn. */
  age: number;
  /** What was said, the title left out. */
  talk: (writer: Writer) => Rec[];
  /** What a running process says of itself; none for a closed one. */
  status?: { status: string; waitingFor?: string };
}

const sessions: Told[] = [
  {
    ...{ id: 'c69f1609', directory: 'homelab', age: minute, title: 'Investigate nested o directories' },
    talk: (writer) => [
      writer.prompt('why does /srv fill up with directories called o inside of o?'),
      writer.toolUse({ name: 'Bash', input: { command: 'docker compose down && docker volume prune -f' } }),
    ],
    status: { status: 'waiting', waitingFor: 'permission prompt' },
  },
  {
    ...{ id: 'a126ebca', directory: 'shop', age: 6 * minute, title: 'Which payment provider do we take?' },
    talk: (writer) => [
      writer.prompt('compare the payment providers for our volume'),
      writer.toolUse({
        name: 'AskUserQuestion',
        input: { questions: [{ question: 'Stripe or Adyen?', options: [{ label: 'Stripe' }, { label: 'Adyen' }] }] },
      }),
    ],
    status: { status: 'waiting', waitingFor: 'input needed' },
  },
  {
    ...{ id: '5c0ed4ab', directory: 'api', age: 3 * minute, title: 'Fix the broken redirect after the login' },
    talk: (writer) => [
      writer.prompt('the login sends people back to the login page, find out why'),
      writer.text('The redirect drops the session cookie; I am writing a test first.'),
      writer.prompt('good, go on'),
    ],
    status: { status: 'busy' },
  },
  {
    ...{ id: 'feb734dd', directory: 'blog', age: 9 * minute, title: 'Draft the post on session switchers' },
    talk: (writer) => [
      writer.prompt('draft a post on session switchers: tmux, zellij, wt'),
      writer.text('What is it to say first: how they differ, or which one to take?'),
      writer.prompt('how they differ, with one table, and no adjectives'),
      writer.toolUse({ id: 'toolu_01', name: 'Write', input: { file_path: 'posts/switchers.md' } }),
      writer.toolResult('toolu_01'),
      writer.text(
        'The draft is in posts/switchers.md: 640 words and one table. The part on zellij needs your numbers for its start-up time; I left a gap there.',
      ),
    ],
  },
  {
    ...{ id: '4ad29f01', directory: 'infra', age: 40 * minute, title: 'Upgrade PostgreSQL to 18' },
    talk: (writer) => [
      writer.prompt('upgrade the staging database to PostgreSQL 18'),
      writer.apiError("You've hit your 5-hour limit · resets 5pm (UTC)", { error: 'rate_limit' }),
    ],
  },
  {
    ...{ id: '206debb7', directory: 'search', age: 70 * minute, title: 'Make the index survive a crash' },
    talk: (writer) => [
      writer.prompt('make the index survive a crash in the middle of a write'),
      writer.toolUse({ name: 'Bash', input: { command: 'cargo test --release' } }),
    ],
  },
  {
    ...{ id: '1dbabdd6', directory: 'notes-app', age: 125 * minute, title: 'Migrate to server components' },
    talk: (writer) => [
      writer.prompt('move the editor to server components'),
      writer.text('Everything but the toolbar is moved. Shall the toolbar stay on the client?'),
    ],
  },
  {
    ...{ id: '8a41c7d2', directory: 'dotfiles', age: 500 * minute, title: 'zsh starts slowly' },
    talk: (writer) => [
      writer.prompt('zsh takes two seconds to start'),
      writer.text('nvm takes 1.4 s of it. Load it when it is first used?'),
    ],
  },
  {
    ...{ id: '77e0b3f4', directory: 'api', age: 75 * hour, title: 'Move the sessions to Redis' },
    talk: (writer) => [
      writer.prompt('keep the sessions in Redis'),
      writer.text('Done. After a login the redirect still goes by the cookie.'),
    ],
  },
  {
    ...{ id: '3d9c51e6', directory: 'docs', age: 290 * hour, title: 'Translate the handbook' },
    talk: (writer) => [
      writer.prompt('translate the handbook into Japanese, and leave the redirect rules alone'),
      writer.text('All 14 chapters are translated.'),
    ],
  },
];

/**
 * Writes the sessions of the pictures into a scratch home, as old as they are told to be at `now` (milliseconds since the
 * epoch) and twenty seconds more, so that their ages stay the same for a while. Gives the processes that hold the live ones.
 */
export function fillHome(home: Scratch, now: number): Holder[] {
  const holders: Holder[] = [];
  // wt was first used an hour ago: what was finished before is no news.
  const state = join(home.env.XDG_STATE_HOME!, 'wt');
  mkdirSync(state, { recursive: true, mode: 0o700 });
  writeFileSync(join(state, 'marks'), `{"since":${now - hour},"seen":{},"done":{}}\n`, { mode: 0o600 });
  for (const { id: begin, directory, title, age, talk, status } of sessions) {
    const id = `${begin}-0000-4000-8000-000000000000`;
    // The directory of a process has to be there; that of a closed session is shown in full.
    const cwd = status === undefined ? `/home/u/${directory}` : join(home.home, directory);
    const records = talk(new Writer({ id, cwd, at: 0, step: 0 }));
    const at = now - age - 20_000;
    const timestamp = new Date(at).toISOString();
    const dated = records.map((record) => ({ ...record, timestamp }));
    transcript(home.conf, { cwd, id, records: [...dated, new Writer({ id }).aiTitle(title)] });
    if (status === undefined) continue;
    mkdirSync(cwd);
    const process = holder();
    holders.push(process);
    registryRecord(home.conf, { pid: process.pid, sessionId: id, cwd, statusUpdatedAt: at, ...status });
  }
  return holders;
}
