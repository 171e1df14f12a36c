import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { askDaemon, readStatus } from '../../../src/agents/codex/daemon.ts';
import type { Process } from '../../../src/core/session.ts';
import { codexFolder, threadId } from '../../support/codex-home.ts';
import { processOf } from '../../support/sessions.ts';
import { type Scratch, scratch } from '../../support/wt.ts';

test.each([
  [{ type: 'idle' }, 'ready', null],
  [{ type: 'systemError' }, 'ready', null],
  [{ type: 'active' }, 'working', null],
  [{ type: 'active', activeFlags: [] }, 'working', null],
  [{ type: 'active', activeFlags: ['waitingOnApproval'] }, 'needs-you', 'approval'],
  [{ type: 'active', activeFlags: ['x', 'waitingOnUserInput'] }, 'needs-you', 'answer'],
])('%j is %s', (status, activity, waitingFor) => {
  expect(readStatus(status)).toMatchObject({ activity, waitingFor });
});

test.each([null, 7, 'active', {}, { type: 'notLoaded' }, { type: 'new' }, { type: 'active', activeFlags: ['new'] }])(
  'nothing is made of %j',
  (status) => {
    expect(readStatus(status)).toBe(null);
  },
);

const frame = (text: string, first = 0x81): Buffer => {
  const bytes = Buffer.from(text);
  const head = bytes.length < 126 ? Buffer.from([first, bytes.length]) : Buffer.from([first, 126, 0, 0]);
  if (bytes.length >= 126) head.writeUInt16BE(bytes.length, 2);
  return Buffer.concat([head, bytes]);
};

/** The messages in a client's frames. */
function messagesIn(bytes: Buffer): { id?: number; method: string; params?: { threadId?: string } }[] {
  const found: ReturnType<typeof messagesIn> = [];
  for (let at = 0; at < bytes.length; ) {
    const short = bytes[at + 1]! & 0x7f;
    const length = short === 126 ? bytes.readUInt16BE(at + 2) : short;
    const from = at + (short === 126 ? 4 : 2);
    const mask = bytes.subarray(from, from + 4);
    const text = Buffer.from(bytes.subarray(from + 4, from + 4 + length).map((byte, place) => byte ^ mask[place % 4]!));
    found.push(JSON.parse(text.toString()));
    at = from + 4 + length;
  }
  return found;
}

type Say = (socket: Socket, message: ReturnType<typeof messagesIn>[number]) => void;

interface Manners {
  /** What answers the upgrade. */
  greeting?: string;
  say?: Say;
  /** Where the socket lies, below the home. */
  place?: string;
}

/** What each thread does; a thread may have a parent. */
const says = (threads: Record<string, object>): Say => {
  return (socket, { id, params }) => {
    if (id === undefined) return;
    const thread = threads[params?.threadId ?? ''];
    socket.write(
      frame(
        JSON.stringify(
          id === 0
            ? { id, result: {} }
            : {
                id,
                ...(thread ? { result: { thread: { id: params!.threadId, ...thread } } } : { error: { code: -1 } }),
              },
        ),
      ),
    );
  };
};

