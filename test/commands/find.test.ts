import { randomUUID } from 'node:crypto';
import { appendFileSync, chmodSync, linkSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Rec, sessionsFolder, transcript, transcriptBytes, Writer } from '../support/claude-home.ts';
import { Screen } from '../support/screen.ts';
import { type Build, builds, type Scratch, scratch, wt } from '../support/wt.ts';

const day = 86_400_000;

/** A session of so many days ago in a directory; gives its writer and path. */
function session(home: Scratch, days: number, cwd: string, say: (w: Writer) => Rec[]): { w: Writer; path: string } {
  const w = new Writer({ cwd, at: Date.now() - days * day });
  return { w, path: transcript(home.conf, { cwd, id: w.id, records: say(w) }) };
}

/** A home with five sessions about hooks. */
function box(): Scratch & { paths: string[] } {
  const home = scratch();
  sessionsFolder(home.conf);
  const made = [
    session(home, 3, '/home/u/api', (w) => [
      w.prompt('look at the WebHook\nit fails'),
      w.text('It hits the rate limit.'),
      w.prompt('and now?'),
      w.text('Fixed.'),
    ]),
    session(home, 1, '/home/u/web', (w) => [
      w.prompt('why is it slow?'),
      w.text('A webhook waits for \u001b[31mRéponse.'),
    ]),
    session(home, 20, '/home/u/web', (w) => [w.prompt('write docs'), w.text('Done.'), w.aiTitle('Webhook docs')]),
    session(home, 2, '/home/u/api', (w) => [w.prompt('generate it'), w.text('修复登录后的重定向循环')]),
    session(home, 5, '/home/u/api', (w) => [
      w.prompt('list the files'),
      w.toolUse({ id: 'c', name: 'Bash', input: { command: 'ls webhook-dir' } }),
      w.toolResult('c', 'webhook-dir: zebra.ts'),
      w.text('Listed.'),
    ]),
  ];
  return Object.assign(home, { paths: made.map(({ path }) => path) });
}

const run = (build: Build, home: Scratch, ...words: string[]) =>
  wt(build, ['find', ...words], home, { env: { COLUMNS: '90' } });
const places = (out: string) =>
  out
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^(?:in the archive, )?(?:you|claude|title|tool): /.test(line));

