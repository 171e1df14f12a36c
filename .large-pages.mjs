// node .large-pages.mjs FILE: lays an executable out so that the kernel can map its code in pages of 2 MB.
//
// A start of the native build is some 1,700 page faults, a third of them on code that lies in memory already. Linux maps
// a file in large pages where it keeps it in large ones, which it does with what was written in large pieces, and where
// offset and address of a segment are the same distance from such a page's border. Bun's executable has its code 32 KiB
// off. So room is made in front of it, headers are told, and the whole is written at once. Anything that is not such an
// executable stays as it is.
import { readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const large = 2n << 20n;

/** A copy of an ELF executable (64 bit, little endian) with its code at the right distance; itself where that can't be. */
export function aligned(file) {
  const isElf = file.length > 64 && file.readUInt32BE(0) === 0x7f454c46 && file[4] === 2 && file[5] === 1;
  if (!isElf) return file;
  const view = Buffer.from(file);
  const programs = tableOf(view, 32, 54);
  const sections = tableOf(view, 40, 58);
  if (programs === null || sections === null) return file;
  // In a program header: type, flags, offset, address, (physical address,) bytes in the file, bytes in memory, alignment.
  const code = programs.find((at) => view.readUInt32LE(at) === 1 && (view.readUInt32LE(at + 4) & 1) === 1);
  if (code === undefined) return file;
  const from = view.readBigUInt64LE(code + 8);
  const unit = view.readBigUInt64LE(code + 48);
  const room = (((view.readBigUInt64LE(code + 16) - from) % large) + large) % large;
  if (room === 0n || unit < 1n || unit > large || room % unit !== 0n || from >= BigInt(view.length)) return file;

  // What the headers point to, and how long it is; what has no bytes in the file lies nowhere.
  const places = [
    ...programs.map((at) => ({ at: at + 8, length: view.readBigUInt64LE(at + 32) })),
    ...sections.map((at) => ({
      at: at + 24,
      length: view.readUInt32LE(at + 4) === 8 ? 0n : view.readBigUInt64LE(at + 32),
    })),
    { at: 40, length: 1n },
  ];
  for (const { at, length } of places) {
    const start = view.readBigUInt64LE(at);
    if (start < from && start + length > from) return file;
    if (start >= from) view.writeBigUInt64LE(start + room, at);
  }
  // The page in which the code begins holds the end of something else as well: it is there twice.
  const page = Number(from - (from % unit));
  const head = view.subarray(0, page + Number(unit));
  return Buffer.concat([head, Buffer.alloc(Number(room - unit)), view.subarray(page)]);
}

/** Where each header of a table begins; null where the table does not lie in the file. */
function tableOf(view, offsetAt, sizesAt) {
  const start = view.readBigUInt64LE(offsetAt);
  const [size, count] = [view.readUInt16LE(sizesAt), view.readUInt16LE(sizesAt + 2)];
  if (start + BigInt(size * count) > BigInt(view.length) || (count > 0 && size < 56)) return null;
  return Array.from({ length: count }, (_, n) => Number(start) + n * size);
}

const [, script = '', path] = process.argv;
if (path !== undefined && realpathSync(script) === fileURLToPath(import.meta.url)) {
  const beside = `${path}.${process.pid}`;
  writeFileSync(beside, aligned(readFileSync(path)), { mode: statSync(path).mode });
  renameSync(beside, path);
}
