import type { Session } from '../core/session.ts';
import { age, asciiOnly, clean } from '../core/text.ts';
import { type Look, paintWithin, signs } from './look.ts';
import { stateWord } from './rows.ts';
import { wrap } from './wrap.ts';

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
    ['claude', lastAnswer, paint.green],
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
