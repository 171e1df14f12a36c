import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  holder,
  type Rec,
  registryFields,
  registryFile,
  registryRecord,
  sessionsFolder,
  transcript,
  Writer,
} from '../support/claude-home.ts';
import { anyJson } from '../support/mutate.ts';
import { random, runSeed } from '../support/random.ts';
import { builds, scratch, wt } from '../support/wt.ts';

const minutes = (n: number) => Date.now() - n * 60_000;

describe.each(builds)('$name: a Claude Code that is older or newer than this wt', (build) => {
  const listed = (home: Parameters<typeof wt>[2]) =>
    new Map<string, Rec>(
      JSON.parse(wt(build, ['--json', '--all'], home).stdout).sessions.map((one: Rec) => [one.id, one]),
    );

  test.each(['1.0.100', '2.0.76'])('%s keeps no registry: unknown within the hour, waiting after it', (version) => {
    using home = scratch();
    const ids = [5, 55, 90, 3000].map((age) => {
      const writer = new Writer({ version, at: minutes(age) });
      transcript(home.conf, { cwd: writer.cwd, id: writer.id, records: [writer.prompt('p'), writer.text('t')] });
      return writer.id;
    });
    const states = () => ids.map((id) => listed(home).get(id)?.state);
    expect(states()).toEqual(['unknown', 'unknown', 'waiting', 'idle']);
    expect(wt(build, ['doctor'], home).stdout).toContain('registry: none');
    // A newer one beside it keeps a registry, which says nothing of the older one's processes.
    sessionsFolder(home.conf);
    expect(states()).toEqual(['unknown', 'unknown', 'waiting', 'idle']);
  });

  test('2.1.197 writes fewer fields: live all the same', () => {
    using home = scratch();
    using held = holder();
    const writer = new Writer({ version: '2.1.197', at: minutes(5) });
    transcript(home.conf, { cwd: writer.cwd, id: writer.id, records: [writer.prompt('p'), writer.text('t')] });
    const absent = { pidDomain: undefined, tmux: undefined, statusUpdatedAt: undefined, peerProtocol: undefined };
    registryRecord(home.conf, { pid: held.pid, sessionId: writer.id, status: 'busy', version: '2.1.197', ...absent });
    expect(listed(home).get(writer.id)).toMatchObject({ state: 'live', activity: 'working' });
  });

  test('words that no version is known to write: live, activity unknown, and the doctor names them', () => {
    using home = scratch();
    using held = holder();
    const ids: string[] = [];
    const statuses = ['pondering', 'BUSY', 'busy ', '', undefined, 7, null, ['busy'], { busy: true }];
    for (const [n, status] of statuses.entries()) {
      const writer = new Writer({ at: minutes(5), version: '9.7.1' });
      ids.push(writer.id);
      const odd = { type: 'telepathy', thought: 'x', timestamp: new Date().toISOString() };
      transcript(home.conf, { cwd: writer.cwd, id: writer.id, records: [writer.prompt('p'), writer.text('t'), odd] });
      registryFile(
        home.conf,
        6_000_000 + n,
        JSON.stringify({ ...registryFields({ pid: held.pid, sessionId: writer.id }), status, mood: 'good' }),
      );
    }
    const seen = listed(home);
    for (const id of ids) expect(seen.get(id)).toMatchObject({ state: 'live', activity: 'unknown', title: 'p' });
    const doctor = wt(build, ['doctor'], home).stdout;
    expect(doctor).toContain('status pondering');
    expect(doctor).toContain('record telepathy');
  });

  test('a reason to wait that nobody has heard of is one to look at', () => {
    using home = scratch();
    using held = holder();
    for (const [n, waitingFor] of ['retinal scan', '', undefined, 5].entries()) {
      const writer = new Writer({ at: minutes(5) });
      transcript(home.conf, { cwd: writer.cwd, id: writer.id, records: [writer.prompt('p'), writer.text('t')] });
      registryFile(
        home.conf,
        6_000_000 + n,
        JSON.stringify({ ...registryFields({ pid: held.pid, sessionId: writer.id, status: 'waiting' }), waitingFor }),
      );
    }
    const seen = [...listed(home).values()];
    expect(seen).toHaveLength(4);
    for (const one of seen) expect(one).toMatchObject({ state: 'live', activity: 'needs-you' });
    expect(seen.map((one) => one.needs)).toContain('retinal scan');
  });

  test(`every field of every record in turn of another kind (seed ${runSeed})`, () => {
    using home = scratch();
    using held = holder();
    const chance = random(runSeed + 80);
    const steady = new Writer({ at: minutes(3) });
    transcript(home.conf, { cwd: steady.cwd, id: steady.id, records: [steady.prompt('steady'), steady.text('t')] });
    const names = Object.keys(
      registryFields({
        pid: held.pid,
        sessionId: steady.id,
        waitingFor: '',
        kind: '',
        tmux: '',
        name: '',
        nameSource: '',
        spare: '',
        parkedJobId: '',
        needs: '',
      }),
    );
    for (const [n, name] of names.entries()) {
      const fields = registryFields({ pid: held.pid, sessionId: chance.uuid(), kind: 'bg', status: 'waiting' });
      registryFile(home.conf, 6_000_000 + n, JSON.stringify({ ...fields, [name]: anyJson(chance) }));
    }
    const writer = new Writer({ at: minutes(200) });
    const shape = writer.toolUse({ name: 'Bash', input: { command: 'ls' } });
    for (const name of Object.keys(shape)) {
      const odd = new Writer({ at: minutes(200) });
      const records = [
        odd.prompt('p', { [name]: anyJson(chance) }),
        odd.text('t', { [name]: anyJson(chance) }),
        odd.text('t', {}, { [name]: anyJson(chance) }),
      ];
      transcript(home.conf, { cwd: odd.cwd, id: odd.id, records, mtime: minutes(200) });
    }
    for (const args of [['--list', '--all'], ['--greet'], ['--brief'], ['--json', '--all'], ['doctor']]) {
      const done = wt(build, args, home);
      expect(done.stderr, args[0]).toBe('');
      expect(done.status, args[0]).toBe(args[0] === 'doctor' ? 1 : 0);
    }
    expect(listed(home).get(steady.id)).toMatchObject({ title: 'steady', state: 'waiting' });
  });

  test('files and folders that it has never seen', () => {
    using home = scratch();
    const writer = new Writer({ at: minutes(5) });
    const path = transcript(home.conf, {
      cwd: writer.cwd,
      id: writer.id,
      records: [writer.prompt('p'), writer.text('t')],
    });
    sessionsFolder(home.conf);
    for (const name of ['x.json', '1.jsonl', 'pid-4.json', '5.json.tmp', '.6.json', '7'])
      writeFileSync(join(home.conf, 'sessions', name), '{"sessionId":7}');
    for (const name of ['notes.jsonl', 'index.json', '.DS_Store']) writeFileSync(join(path, '..', name), 'x');
    mkdirSync(join(home.conf, 'projects', 'deep', 'deeper'), { recursive: true });
    writeFileSync(
      join(home.conf, 'projects', 'deep', 'deeper', `${writer.uuid()}.jsonl`),
      JSON.stringify(writer.prompt('p')),
    );
    expect([...listed(home).keys()]).toEqual([writer.id]);
  });
});
