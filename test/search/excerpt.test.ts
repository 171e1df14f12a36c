import { expect, test } from 'vitest';
import { excerptOf } from '../../src/search/excerpt.ts';
import { parseQuery } from '../../src/search/query.ts';

/** The excerpt with its hits in brackets. */
function excerpt(text: string, query: string): string {
  const { text: line, hits } = excerptOf(text, parseQuery(query, [], 0).terms);
  let marked = '';
  let at = 0;
  for (const [from, to] of hits) {
    marked += `${line.slice(at, from)}[${line.slice(from, to)}]`;
    at = to;
  }
  return marked + line.slice(at);
}

test.each([
  ['look at the WebHook\n\n it fails', 'webhook fails', 'look at the [WebHook] it [fails]'],
  ['Re\u0301sume\u0301 it', 'resume', '[Re\u0301sume\u0301] it'],
  ['generate the rate', 'rate', 'generate the [rate]'],
  ['修复登录后的重定向', '登录', '修复[登录]后的重定向'],
  ['ｗｅｂhook ﬁle', 'webhook fi', '[ｗｅｂhook] [ﬁ]le'],
  ['a \x1b]0;evil\x07b \x1b[31mred\u202e now', 'red', 'a b [red] now'],
  ['rate\nlimit', '"rate limit"', '[rate limit]'],
  ['👩‍💻 works', '💻', '👩‍[💻] works'],
  ['nothing', 'x', 'nothing'],
  ['', 'x', ''],
])('%j, %s', (text, query, wanted) => {
  expect(excerpt(text, query)).toBe(wanted);
});

test('of a long text the piece where the most words stand together', () => {
  const text = `alpha ${'word '.repeat(5000)}beta and alpha here ${'tail '.repeat(5000)}`;
  const line = excerpt(text, 'alpha beta');
  expect(line).toMatch(/^…word (?:word )+\[beta\] and \[alpha\] here tail /);
  expect(line.length).toBeLessThan(700);
});