/** Runs `use` beside a server with these manners. */
async function beside<T>(
  home: Scratch,
  { greeting = 'HTTP/1.1 101 Switching Protocols\r\n\r\n', say = says({}), place = 'run' }: Manners,
  use: () => Promise<T>,
): Promise<T> {
  const folder = join(home.home, place);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  mkdirSync(join(codexFolder(home), 'app-server-control'), { recursive: true });
  const path = join(folder, 'socket');
  const server = createServer((socket) => {
    let isOpen = false;
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      if (!isOpen) {
        isOpen = true;
        socket.write(greeting);
      } else for (const message of messagesIn(bytes)) say(socket, message);
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  symlinkSync(path, join(codexFolder(home), 'app-server-control', 'app-server-control.sock'));
  try {
    return await use();
  } finally {
    server.close();
  }
}

const daemons = (...ns: number[]): Process[] =>
  ns.map((n) => processOf(threadId(n), { activity: 'unknown', attachWord: threadId(n), status: null }));

const activities = (processes: Process[]) => processes.map(({ activity, waitingFor }) => [activity, waitingFor]);

test('each thread does what the server says of it', async () => {
  using home = scratch();
  const say = says({
    [threadId(1)]: { status: { type: 'active', activeFlags: ['waitingOnApproval'] } },
    [threadId(2)]: { status: { type: 'idle' } },
    [threadId(3)]: { status: { type: 'active', activeFlags: [] }, preview: 'x'.repeat(30_000) },
  });
  const stopped = { ...daemons(2)[0]!, activity: 'suspended' as const, suspended: true };
  const other = processOf(threadId(5), { activity: 'unknown', attachWord: null });
  const told = await beside(home, { say }, () =>
    askDaemon(codexFolder(home), [...daemons(1, 2, 3, 4), stopped, other], 5000),
  );
  expect(activities(told)).toEqual([
    ['needs-you', 'approval'],
    ['ready', null],
    ['working', null],
    ['unknown', null],
    ['suspended', null],
    ['unknown', null],
  ]);
});

test("a sub-agent's question is its parent's", async () => {
  using home = scratch();
  const say = says({
    [threadId(1)]: { status: { type: 'active', activeFlags: [] } },
    [threadId(2)]: { status: { type: 'active', activeFlags: ['waitingOnApproval'] }, parentThreadId: threadId(1) },
  });
  for (const order of [daemons(1, 2), daemons(2, 1)]) {
    using another = scratch();
    const told = await beside(another, { say }, () => askDaemon(codexFolder(another), order, 5000));
    expect(told.find(({ sessionId }) => sessionId === threadId(1))).toMatchObject({
      activity: 'needs-you',
      waitingFor: 'approval of a sub-agent',
    });
  }
  expect(await askDaemon(codexFolder(home), [], 50)).toEqual([]);
});

describe('a server that is not as expected teaches nothing', () => {
  const answer =
    (text: string, first?: number): Say =>
    (socket) =>
      void socket.write(frame(text, first));
  const cases: [string, Manners][] = [
    ['it says nothing', { say: () => {} }],
    ['it greets as a web server', { greeting: 'HTTP/1.1 400 Bad Request\r\n\r\n' }],
    ['it never ends its greeting', { greeting: 'HTTP/1.1 101 Switching Protocols\r\n' }],
    ['it floods', { greeting: 'x'.repeat(5 << 20) }],
    ['no JSON', { say: answer('hello') }],
    ['null', { say: answer('null') }],
    [
      'a refusal',
      { say: (socket, { id }) => void (id === undefined || socket.write(frame(JSON.stringify({ id, error: {} })))) },
    ],
    ['binary frames', { say: answer('{}', 0x82) }],
    ['frames in pieces', { say: answer('{}', 0x01) }],
    [
      'a frame without an end',
      { say: (socket) => void socket.write(Buffer.from([0x81, 127, 255, 255, 255, 255, 255, 255, 255, 255])) },
    ],
    ['it hangs up', { say: (socket) => void socket.destroy() }],
    [
      'results of another kind',
      { say: (socket, { id }) => void (id === undefined || socket.write(frame(JSON.stringify({ id, result: 7 })))) },
    ],
  ];
  test.each(cases)('%s', async (_, manners) => {
    using home = scratch();
    const processes = daemons(1, 2);
    const begun = performance.now();
    expect(await beside(home, manners, () => askDaemon(codexFolder(home), processes, 50))).toEqual(processes);
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  test('it is not there, no socket, or in a folder that others can write', async () => {
    using home = scratch();
    expect(await askDaemon(codexFolder(home), daemons(1), 50)).toEqual(daemons(1));
    const control = join(codexFolder(home), 'app-server-control');
    mkdirSync(control, { recursive: true });
    writeFileSync(join(control, 'app-server-control.sock'), '');
    expect(await askDaemon(codexFolder(home), daemons(1), 50)).toEqual(daemons(1));
    using another = scratch();
    const say = says({ [threadId(1)]: { status: { type: 'idle' } } });
    await beside(another, { say }, async () => {
      expect(activities(await askDaemon(codexFolder(another), daemons(1), 5000))).toEqual([['ready', null]]);
      chmodSync(join(another.home, 'run'), 0o777);
      expect(activities(await askDaemon(codexFolder(another), daemons(1), 5000))).toEqual([['unknown', null]]);
    });
  });
});
