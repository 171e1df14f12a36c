import type { Session } from '../core/session.ts';
import { age, asciiOnly, cells, clean, cut, graphemes } from '../core/text.ts';
import { type Look, paintWithin, signs, stateWord } from './rows.ts';

/**
 * What a session is about, for reading beside its row: title, where, what it needs, the first and the last prompt,
 * the last answer. At most `rows` lines; what is long shares the lines that are left.
 */
export function renderPreview(session: Session, look: Look, rows: number): string[] {
  const { paint, columns } = look;
  const { ellipsis, dot } = signs(look.utf8);
  const shown = (text: string | null) => (look.utf8 ? clean(text ?? '') : asciiOnly(clean(text ?? '')));
  const { firstPrompt, lastPrompt, lastAnswer } = session;
  const old = session.lastActivityAt === null ? '' : age(look.now - session.lastActivityAt);
  const held = session.processes.map((process) =>
    [`pid ${process.pid}`, shown(process.tmux)].filter(Boolean).join(' '),
  );
  const facts = [stateWord(session), old, shown(session.branch), ...held].filter(Boolean).join(` ${dot} `);
  const lines = [
    ...wrap(shown(session.title.text), columns, Math.max(1, Math.min(2, rows - 4)), ellipsis).map(paint.bold),
    ...wrap(shown(session.cwd), columns, 1, ellipsis),
    paintWithin([facts], [paint.dim], columns, ellipsis),
  ].filter((line) => line !== '');
  const talk: [string, string | null, (text: string) => string][] = [
    ['needs', session.needs, paint.red],
    ['first', firstPrompt === lastPrompt ? null : firstPrompt, paint.yellow],
    ['last', lastPrompt, paint.yellow],
    [session.agent, lastAnswer, paint.green],
  ];
  const said = talk.filter(([, text]) => shown(text) !== '');
  said.forEach(([label, text, colour], index) => {
    const share = Math.floor((rows - lines.length) / (said.length - index));
    const [first = '', ...rest] = wrap(`${label}: ${shown(text)}`, columns, share, ellipsis);
    const heading = first.slice(0, label.length + 1);
    if (share > 0) lines.push(colour(heading) + first.slice(heading.length), ...rest);
  });
  return lines.slice(0, rows);
}

/** Clean text in lines of at most `columns` cells, broken at spaces where it can be; past `most` lines it is cut. */
export function wrap(text: string, columns: number, most: number, ellipsis: string): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest !== '' && lines.length < most) {
    if (lines.length === most - 1 || cells(rest) <= columns) {
      lines.push(cut(rest, columns, ellipsis));
      break;
    }
    const line = fitting(rest, columns);
    if (line === '') break;
    lines.push(line.trimEnd());
    rest = rest.slice(line.length).trimStart();
  }
  return lines;
}

/** The beginning of a text that fits, up to its last space if it has one. */
function fitting(text: string, columns: number): string {
  let kept = '';
  let used = 0;
  // Nothing past this many characters can fit: most take a cell, and marks are bounded by cleaning.
  for (const grapheme of graphemes(text.slice(0, columns * 10))) {
    used += cells(grapheme);
    if (used > columns) break;
    kept += grapheme;
  }
  if (kept.length === text.length || text[kept.length] === ' ') return kept;
  const space = kept.lastIndexOf(' ');
  return space > 0 ? kept.slice(0, space) : kept;
}
