import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  holder,
  jobState,
  type Rec,
  registryRecord,
  slug,
  transcriptBytes,
  Writer,
} from '../../support/claude-home.ts';
import { answered, asking, report, rowOf, tracked, written } from '../../support/told.ts';
import { builds, wt } from '../../support/wt.ts';

describe.each(builds)('what it waits for ($name)', (build) => {
  test.each(['permission prompt', 'input needed', 'sandbox request', 'worker request', 'goal proposal', 'moon phase'])(
    'waiting for %s needs you',
    (waitingFor) => {
      using at = tracked();
      using process = holder();
      const { id } = written(at, asking);
      registryRecord(at.conf, { pid: process.pid, sessionId: id, status: 'waiting', waitingFor });
      const all = report(build, at);
      expect(rowOf(all, id)).toMatchObject({ state: 'live', activity: 'needs-you', waitingFor });
      expect(all.counts).toMatchObject({ needsYou: 1, live: 1, waiting: 0 });
    },
  );

  test('waiting without a reason needs you', () => {
    using at = tracked();
    using process = holder();
    const { id } = written(at, asking);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, status: 'waiting' });
    expect(rowOf(report(build, at), id)?.activity).toBe('needs-you');
  });

  test.each([
    ['waiting', 'dialog open', 'dialog'],
    ['shell', undefined, 'shell'],
    ['busy', undefined, 'working'],
    ['idle', undefined, 'ready'],
    ['meditating', undefined, 'unknown'],
    [undefined, undefined, 'unknown'],
  ])('%s %s reads as %s', (status, waitingFor, activity) => {
    using at = tracked();
    using process = holder();
    const { id } = written(at, asking);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, status, waitingFor });
    const all = report(build, at);
    expect(rowOf(all, id)).toMatchObject({ state: 'live', activity, needs: null });
    expect(all.counts).toMatchObject({ needsYou: 0, live: 1 });
  });

  test.each<[string, string, string, Rec]>([
    ['permission prompt', 'approve Bash: docker compose down', 'Bash', { command: 'docker compose down' }],
    [
      'input needed',
      'asks: Which database?',
      'AskUserQuestion',
      { questions: [{ question: 'Which database?', header: 'DB', options: [{ label: 'a' }], multiSelect: false }] },
    ],
  ])('%s: %s', (waitingFor, needs, name, input) => {
    using at = tracked();
    using process = holder();
    const { id } = written(at, (w) => [w.prompt('go on'), w.text('Sure.'), w.toolUse({ name, input }), w.mode()]);
    registryRecord(at.conf, { pid: process.pid, sessionId: id, status: 'waiting', waitingFor });
    expect(rowOf(report(build, at), id)).toMatchObject({ activity: 'needs-you', needs });
    expect(wt(build, ['--list'], at).stdout).toContain(needs);
  });

  test('it asks for the call that has no result yet, far from the end of the file', () => {
    using at = tracked();
    using process = holder();
    const { id } = written(at, (w) => {
      const message = { id: 'msg_1' };
      return [
        w.prompt('go on'),
        w.toolUse({ id: 'a', name: 'Bash', input: { command: 'make clean' } }, message),
        w.toolUse({ id: 'b', name: 'Bash', input: { command: 'make install' } }, message),
        w.toolResult('a'),
        ...Array.from({ length: 5 }, () => w.promptSnapshot(80_000)),
      ];
    });
    registryRecord(at.conf, { pid: process.pid, sessionId: id, status: 'waiting', waitingFor: 'permission prompt' });
    expect(rowOf(report(build, at), id)?.needs).toBe('approve Bash: make install');
    expect(wt(build, ['--list'], at).stdout).toContain('approve Bash: make install');
  });

  test('it asks for what a sub-agent waits with, whatever lies beside its transcript', () => {
    using at = tracked();
    using process = holder();
    const own = written(at, (w) => [
      w.prompt('go on'),
      w.toolUse({ id: 'a', name: 'Agent', input: { description: 'help' } }),
    ]);
    const { id } = own;
    const agents = join(at.conf, 'projects', slug('/home/u/api'), id, 'subagents');
    mkdirSync(agents, { recursive: true });
    // Each of its records is as old as one of the session's own.
    const agent = new Writer({ at: own.at - 2 * own.step });
    const records = [agent.prompt('do'), agent.toolUse({ id: 'b', name: 'Bash', input: { command: 'make test' } })];
    writeFileSync(join(agents, 'agent-1.jsonl'), transcriptBytes({ records }));
    symlinkSync('nowhere', join(agents, 'agent-0.jsonl'));
    mkdirSync(join(agents, 'agent-2.jsonl'));
    writeFileSync(join(agents, 'agent-3.jsonl'), '{"type":"assi');
    registryRecord(at.conf, { pid: process.pid, sessionId: id, status: 'waiting', waitingFor: 'permission prompt' });
    expect(rowOf(report(build, at), id)?.needs).toBe('approve Bash: make test');
  });

  test('a background session says itself what it needs', () => {
    using at = tracked();
    using process = holder();
    const { id } = written(at, answered);
    registryRecord(at.conf, {
      pid: process.pid,
      sessionId: id,
      kind: 'bg',
      jobId: id.slice(0, 8),
      status: 'waiting',
      waitingFor: 'permission prompt',
    });
    jobState(at.conf, id, {
      state: 'blocked',
      tempo: 'blocked',
      needs: 'approve Bash: rm -r build',
      cwd: '/home/u/api',
    });
    expect(rowOf(report(build, at), id)).toMatchObject({ activity: 'needs-you', needs: 'approve Bash: rm -r build' });
  });
});
