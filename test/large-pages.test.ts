import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './support/wt.ts';

const script = join(root, '.large-pages.mjs');
const { aligned } = (await import(script)) as { aligned: (file: Buffer) => Buffer };
const large = 2 << 20;

/** A file with a table of segments (offset, address, length, flags) and one of sections (offset, length). */
function elf(segments: [number, number, number, number][], sections: [number, number][], length = 0x6000): Buffer {
  const file = Buffer.alloc(length, 0);
  for (let at = 0x400; at < 0x3000; at++) file[at] = at % 251;
  file.writeUInt32BE(0x7f454c46, 0);
  file.set([2, 1], 4);
  file.writeBigUInt64LE(64n, 32);
  file.writeBigUInt64LE(0x3000n, 40);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(segments.length, 56);
  file.writeUInt16LE(64, 58);
  file.writeUInt16LE(sections.length, 60);
  for (const [n, [offset, address, size, flags]] of segments.entries()) {
    const at = 64 + n * 56;
    file.writeUInt32LE(1, at);
    file.writeUInt32LE(flags, at + 4);
    for (const [place, value] of [offset, address, address, size, size, 0x1000].entries()) {
      file.writeBigUInt64LE(BigInt(value), at + 8 + place * 8);
    }
  }
  for (const [n, [offset, size]] of sections.entries()) {
    file.writeUInt32LE(1, 0x3000 + n * 64 + 4);
    file.writeBigUInt64LE(BigInt(offset), 0x3000 + n * 64 + 24);
    file.writeBigUInt64LE(BigInt(size), 0x3000 + n * 64 + 32);
  }
  return file;
}

/** What a loader would see: for each segment its address, its distance from a large page, and its bytes. */
function loaded(file: Buffer): [number, number, string][] {
  return Array.from({ length: file.readUInt16LE(56) }, (_, n) => {
    const long = (at: number) => Number(file.readBigUInt64LE(Number(file.readBigUInt64LE(32)) + n * 56 + at));
    const [offset, address, size] = [long(8), long(16), long(32)];
    return [address, (((address - offset) % large) + large) % large, file.toString('latin1', offset, offset + size)];
  });
}

const read = 4;
const run = 5;
const segments: [number, number, number, number][] = [
  [0x400, 0x200400, 0x1364, read],
  [0x1800, 0x209800, 0x500, run],
  [0x1d00, 0x20ad00, 0x900, 6],
];

test('the code comes to lie as far from a large page in the file as in memory, and nothing else changes', () => {
  const file = elf(segments, [
    [0x400, 0x1364],
    [0x1800, 0x500],
    [0x1d00, 0x900],
  ]);
  const moved = aligned(file);
  const [before, after] = [loaded(file), loaded(moved)];
  expect(after.map(([address, , bytes]) => [address, bytes])).toEqual(
    before.map(([address, , bytes]) => [address, bytes]),
  );
  expect(before[1]![1]).not.toBe(0);
  expect(after[1]![1]).toBe(0);
  const sections = Number(moved.readBigUInt64LE(40));
  expect([0, 1, 2].map((n) => Number(moved.readBigUInt64LE(sections + n * 64 + 24)))).toEqual([0x400, 0x9800, 0x9d00]);
  expect(aligned(moved)).toBe(moved);
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['a script', Buffer.from('#!/bin/sh\n'.repeat(20))],
  ['half an executable', elf(segments, [[0x400, 16]]).subarray(0, 0x3010)],
  ['one without code', elf([[0, 0x200000, 0x1764, read]], [])],
  ['one whose code is right already', elf([[0x1000, 0x201000, 0x500, run]], [])],
  ['one in which something lies across the border', elf(segments, [[0x1700, 0x400]])],
  ['one with a distance that is no page', elf([[0x1800, 0x209a10, 0x500, run]], [])],
])('%s stays as it is', (_, file) => {
  expect(aligned(file)).toBe(file);
});

test('the native build has its code there', () => {
  const file = readFileSync(join(root, 'dist/wt'));
  if (file.readUInt32BE(0) !== 0x7f454c46) return;
  expect(aligned(file)).toBe(file);
});
