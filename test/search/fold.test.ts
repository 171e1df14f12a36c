import { expect, test } from 'vitest';
import { fold, isMetAnywhere, joinsWords } from '../../src/search/fold.ts';

test.each([
  ['WebHook', 'webhook'],
  [' a\n\t b\u3000c ', 'a b c'],
  ['Re\u0301sume\u0301 RÉSUMÉ', 'resume resume'],
  ['ｗｅｂ ﬁle ½ …', 'web file 1⁄2 ...'],
  ['İstanbul ΟΔΟΣ οδός', 'istanbul οδοσ οδοσ'],
  ['データ ﾃﾞｰﾀ', 'テータ テータ'],
  ['👩‍💻 a\u00adb\u200b ❤️', '👩💻 ab ❤'],
  ['\x1b[31mred\x1b[0m', 'red'],
  ['\ud800x', '\ufffdx'],
])('%j is %j', (text, folded) => {
  expect(fold(text)).toBe(folded);
  expect(fold(folded)).toBe(folded);
});

test('where a word can begin', () => {
  expect(['a', '7', 'é', 'п', 'א'].every(joinsWords)).toBe(true);
  expect([' ', '-', '_', '修', 'ー', 'の', '한', 'ส', '🚀'].some(joinsWords)).toBe(false);
  expect(['修', '--x', '🚀'].every(isMetAnywhere)).toBe(true);
  expect(['x修', '1'].some(isMetAnywhere)).toBe(false);
});
