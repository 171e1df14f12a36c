import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scanBox } from '../../src/box/scan.ts';
import { readWorld } from '../../src/screen/read-world.ts';
import { parseQuery, type Query } from '../../src/search/query.ts';
import { Search } from '../../src/search/search.ts';
import { type Rec, slug, transcriptBytes, Writer } from '../support/claude-home.ts';
import { type Random, random, runSeed } from '../support/random.ts';
import { type Scratch, scratch } from '../support/wt.ts';

// What a search finds is held against a plain parse of every line of every transcript, with rules of its own.

const latin =
  'webhook WebHook rate limit generate rates retry Ré\u0301sumé resume naïve NAIVE ﬁle file x86 ß STRASSE Straße İstanbul'.split(
    ' ',
  );
const others = [
  '修复登录',
  '重定向循环',
  'データベース',
  'ﾃﾞｰﾀ',
  '데이터',
  '데이',
  'สวัสดี',
  'ΟΔΟΣ',
  'οδός',
  '🚀',
  '👩‍💻',
  '👩',
  'привет',
  'Ｗｅｂ',
  '½',
  '…',
];
const signs = [
  '--force',
  'a.b',
  'snake_case',
  "don't",
  'C++',
  'foo/bar',
  '"quoted"',
  '#12',
  '\u001b[31mred\u001b[0m',
  'a\u00adb',
  '\u200b',
];
const all = [...latin, ...others, ...signs];

function sentence(chance: Random, most = 8): string {
  const blank = () => chance.pick([' ', ' ', ' ', '\n', '  ', '\t', '\u3000', '', ', ', '(']);
  return Array.from({ length: chance.int(1, most) }, () => chance.pick(all) + blank()).join('');
}

/** Records of one session: what is said, and all that looks like it. */
function records(chance: Random, w: Writer): (Rec | string)[] {
  const say = (): Rec[] => {
    const text = sentence(chance);
    const id = w.callId();
    switch (chance.int(0, 21)) {
      case 0:
      case 1:
      case 2:
        return [w.prompt(text)];
      case 3:
      case 4:
      case 5:
        return [w.text(text)];
      case 6:
        return [w.promptBlocks([text, sentence(chance)])];
      case 7:
        return [w.queued(text)];
      case 8:
        return [w.toolUse({ id, name: 'Bash', input: { command: text } }), w.toolResult(id, text)];
      case 9:
        return [w.toolResult(id, [{ type: 'text', text }])];
      case 10:
        return [w.sidechain(text)];
      case 11:
        return [w.thinking(text)];
      case 12:
        return [w.meta(text)];
      case 13:
        return [w.command('/review', text), w.commandOutput(text)];
      case 14:
        return [w.apiError(text), w.synthetic(text)];
      case 15:
        return [w.compactSummary(text)];
      case 16:
        return [w.aiTitle(text || 'x'), w.customTitle(sentence(chance))];
      case 17:
        return [
          w.assistant([
            { type: 'text', text },
            { type: 'tool_use', id, name: 'Read', input: { path: sentence(chance) } },
          ]),
        ];
      case 18:
        return [w.prompt(`<system-reminder>${sentence(chance)}</system-reminder>${text}`)];
      case 19:
        return [
          w.system('informational', { content: text }),
          w.queueOperation(text),
          w.lastPrompt(text),
          w.summary(text, w.uuid()),
        ];
      case 20:
        return [
          w.user([
            { type: 'tool_result', tool_use_id: id, content: 'x'.repeat(3000) },
            { type: 'text', text },
          ]),
          w.picture(),
        ];
      default:
        return [
          { type: 'progress', data: { message: w.text(text) } },
          w.attachment('skill_listing', 3000),
          w.interrupted(),
        ];
    }
  };
  return Array.from({ length: chance.int(1, 14) }, say)
    .flat()
    .flatMap((record): (Rec | string)[] => {
      const line = JSON.stringify(record);
      switch (chance.int(0, 30)) {
        case 0:
          return [`${line.slice(0, chance.int(1, line.length - 1))}${JSON.stringify(w.text(sentence(chance)))}`];
        case 1:
          return [`${line}${JSON.stringify(w.prompt(sentence(chance)))}`];
        case 2:
          return [`\0\0\0${line}`, ''];
        case 3:
          return [line.slice(0, chance.int(0, line.length - 1))];
        case 4:
          return [JSON.stringify(record, null, 1).replaceAll('\n', ' ')];
        case 5:
          return [`${line}\r`];
        default:
          return [record];
      }
    });
}

