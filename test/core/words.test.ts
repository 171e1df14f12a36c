import { expect, test } from 'vitest';
import { splitWords, startArguments } from '../../src/core/words.ts';

test.each([
  ['', []],
  [' \t\n ', []],
  ['--model opus', ['--model', 'opus']],
  ['  a  b\tc\n', ['a', 'b', 'c']],
  [`--append-system-prompt 'be brief'`, ['--append-system-prompt', 'be brief']],
  [`"two words" three`, ['two words', 'three']],
  [`a'b c'"d e"f`, ['ab cd ef']],
  [`'' ""`, ['', '']],
  [String.raw`a\ b \'c\'`, ['a b', "'c'"]],
  [String.raw`"a \"b\" \\ \n"`, [String.raw`a "b" \ \n`]],
  [String.raw`'a\'`, ['a\\']],
  ['$HOME `x` $(y) *', ['$HOME', '`x`', '$(y)', '*']],
  ['größe 漢字', ['größe', '漢字']],
])('%j', (text, words) => {
  expect(splitWords(text)).toEqual(words);
});

test.each(["'", '"', 'a "b', `a 'b "`, '\\', 'a\\', '"a\\"'])('%j is not closed', (text) => {
  expect(splitWords(text)).toBeNull();
  expect(() => startArguments('claude', { WT_CLAUDE_ARGS: text })).toThrow('WT_CLAUDE_ARGS has a quote');
});

test('what was quoted comes back as it was', () => {
  for (const word of ['', 'a', "it's", 'a "b" \\ c', '\n', '$(x)']) {
    expect(splitWords(`'${word.replaceAll("'", `'\\''`)}' x`)).toEqual([word, 'x']);
  }
  expect(startArguments('claude', {})).toEqual([]);
});
