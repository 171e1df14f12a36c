import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Agent, Registry } from '../../../src/agents/agent.ts';
import type { Facts } from '../../../src/core/facts.ts';
import { saying } from '../../../src/core/facts.ts';
import type { Process, Turn } from '../../../src/core/session.ts';
import { proveAlive } from '../../../src/machine/proc.ts';
import { readAt } from '../../../src/machine/regular-file.ts';

// An agent that nobody has made, to prove the door: everything about it differs from Claude Code. Its transcripts are
// plain text (`logs/<month>/run-<8 digits>.txt`, a word and a colon at the head of each line), its processes stand in
// one file (`running`: pid, start time, run, what it does), and it neither forks nor lets its files be moved.

/** What is kept of a run: its text is short. */
interface Kept {
  size: number;
  text: string;
}

/** The made-up agent with its folder. */
export function tally(configDir: string): Agent {
  return {
    name: 'tally',
    title: 'tally',
    configDir,
    transcripts: {
      root: join(configDir, 'logs'),
      levels: 1,
      name: { length: 'run-12345678.txt'.length, pattern: 'run-[0-9]{8}\\.txt' },
      idFrom: 'run-'.length,
      idLength: 8,
    },
    program: 'tally',
    otherPlaces: [],
    ifMissing: 'make one',
    environment: { TALLY_HOME: configDir },
    read(file) {
      const text = readFileSync(file.path, 'utf8');
      return factsOf({ size: Buffer.byteLength(text), text });
    },
    recall: (kept) => factsOf(kept as Kept),
    conversation: () => ({ entries: [], before: null }),
    said(open, from, _most, _tools, take) {
      let at = from;
      for (const line of readAt(open, from, open.size - from)
        .toString()
        .split('\n')) {
        const [, word, text = ''] = /^(\w+): (.*)$/.exec(line) ?? [];
        const who = ({ title: 'title', you: 'you', tally: 'agent' } as const)[word ?? ''];
        if (who !== undefined) take({ who, text, at: null, from: at });
        at += Buffer.byteLength(line) + 1;
      }
      return open.size;
    },
    processes: () => registryOf(configDir),
    needs: (process) => `a number for ${process.waitingFor ?? 'something'}`,
    argv: {
      resume: (id) => ['count', 'on', id],
      fork: () => null,
      attach: () => null,
      start: () => ['count'],
    },
    archiving: { by: 'none', because: 'tally keeps its runs in one ledger' },
    limits: [],
  };
}

function factsOf(kept: Kept): Facts {
  const lines = kept.text.split('\n').map((line) => /^(\w+): (.*)$/.exec(line));
  const all = (word: string) => lines.flatMap((line) => (line?.[1] === word ? line[2]! : []));
  const said = lines.findLast((line) => line?.[1] === 'you' || line?.[1] === 'tally');
  const [title] = all('title');
  return {
    kept,
    size: kept.size,
    complete: true,
    title: title === undefined ? null : { text: saying(title), source: 'ai' },
    firstPrompt: all('you')[0] ?? null,
    lastPrompt: all('you').at(-1) ?? null,
    lastAnswer: all('tally').at(-1) ?? null,
    directories: all('in'),
    otherDirectories: [],
    branch: null,
    lastActivityAt: Date.parse(all('at').at(-1) ?? '') || null,
    lastTurn: said === undefined || said === null ? null : turnOf(said[1]!),
    pending: null,
    forkedFrom: null,
    continuedIn: null,
    hasTalk: said !== undefined,
    isPart: false,
    headless: false,
    leftByUser: false,
    untracked: false,
  };
}

function turnOf(speaker: string): Turn {
  return speaker === 'tally'
    ? { by: 'agent', how: 'answered', reason: null }
    : { by: 'you', how: 'unanswered', reason: null };
}

function registryOf(configDir: string): Registry {
  const present = readdirSync(configDir).includes('running');
  const lines = present ? readFileSync(join(configDir, 'running'), 'utf8').split('\n').filter(Boolean) : [];
  const processes = lines.flatMap((line): Process[] => {
    const [pid = '', startTime = '', sessionId = '', state = '', about = null] = line.split(' ');
    const proof = proveAlive(Number(pid), startTime);
    if (proof.verdict === 'dead') return [];
    return [
      {
        pid: Number(pid),
        sessionId,
        proof: proof.verdict,
        startTime,
        kind: null,
        entrypoint: null,
        status: state,
        waitingFor: about,
        activity: state === 'counts' ? 'working' : 'needs-you',
        attachWord: null,
        headless: false,
        needs: null,
        isUnused: false,
        tmux: null,
        tty: null,
        suspended: false,
        cwd: null,
        name: null,
        changedAt: null,
      },
    ];
  });
  return { present, processes, blind: false, skipped: [], unfamiliar: [] };
}