interface Message {
  who: 'you' | 'agent' | 'title';
  text: string;
}

/** What was said in a line, by the plainest reading there is. */
function messagesIn(line: string): Message[] {
  const found: Message[] = [];
  for (let from = line.indexOf('{'); from >= 0; from = line.indexOf('{', from)) {
    let json: Rec | null = null;
    let end = -1;
    for (let to = line.lastIndexOf('}'); to > from && json === null; to = line.lastIndexOf('}', to - 1)) {
      try {
        json = JSON.parse(line.slice(from, to + 1));
        end = to + 1;
      } catch {
        // Not up to there.
      }
    }
    if (json !== null) found.push(...messagesOf(json));
    from = json === null ? from + 1 : end;
  }
  return found;
}

function messagesOf(json: Rec): Message[] {
  const text = (content: unknown): string =>
    typeof content === 'string'
      ? content
      : (content as Rec[])
          .filter((block) => block.type === 'text')
          .map((block) => block.text)
          .join('\n');
  const typed = (said: string): Message[] => {
    const own = said
      .replace(/^\s*(?:<(system-reminder|command-\w+|local-command-stdout)>[\s\S]*?<\/\1>\s*)+/, '')
      .trim();
    return own === '' || own.startsWith('[Request interrupted') ? [] : [{ who: 'you', text: own }];
  };
  const message = json.message as Rec | undefined;
  const attachment = json.attachment as Rec | undefined;
  if (json.type === 'ai-title') return [{ who: 'title', text: json.aiTitle as string }];
  if (json.type === 'custom-title') return [{ who: 'title', text: json.customTitle as string }];
  if (json.isSidechain || json.isMeta || json.isCompactSummary) return [];
  if (json.type === 'attachment' && attachment?.type === 'queued_command') return typed(text(attachment.prompt));
  if (json.type === 'user') {
    const blocks = Array.isArray(message!.content) ? (message!.content as Rec[]) : [];
    return blocks.some((block) => block.type === 'tool_result') ? [] : typed(text(message!.content));
  }
  if (json.type !== 'assistant' || json.isApiErrorMessage || message!.model === '<synthetic>') return [];
  return [{ who: 'agent', text: text(message!.content) }];
}

