import { hostileText } from './hostile.ts';
import type { Random } from './random.ts';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** A JSON value of any kind, of which a reader may have expected another kind. */
export function anyJson(random: Random, depth = 2): Json {
  const leaves: (() => Json)[] = [
    () => null,
    () => random.chance(0.5),
    () => random.pick([0, -1, 1e308, 1e-9, 2 ** 53, -(2 ** 63), -0]),
    () => '',
    () => hostileText(random),
    () => random.uuid(),
    () => random.pick(['2026-11-23T09:00:00.000Z', '+275760-09-13T00:00:00Z', '0000-00-00', 'NaN', 'Infinity']),
    () => random.pick(['__proto__', 'constructor', 'toString', 'length']),
  ];
  if (depth > 0) {
    leaves.push(
      () => Array.from({ length: random.int(0, 3) }, () => anyJson(random, depth - 1)),
      () => ({ [random.pick(['type', 'text', 'id', '__proto__', 'content'])]: anyJson(random, depth - 1) }),
    );
  }
  return random.pick(leaves)();
}

/** A copy of a JSON value in which some values, at any depth, are replaced by others of any kind, or are gone. */
export function confuse(random: Random, value: unknown, share: number): unknown {
  if (random.chance(share)) return anyJson(random);
  if (Array.isArray(value)) return value.map((one) => confuse(random, one, share));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(() => !random.chance(share));
  return Object.fromEntries(kept.map(([name, one]) => [name, confuse(random, one, share)]));
}

/** Bytes after one to eight of the things that happen to files: flipped, cut, doubled, swapped or overwritten parts. */
export function damage(random: Random, whole: Buffer): Buffer {
  let bytes = whole;
  for (let left = random.int(1, 8); left > 0 && bytes.length > 0; left--) {
    const at = random.int(0, bytes.length - 1);
    const end = Math.min(bytes.length, at + random.int(1, random.pick([1, 8, 200, 5000])));
    const [before, part, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
    switch (random.int(0, 7)) {
      case 0:
        bytes = Buffer.concat([before, after]);
        break;
      case 1:
        bytes = Buffer.concat([before, part, part, after]);
        break;
      case 2:
        bytes = Buffer.concat([before, Buffer.alloc(part.length), after]);
        break;
      case 3:
        bytes = Buffer.concat([before, Buffer.from(part.map((byte) => byte ^ (1 << random.int(0, 7)))), after]);
        break;
      case 4:
        bytes = random.chance(0.3) ? before : Buffer.concat([after, before]);
        break;
      case 5:
        bytes = Buffer.concat([
          before,
          Buffer.from(random.pick(['\n', '\r', '"', '\\', '{', '}', '[', ',', '\0'])),
          after,
        ]);
        break;
      case 6:
        bytes = Buffer.concat([before, Buffer.from(JSON.stringify(anyJson(random))), after]);
        break;
      case 7:
        bytes = Buffer.concat([before, Buffer.from(Array.from(part, () => random.int(0, 255))), after]);
        break;
    }
  }
  return bytes;
}
