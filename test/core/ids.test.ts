import { expect, test } from 'vitest';
import { isMeantBy, shortId } from '../../src/core/ids.ts';

const four = '595e931d-1234-4abc-8def-0123456789ab';
const seven = '01a224d9-4143-7ed3-ad0b-5c7cb6ec2c0e';
const other = 'ses_5f3a9c1e2ffeXyZ01234567890';

test.each([
  [four, '595e931d'],
  [four.toUpperCase(), '595E931D'],
  [seven, 'b6ec2c0e'],
  [other, '34567890'],
  ['00000001', '00000001'],
  ['run', 'run'],
])('of %s is shown %s, and that means it', (id, short) => {
  expect(shortId(id)).toBe(short);
  if (short.length >= 4) expect(isMeantBy(id, short.toLowerCase())).toBe(true);
});

test.each([
  [four, '595e', true],
  [four, four, true],
  [four, '595', false],
  [four, '456789ab', false],
  [seven, '01a2', true],
  [seven, 'b6ec', true],
  [seven, '2c0e', true],
  [seven, 'ec2c0e', true],
  [seven, 'c2c', false],
  [seven, '6ec2', false],
  [other, 'ses_5f3a', true],
  [other, '3456', true],
])('%s by %s: %j', (id, part, isIt) => {
  expect(isMeantBy(id, part)).toBe(isIt);
});