const plain = (text: string) =>
  text
    .replace(/\u001b\[[\d;]*m/g, '')
    .toWellFormed()
    .normalize('NFKD')
    .replace(/[\p{M}\p{Cf}]/gu, '')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replaceAll('ς', 'σ')
    .split(/\s+/u)
    .filter(Boolean)
    .join(' ');

/** Whether a word, folded, is met in a text, folded: where a word of a script with blanks begins, or anywhere. */
function isMet(text: string, word: string): boolean {
  const blankless = '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Thai}々〇ー';
  const joins = `(?:(?![${blankless}])[\\p{L}\\p{N}])`;
  const begins = new RegExp(`^${joins}`, 'u').test(word) ? `(?<!${joins})` : '';
  return new RegExp(begins + word.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&'), 'u').test(text);
}

interface Asked {
  query: string;
  words: string[];
  without: string[];
  by: 'you' | 'agent' | null;
}

function ask(chance: Random): Asked {
  const bare = () =>
    chance.pick(all.filter((word) => !/["\s\u001b]/.test(word) && plain(word) !== '' && !/^-/.test(word)));
  const part = () => (chance.chance(0.3) ? bare().slice(0, chance.int(1, 4)).toWellFormed() : bare());
  const word = () =>
    chance.chance(0.3) ? chance.pick([part().toUpperCase(), part().normalize('NFD'), part().normalize('NFC')]) : part();
  const phrase = () => `${bare()} ${bare()}`;
  const words = Array.from({ length: chance.int(1, 3) }, () => (chance.chance(0.25) ? phrase() : word()));
  if (words.every((one) => plain(one) === '')) return ask(chance);
  const without = chance.chance(0.25) ? [chance.chance(0.2) ? phrase() : word()] : [];
  const by = chance.chance(0.15) ? chance.pick(['you', 'agent'] as const) : null;
  const quoted = (one: string) => (one.includes(' ') ? `"${one}"` : one);
  const query = [
    ...words.map(quoted),
    ...without.map((one) => `-${quoted(one)}`),
    ...(by === null ? [] : [`by:${by}`]),
  ].join(' ');
  return { query, words, without, by };
}

/** The ids of the sessions in which it was said, by the plain reading. */
function expected(sessions: ReadonlyMap<string, Message[]>, { words, without, by }: Asked): string[] {
  const fits = (messages: Message[]) => {
    const meant = messages.filter(({ who }) => by === null || who === by).map(({ text }) => plain(text));
    const isSaid = (one: string) => meant.some((text) => isMet(text, plain(one)));
    return (
      words.filter((one) => plain(one) !== '').every(isSaid) && !without.filter((one) => plain(one) !== '').some(isSaid)
    );
  };
  return [...sessions]
    .filter(([, messages]) => fits(messages))
    .map(([id]) => id)
    .sort();
}

function found(search: Search, query: Query): string[] {
  return search
    .find(query)
    .map(({ id }) => id)
    .sort();
}

async function read(home: Scratch): Promise<Search> {
  const world = { ...readWorld(home.env, 'never'), now: Date.now() };
  const search = new Search(world, await scanBox(world));
  for (const _ of search.read());
  search.save();
  return search;
}

function said(folder: string): Map<string, Message[]> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  return new Map(
    names.map((name) => [
      name.slice(0, -'.jsonl'.length),
      readFileSync(join(folder, name), 'utf8').split('\n').flatMap(messagesIn),
    ]),
  );
}

test('500 queries find what a plain parse of every line finds, at first, from what was kept, and in what has grown', async () => {
  const chance = random(runSeed);
  using home = scratch();
  const cwd = '/home/u/api';
  const folder = join(home.conf, 'projects', slug(cwd));
  const writers = Array.from({ length: 60 }, () => new Writer({ cwd, uuid: chance.uuid }));
  const bytes = (w: Writer) => transcriptBytes({ records: records(chance, w), open: chance.chance(0.1) });
  mkdirSync(folder, { recursive: true });
  for (const w of writers) writeFileSync(join(folder, `${w.id}.jsonl`), bytes(w));
  const queries = Array.from({ length: 500 }, () => ask(chance));
  let hits = 0;
  const compare = (search: Search, some: Asked[], when: string) => {
    const sessions = said(folder);
    for (const asked of some) {
      const wanted = expected(sessions, asked);
      hits += wanted.length;
      const query = parseQuery(asked.query, [{ name: 'claude' }], Date.now());
      expect(found(search, query), `${when}, seed ${runSeed}: ${asked.query}`).toEqual(wanted);
    }
  };
  compare(await read(home), queries.slice(0, 200), 'at first');
  compare(await read(home), queries.slice(200, 350), 'from what was kept');
  for (const w of writers.slice(0, 20)) appendFileSync(join(folder, `${w.id}.jsonl`), bytes(w));
  compare(await read(home), queries.slice(350), 'in what has grown');
  expect(hits).toBeGreaterThan(2000);
});
