import type { Session } from '../core/session.ts';
import { age, asciiOnly, clean } from '../core/text.ts';
import { type Look, paintWithin, signs } from './look.ts';
import { noteOf, stateWord } from './rows.ts';
import { wrap } from './wrap.ts';

/**
 * What a session is about, for reading beside its row: title, where, what it needs, the first and the last prompt,
 * the last answer. At most `rows` lines; what is long shares the lines that are left.
 */
export function renderPreview(session: Session, look: Look, rows: number): string[] {
  const { paint, columns } = look;
  const { ellipsis } = signs(look.utf8);
  const { firstPrompt, lastPrompt, lastAnswer } = session;
  const lines = [
    ...wrap(shown(session.title.text, look), columns, Math.max(1, Math.min(2, rows - 4)), ellipsis).map(paint.bold),
    ...wrap(shown(session.cwd, look), columns, 1, ellipsis),
    factsLine(session, look),
  ].filter((line) => line !== '');
  const talk: [string, string | null, (text: string) => string][] = [
    ['needs', session.needs, paint.red],
    ['first', firstPrompt === lastPrompt ? null : firstPrompt, paint.yellow],
    ['last', lastPrompt, paint.yellow],
    [session.agent, lastAnswer, paint.green],
  ];
  const said = talk.filter(([, text]) => shown(text, look) !== '');
  said.forEach(([label, text, colour], index) => {
    const share = Math.floor((rows - lines.length) / (said.length - index));
    const [first = '', ...rest] = wrap(`${label}: ${shown(text, look)}`, columns, share, ellipsis);
    const heading = first.slice(0, label.length + 1);
    if (share > 0) lines.push(colour(heading) + first.slice(heading.length), ...rest);
  });
  return lines.slice(0, rows);
}

/** The head of a preview, in at most `rows` lines: what is needed, title, where and how it stands. */
export function renderHead(session: Session, look: Look, rows: number): string[] {
  const { paint, columns } = look;
  const { ellipsis } = signs(look.utf8);
  const note = noteOf(session);
  const needs = look.utf8 ? note : asciiOnly(note);
  const mark = needs === '' ? '' : `${session.activity === 'needs-you' ? '!' : look.utf8 ? '✗' : 'x'} `;
  const title = shown(session.title.text, look) || session.id;
  const lines = [
    ...wrap(`${mark}${needs}`, columns, Math.max(1, Math.min(6, rows - 2)), ellipsis).map(paint.red),
    ...wrap(title, columns, rows >= 8 ? 2 : 1, ellipsis).map(paint.bold),
    ...wrap(shown(session.cwd, look), columns, 1, ellipsis),
    factsLine(session, look),
  ].filter((line) => line !== '');
  return lines.slice(0, rows);
}

/** State, age, branch and processes in a line. */
function factsLine(session: Session, look: Look): string {
  const { ellipsis, dot } = signs(look.utf8);
  const old = session.lastActivityAt === null ? '' : age(look.now - session.lastActivityAt);
  const held = session.processes.map((process) =>
    [`pid ${process.pid}`, shown(process.tmux, look)].filter(Boolean).join(' '),
  );
  const facts = [stateWord(session), old, shown(session.branch, look), ...held].filter(Boolean).join(` ${dot} `);
  return paintWithin([facts], [look.paint.dim], look.columns, ellipsis);
}

function shown(text: string | null, look: Look): string {
  return look.utf8 ? clean(text ?? '') : asciiOnly(clean(text ?? ''));
}
