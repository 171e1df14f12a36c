import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Job, jobIds, readJob } from '../../../src/agents/claude/jobs.ts';
import { scratch } from '../../support/wt.ts';

const id = '595e931d-0000-4000-8000-000000000001';
const jobId = '595e931d';

function read(text: string, job = jobId, session = id): Job | null {
  using home = scratch();
  mkdirSync(join(home.conf, 'jobs', jobId), { recursive: true });
  writeFileSync(join(home.conf, 'jobs', jobId, 'state.json'), text);
  return readJob(home.conf, job, session);
}

test.each<[object, Partial<Job> | null]>([
  [
    { state: 'working', needs: 'x' },
    { asks: false, needs: 'x', ended: null },
  ],
  [
    { state: 'blocked', needs: 'Which one?' },
    { asks: true, needs: 'Which one?' },
  ],
  [{ state: 'working', tempo: 'blocked', needs: 'Which one?' }, { asks: true }],
  [{ state: 'blocked' }, { asks: false, needs: null }],
  [
    { state: 'blocked', needs: '' },
    { asks: false, needs: null },
  ],
  [{ state: 'blocked', needs: 'send a prompt to start' }, { asks: false }],
  [{ state: 'failed' }, { ended: 'failed' }],
  [{ state: 'crashed' }, { ended: 'crashed' }],
  [{ state: 'stopped' }, { ended: 'stopped' }],
  [
    { state: 7, needs: ['x'], tempo: {} },
    { asks: false, needs: null, ended: null },
  ],
  [{}, { asks: false, needs: null, ended: null }],
  [{ sessionId: id, state: 'failed' }, { ended: 'failed' }],
  // After /clear the job is another session's, but keeps the id of its first one.
  [{ sessionId: '595e931d-0000-4000-8000-0000000000ff', state: 'failed' }, { ended: 'failed' }],
  [{ sessionId: '11111111-0000-4000-8000-000000000001', state: 'failed' }, null],
])('%j', (state, job) => {
  const told = read(JSON.stringify(state));
  if (job === null) expect(told).toBeNull();
  else expect(told).toMatchObject(job);
});

test.each(['', '{', 'null', '7', '"x"', '\0\0'])('a state that is %j tells nothing', (text) => {
  expect(read(text)).toBeNull();
});

test.each(['', '..', '../jobs', 'a/b', 'x'.repeat(65), '595e931d\n'])('%j is no job', (job) => {
  expect(read('{}', job)).toBeNull();
});

test('which jobs there are', () => {
  using home = scratch();
  expect([...jobIds(home.conf)]).toEqual([]);
  mkdirSync(join(home.conf, 'jobs', jobId), { recursive: true });
  expect([...jobIds(home.conf)]).toEqual([jobId]);
});