describe.each(builds)('wt find, $name', (build) => {
  test('the sessions in which it was said, best first, with the place', () => {
    using home = box();
    const { stdout, stderr, status } = run(build, home, 'webhook');
    expect([stderr, status]).toEqual(['', 0]);
    expect(places(stdout)).toEqual([
      'you: look at the WebHook it fails',
      'title: Webhook docs',
      'claude: A webhook waits for Réponse.',
    ]);
    expect(stdout).not.toContain('\u001b');
    expect(places(run(build, home, 'webhook').stdout)).toEqual(places(stdout));
  });

  test.each<[string[], string[]]>([
    [['rate'], ['claude: It hits the rate limit.']],
    [['"rate limit"', 'WEBHOOK'], ['you: look at the WebHook it fails']],
    [['limit rate'], []],
    [['rate limit'], ['claude: It hits the rate limit.']],
    [
      ['webhook', '-fails', 'dir:web'],
      ['title: Webhook docs', 'claude: A webhook waits for Réponse.'],
    ],
    [['webhook', 'by:claude'], ['claude: A webhook waits for Réponse.']],
    [['webhook', 'by:you'], ['you: look at the WebHook it fails']],
    [['webhook', 'since:2d'], ['claude: A webhook waits for Réponse.']],
    [['webhook', 'agent:other'], []],
    [['reponse'], ['claude: A webhook waits for Réponse.']],
    [['重定向'], ['claude: 修复登录后的重定向循环']],
    [['webhook', '-n', '1'], ['you: look at the WebHook it fails']],
    [['webhook', '-n', '0'], []],
    [['webhook', 'since:yesterday', 'by:you'], []],
    [['--', '-fails', 'webhook', 'since:9d'], ['claude: A webhook waits for Réponse.']],
  ])('%j', (words, wanted) => {
    using home = box();
    expect(places(run(build, home, ...words).stdout)).toEqual(wanted);
  });

  test('what tools were told and answered, when it is asked for', () => {
    using home = box();
    expect(run(build, home, 'zebra')).toMatchObject({ status: 1, stdout: '' });
    expect(places(run(build, home, 'zebra', '--tools').stdout)).toEqual(['tool: webhook-dir: zebra.ts']);
  });

  test('a sentence where nothing fits, with the word that was meant', () => {
    using home = box();
    const { status, stderr } = run(build, home, 'webhok');
    expect([status, stderr]).toEqual([1, 'wt: nothing was said that fits webhok; webhok never was, webhook was\n']);
    expect(run(build, home, 'since:soon', 'x')).toMatchObject({ status: 2 });
    expect(run(build, home, 'by:bob', 'x').stderr).toBe('wt: by:bob: say by:you or by:claude\n');
    expect(run(build, home, '-x').stderr).toBe('wt: find what? Name a word that was said\n');
    expect(run(build, home)).toMatchObject({ status: 2 });
  });

  test('as data', () => {
    using home = box();
    const { sessions, unread } = JSON.parse(run(build, home, 'webhook', 'fails', '--json').stdout);
    expect(unread).toBe(0);
    expect(sessions).toHaveLength(1);
    expect(sessions[0]).toMatchObject({
      cwd: '/home/u/api',
      archived: false,
      place: {
        by: 'you',
        byte: 0,
        text: 'look at the WebHook it fails',
        hits: [
          [12, 19],
          [23, 28],
        ],
      },
    });
    const none = run(build, home, 'nowhere', '--json');
    expect([none.status, JSON.parse(none.stdout).sessions]).toEqual([0, []]);
  });

  test('a session in the archive is found, and said to be there', () => {
    using home = box();
    expect(wt(build, ['archive', 'generate'], home).status).toBe(0);
    expect(places(run(build, home, '重定向').stdout)).toEqual(['in the archive, claude: 修复登录后的重定向循环']);
    expect(JSON.parse(run(build, home, '重定向', '--json').stdout).sessions[0].archived).toBe(true);
    expect(wt(build, ['restore', 'generate'], home).status).toBe(0);
    expect(places(run(build, home, '重定向').stdout)).toEqual(['claude: 修复登录后的重定向循环']);
  });

  test('never stale: grown, replaced, gone', () => {
    using home = box();
    run(build, home, 'x');
    const [first, second] = home.paths as [string, string];
    const w = new Writer({ cwd: '/home/u/api' });
    appendFileSync(first, transcriptBytes({ records: [w.prompt('and the giraffe')] }));
    expect(places(run(build, home, 'giraffe', 'webhook').stdout)).toEqual(['you: and the giraffe']);
    rmSync(second);
    expect(places(run(build, home, 'reponse').stdout)).toEqual([]);
  });

  test('a home that nothing can be written into is searched all the same', () => {
    using home = box();
    const cache = join(home.home, '.cache', 'wt');
    mkdirSync(cache);
    chmodSync(cache, 0o777);
    for (let again = 0; again < 2; again++)
      expect(run(build, home, 'webhook')).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(cache).filter((name) => name.startsWith('said'))).toEqual([]);
    chmodSync(cache, 0o700);
    expect(run(build, home, 'webhook').status).toBe(0);
    const [file] = readdirSync(cache).filter((name) => name.startsWith('said'));
    expect(statSync(join(cache, file!)).mode & 0o777).toBe(0o600);
  });

  test('on a terminal: the numbers, and the conversation opened at the place', async () => {
    using home = box();
    const lines = Array.from({ length: 60 }, (_, n) => `filler ${n}`).join('\n');
    const made = session(home, 0.1, home.home, (w) => [
      w.prompt('begin'),
      w.text(lines),
      w.prompt('the okapi question'),
      w.text(lines),
      w.prompt('the end'),
      w.text(lines),
    ]);
    using screen = Screen.start(home, ['bash', '--norc'], { env: { ...home.env, PS1: '$ ' } });
    const wtIs = build.argv.join(' ');
    await screen.until('$');
    screen.line(`${wtIs} find okapi`);
    await screen.until(/you: the okapi question/);
    screen.line(`${wtIs} path 1; ${wtIs} resume 1 --dry-run`);
    await screen.until((text) => text.includes(`\n${home.home}\n`) && text.includes(made.w.id));
    screen.line(`clear; ${wtIs} show 1`);
    await screen.until((text) => /^> the okapi question/m.test(text) && !text.includes('> begin'));
    screen.press('q');
    screen.line(`${wtIs} show 1 | tail -n 62`);
    await screen.until(/> the okapi question\n\nfiller 0/);
  });

  test('Ctrl-C at the first search: what was read is searched, and kept', async () => {
    using home = scratch();
    sessionsFolder(home.conf);
    session(home, 0.1, '/home/u/api', (w) => [w.prompt('the okapi question'), w.text('yes')]);
    const { path } = session(home, 2, '/home/u/api', (w) =>
      Array.from({ length: 40 }, () => w.toolResult('c', 'x'.repeat(100_000))),
    );
    // Much to read, and little to write.
    for (let n = 0; n < 200; n++) linkSync(path, join(path, '..', `${randomUUID()}.jsonl`));
    using screen = Screen.start(home, ['bash', '--norc'], { env: { ...home.env, PS1: '$ ' } });
    await screen.until('$');
    screen.line(`${build.argv.join(' ')} find okapi; echo status $?`);
    await screen.until(/reading what was said: \d+ of 202 transcripts \(Ctrl-C: search what is read\)/);
    screen.press('C-c');
    const text = await screen.until(/^status 130$/m);
    expect(text).toMatch(/you: the okapi question\n/);
    const [, left] = /^wt: broken off: (\d+) transcripts are not read yet; the next search goes on there$/m.exec(text)!;
    expect(Number(left)).toBeLessThan(202);
    expect(Number(left)).toBeGreaterThan(0);
    const { stdout, stderr } = run(build, home, 'okapi');
    expect([places(stdout), stderr]).toEqual([['you: the okapi question'], '']);
  });
});
