// `npm run pictures`: draws the README's pictures from real runs in a real terminal.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shellHome } from '../shells/home.ts';
import { Screen } from '../support/screen.ts';
import { root } from '../support/wt.ts';
import { parseScreen } from './ansi.ts';
import { fillHome } from './home.ts';
import { dark, light, renderSvg } from './svg.ts';

const columns = 104;

/** A picture: in how many lines, what is typed at the shell, what is pressed after that, and what is on it when it is ready. */
interface Shot {
  name: string;
  title: string;
  rows: number;
  /** The shell greets, as it does at a login over ssh. */
  greets?: boolean;
  types: string;
  presses?: { after: string; keys: string[] };
  until: string | RegExp;
}

const shots: Shot[] = [
  {
    name: 'greeting',
    title: 'An ssh login that is greeted with the sessions on the box',
    rows: 16,
    greets: true,
    types: 'wt 1',
    until: 'box:~$ wt 1',
  },
  {
    name: 'picker',
    title: 'The picker: the fourth session is marked, its conversation is shown below',
    rows: 29,
    types: 'wt\n',
    presses: { after: '? keys', keys: ['Down', 'Down', 'Down'] },
    until: 'What is it to say first',
  },
  {
    name: 'find',
    title: 'wt find redirect: the sessions in which that was said, each with the place',
    rows: 9,
    types: 'wt find redirect\n',
    until: /\n.*box:~\$$/,
  },
];

async function take({ rows, greets, types, presses, until }: Shot): Promise<string> {
  using home = shellHome(`#!/bin/sh\nexec '${join(root, 'dist/wt')}' "$@"\n`);
  const holders = fillHome(home, Date.now());
  try {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text is for bash
    const prompt = "PS1='${WT_PROMPT:+$WT_PROMPT }box:~$ '";
    home.rc('bash', '', prompt);
    const env = {
      ...home.env,
      PATH: `${join(home.home, '.local/bin')}:${home.env.PATH}`,
      ...(greets ? { SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 22' } : {}),
    };
    using screen = Screen.start(home, ['bash'], { env, columns, rows });
    await screen.until('box:~$', 60_000);
    for (const line of types.split(/(?<=\n)/)) {
      screen.type(line.trimEnd());
      if (line.endsWith('\n')) screen.press('Enter');
    }
    if (presses !== undefined) {
      await screen.until(presses.after, 60_000);
      screen.press(...presses.keys);
    }
    await screen.until(until, 60_000);
    return screen.painted();
  } finally {
    for (const holder of holders) holder[Symbol.dispose]();
  }
}

const folder = join(root, '.pictures');
mkdirSync(folder, { recursive: true });
for (const shot of shots) {
  const lines = parseScreen(await take(shot));
  for (const [name, theme] of Object.entries({ light, dark })) {
    writeFileSync(join(folder, `${shot.name}-${name}.svg`), renderSvg(lines, { title: shot.title, columns, theme }));
  }
}
