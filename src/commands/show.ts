import { endOfTalk, talkOf, wholeTalk } from '../box/conversation.ts';
import { withBox } from '../box/scan.ts';
import { type Entry, lastExchange } from '../core/conversation.ts';
import type { Session } from '../core/session.ts';
import { cleanLines } from '../core/text.ts';
import { lookOf } from '../screen/look.ts';
import { write } from '../screen/output.ts';
import { page } from '../screen/pager.ts';
import { renderConversation } from '../view/conversation.ts';
import { renderJsonRow } from '../view/json.ts';
import type { Look } from '../view/look.ts';
import { renderHead, renderPreview } from '../view/preview.ts';
import type { World } from '../world.ts';
import type { Command } from './command.ts';
import { resolveSession } from './session.ts';

/**
 * `wt show`: what a session is about and what was said in it: on a terminal in the pager, else in short with the last
 * exchange whole, or all of it as JSON. Who was shown a session has seen it.
 */
export async function show(world: World, command: { ref: string[]; json: boolean }): Promise<number> {
  const session = await resolveSession(world, command.ref, 'full');
  const talk = await withBox(world, (box) => {
    box.marks.see(session.id, world.now);
    return talkOf(box, session);
  });
  if (command.json) {
    write(`${rowWithConversation(session, talk === null ? [] : wholeTalk(talk))}\n`);
    return 0;
  }
  const look = await lookOf(world);
  if (!world.screen.terminal) {
    const lines = renderPreview(session, look, Number.POSITIVE_INFINITY);
    write(asText([...lines, ...renderExchange(talk === null ? [] : endOfTalk(talk), look)]));
    return 0;
  }
  const lines = renderWhole(session, talk === null ? [] : wholeTalk(talk), look);
  const isLong = lines.length >= screenRows(world);
  if (!isLong || !page(world, asText(lines), { atEnd: true })) write(asText(lines));
  return 0;
}

/** The conversation, and around it what the session is and, at the end, where the eye begins, what it needs. */
function renderWhole(session: Session, entries: Entry[], look: Look): string[] {
  const head = renderHead({ ...session, activity: null, needs: null, lastTurn: null }, look, Number.POSITIVE_INFINITY);
  const talk = renderConversation(entries, look);
  const rule = look.paint.dim((look.utf8 ? '─' : '-').repeat(look.columns));
  return [...head, rule, ...talk, rule, ...renderHead(session, look, Number.POSITIVE_INFINITY)];
}

/** The last prompt and the last answer behind it, uncut. */
function renderExchange(entries: Entry[], look: Look): string[] {
  const said = lastExchange(entries);
  return said.length === 0 ? [] : ['', ...renderConversation(said, look)];
}

/** The row of `--json`, and with it the conversation. */
function rowWithConversation(session: Session, entries: Entry[]): string {
  const conversation = entries.map(({ who, kind, text, at }) => ({
    who: who === 'you' ? who : session.agent,
    kind,
    text: cleanLines(text).join('\n'),
    at: at === null ? null : new Date(at).toISOString(),
  }));
  return `${renderJsonRow(session).slice(0, -1)},"conversation":${JSON.stringify(conversation)}}`;
}

function asText(lines: string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function screenRows(world: World): number {
  const told = Number(world.env.LINES);
  return process.stdout.rows || (Number.isInteger(told) && told > 1 ? told : 24);
}

export const showCommand: Command = {
  name: 'show',
  summary: 'what it is about, what was said, and what it waits for',
  usage: '<session> [--json]',
  flags: { '--json': { summary: 'its row of --json, with the conversation' } },
  takes: 'session',
  run: (world, { words, flags }) => show(world, { ref: words, json: flags.has('--json') }),
};
