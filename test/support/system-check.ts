import * as fs from 'node:fs';
import * as paths from 'node:path';
import * as zlib from 'node:zlib';
import * as system from '#system';
import { type OpenFolder, openFolder } from '../../src/machine/stats.ts';
import { bytesOf } from '../../src/system/bytes.ts';
import type { System } from '../../src/system/calls.ts';
import { withShapes } from '../../src/system/shapes.ts';

/** The compiler sees to it that both runtimes give all of it. */
export type Systems = Held<typeof import('../../src/system/bun.ts')> | Held<typeof import('../../src/system/node.ts')>;
type Held<T extends System> = T;

/** Tries every call of `#system` in a folder and gives those that tell or do otherwise than the runtime's own. */
export function disagreements(folder: string): string[] {
  const wrong: string[] = [];
  const same = (what: string, ours: () => unknown, theirs: () => unknown) => {
    const [a, b] = [JSON.stringify(outcome(ours)), JSON.stringify(outcome(theirs))];
    if (a !== b) wrong.push(`${what}: ${a}, not ${b}`);
  };
  const at = (name: string) => `${folder}/${name}`;
  fs.writeFileSync(at('file'), 'contents');
  fs.utimesSync(at('file'), -5.25, 1.5e9 + 0.123456);
  fs.writeFileSync(at('later'), 'x'.repeat(70_000));
  fs.utimesSync(at('later'), 5e9, 5e9 + 0.9);
  fs.mkdirSync(at('full'));
  for (let n = 0; n < 900; n++) fs.writeFileSync(at(`full/${n}${'-long'.repeat(n % 40)}`), '');
  for (const name of ['é', '日本語', '\u{1f600}', 'a b', "'", '\n', '.hidden', '..two'])
    fs.writeFileSync(at(`full/${name}`), '');
  fs.writeFileSync(Buffer.concat([Buffer.from(`${folder}/full/`), Buffer.from([0x66, 0xff, 0x66])]), '');
  fs.mkdirSync(at('empty'));
  fs.symlinkSync('file', at('link'));
  fs.symlinkSync('nowhere/é', at('dangling'));
  fs.symlinkSync('loop', at('loop'));
  fs.linkSync(at('file'), at('twin'));
  const id = '0a1b2c3d-0000-4000-8000-00000000000';
  for (const n of [0, 1, 2]) fs.writeFileSync(at(`full/${id}${n}.jsonl`), '');
  // Ids of every ending, for one can look like what the kernel writes before the next.
  for (let n = 0; n < 512; n++) {
    const ending = (n + 0x1000).toString(16);
    fs.writeFileSync(at(`full/${id.slice(3)}${ending}`), '');
    if (n % 2 === 0) fs.writeFileSync(at(`full/${id.slice(3)}${ending}.jsonl`), '');
  }
  for (const name of [
    `${id}1`,
    `\b${id}0.jsonl`,
    `x${id}0.jsonl`,
    `${id}0.jsonl~`,
    `${id}x.jsonl`,
    `${id.slice(1)}.jsonl`,
  ])
    fs.writeFileSync(at(`full/${name}`), '');
  const source = '[0-9a-f-]{36}';
  const shapes = [
    { length: 42, source: `${source}\\.jsonl` },
    { length: 36, source },
  ];
  for (const text of ['', 'lone \ud83d, \udc00', 'The quick brown fox jumps over the lazy dog', 'é'.repeat(9999)]) {
    same(
      'bytesOf',
      () => bytesOf(text).toString('hex'),
      () => Buffer.from(text).toString('hex'),
    );
    same(
      'crc32',
      () => system.crc32(Buffer.from(text)),
      () => zlib.crc32(text),
    );
  }
  const names = ['file', 'later', 'full', 'empty', 'link', 'dangling', 'loop', 'nowhere', 'file/below', 'twin'];
  const odd = ['\0', 'file\0x', 'x'.repeat(300), `${'x/'.repeat(3000)}x`, 'é'.repeat(2000), '\ud800'];
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_WRONLY, O_CREAT, O_EXCL, O_NOCTTY } = system.constants;

  for (const path of [...[...names, ...odd].map(at), '/dev/null', '/dev/tty0', '/proc/self/stat', '/']) {
    const shown = path.slice(0, 80);
    same(
      `statSync ${shown}`,
      () => told(system.statSync(path)),
      () => told(fs.statSync(path)),
    );
    same(
      `lstatSync ${shown}`,
      () => told(system.lstatSync(path)),
      () => told(fs.lstatSync(path)),
    );
    const quietly = { throwIfNoEntry: false } as const;
    same(
      `quiet statSync ${shown}`,
      () => told(system.statSync(path, quietly)),
      () => told(fs.statSync(path, quietly)),
    );
    same(
      `readdirSync ${shown}`,
      () => system.readdirSync(path).sort(),
      () => fs.readdirSync(path).sort(),
    );
    const sorted = (names: Buffer[]) => names.map((found) => found.toString('latin1').split('\0').sort());
    const open = opened(path);
    if (open !== null) {
      // The second time it has been read already.
      for (const time of ['once', 'twice']) {
        same(
          `names in ${shown}, ${time}`,
          () => sorted(open.names(shapes)),
          () => sorted(withShapes(fs.readdirSync(path), shapes)),
        );
      }
      open.close();
    }
    same(
      `readlinkSync ${shown}`,
      () => system.readlinkSync(path),
      () => fs.readlinkSync(path),
    );
    for (const flags of [O_RDONLY, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY]) {
      same(
        `openSync ${shown}`,
        () => read(system, path, flags),
        () => read(fs, path, flags),
      );
    }
    same(
      `openIfThere ${shown}`,
      () => isThere(path, O_RDONLY),
      () => isThereByRuntime(path, O_RDONLY),
    );
    same(
      `unlinkSync ${shown}`,
      () => gone(system, `${path}x`),
      () => gone(fs, `${path}x`),
    );
    same(
      `renameSync ${shown}`,
      () => system.renameSync(`${path}/x`, path),
      () => fs.renameSync(`${path}/x`, path),
    );
  }
  for (const time of [0, 1.5, 1_763_900_000.123, 4_400_000_000.5]) {
    const set = (by: Pick<typeof system, 'lutimesSync'>) => () => {
      by.lutimesSync(at('link'), time, time);
      return [fs.lstatSync(at('link')).mtimeMs, fs.statSync(at('link')).mtimeMs];
    };
    same(`lutimesSync ${time}`, set(system), set(fs));
  }
  same(
    'lutimesSync of nothing',
    () => system.lutimesSync(at('nowhere'), 1, 1),
    () => fs.lutimesSync(at('nowhere'), 1, 1),
  );
  const writes =
    (by: Pick<typeof system, 'openSync' | 'writeSync' | 'closeSync' | 'renameSync'>, name: string) => () => {
      const fd = by.openSync(at(name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      const written = [by.writeSync(fd, Buffer.from('no, written'), 4), by.writeSync(fd, Buffer.from(' twice'), 0)];
      by.closeSync(fd);
      by.renameSync(at(name), at('full/moved'));
      return [written, fs.readFileSync(at('full/moved'), 'utf8'), fs.statSync(at('full/moved')).mode];
    };
  same('writing and moving', writes(system, 'one'), writes(fs, 'two'));
  const replaces = (replace: typeof fs.renameSync, from: string, to: string) => () => {
    fs.writeFileSync(at(from), `from ${to}`);
    try {
      replace(at(from), at(to));
    } finally {
      fs.rmSync(at(from), { force: true });
    }
    return [fs.readFileSync(at(to), 'utf8'), fs.lstatSync(at(to)).isFile(), fs.existsSync(at(from))];
  };
  fs.symlinkSync('file', at('replaced link'));
  for (const to of ['made', 'made', 'empty', 'full', 'nowhere/made', 'replaced link']) {
    same(`replacing ${to}`, replaces(system.replaceSync, 'three', to), () => {
      if (to === 'replaced link') fs.rmSync(at(to));
      if (to === 'replaced link') fs.symlinkSync('file', at(to));
      return replaces(fs.renameSync, 'three', to)();
    });
  }
  same(
    'what was in the way',
    () => [fs.readdirSync(at('empty')), fs.readFileSync(at('file'), 'utf8')],
    () => [[], 'contents'],
  );
  same(
    'opening what is there',
    () => system.openSync(at('file'), O_WRONLY | O_CREAT | O_EXCL),
    () => fs.openSync(at('file'), O_WRONLY | O_CREAT | O_EXCL),
  );
  same(
    'removing',
    () => [gone(system, at('full/moved')), fs.existsSync(at('full/moved'))],
    () => [null, false],
  );
  same(
    'reading from nowhere',
    () => system.readSync(987, Buffer.alloc(4), 0, 4, 0),
    () => fs.readSync(987, Buffer.alloc(4), 0, 4, 0),
  );
  same(
    'writing to nowhere',
    () => system.writeSync(987, Buffer.alloc(4), 0),
    () => fs.writeSync(987, Buffer.alloc(4), 0),
  );
  same(
    'a stat of no descriptor',
    () => told(system.fstatSync(987)),
    () => told(fs.fstatSync(987)),
  );
  same(
    'processes',
    () => [process.pid, 1, 4_194_303].map(system.processExists),
    () => [true, true, false],
  );

  for (const path of [
    '/a/b',
    '/a//b',
    '/a/b/',
    '/',
    '//',
    '/a/./b',
    '/a/../b',
    '/..',
    '/.a/..b',
    'a',
    'a/b',
    '',
    '.',
    '/a/..',
    '/a/b.c',
  ]) {
    same(
      `dirname ${path}`,
      () => system.dirname(path),
      () => paths.dirname(path),
    );
    same(
      `basename ${path}`,
      () => system.basename(path),
      () => paths.basename(path),
    );
    same(
      `resolve ${path}`,
      () => system.resolve(path),
      () => paths.resolve(path),
    );
    for (const part of ['x', '', '../x', './x', '/x', 'x/']) {
      same(
        `join ${path} ${part}`,
        () => system.join(path, part, 'y'),
        () => paths.join(path, part, 'y'),
      );
    }
  }
  return wrong;
}

/** Null where there is no such folder, or it can't be opened. */
function opened(path: string): OpenFolder | null {
  try {
    return openFolder(path);
  } catch {
    return null;
  }
}

/** What a call gives, or the code of its error; a path with a NUL is refused in whatever words. */
function outcome(call: () => unknown): unknown {
  try {
    return { gives: call() };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { throws: code === 'ERR_INVALID_ARG_VALUE' ? undefined : code };
  }
}

type Told = Pick<
  fs.Stats,
  'isFile' | 'isDirectory' | 'isCharacterDevice' | 'mode' | 'uid' | 'ino' | 'size' | 'mtimeMs' | 'ctimeMs'
>;

function told(stat: Told | undefined): unknown {
  if (stat === undefined) return null;
  const { mode, uid, ino, size, mtimeMs, ctimeMs } = stat;
  // What the kernel makes up anew at every look.
  const times = ino > 4_000_000_000 ? [] : [mtimeMs, ctimeMs];
  return [stat.isFile(), stat.isDirectory(), stat.isCharacterDevice(), mode, uid, size, ...times];
}

function read(
  by: Pick<typeof system, 'openSync' | 'readSync' | 'fstatSync' | 'closeSync'>,
  path: string,
  flags: number,
): unknown {
  const fd = by.openSync(path, flags);
  try {
    const bytes = Buffer.alloc(100);
    const counts = [
      by.readSync(fd, bytes, 2, 50, 0),
      by.readSync(fd, bytes, 60, 30, 69_990),
      by.readSync(fd, bytes, 0, 0, 0),
    ];
    return [path.startsWith('/proc') ? [] : [counts, bytes.toString()], told(by.fstatSync(fd))];
  } finally {
    by.closeSync(fd);
  }
}

function isThere(path: string, flags: number): boolean {
  const fd = system.openIfThere(path, flags);
  if (fd !== null) fs.closeSync(fd);
  return fd !== null;
}

function isThereByRuntime(path: string, flags: number): boolean {
  try {
    fs.closeSync(fs.openSync(path, flags));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

function gone(by: Pick<typeof system, 'unlinkSync'>, path: string): unknown {
  by.unlinkSync(path);
  return null;
}

if ((import.meta as { main?: boolean }).main) console.log(JSON.stringify(disagreements(process.argv[2] ?? '')));
