import { archivedSessions, archiveRow, keyOfRow } from '../box/archive.ts';
import { endOfTalk, type Talk, talkOf, wholeTalk } from '../box/conversation.ts';
import { printedPlace, printedRows } from '../box/printed-rows.ts';
import { withBox } from '../box/scan.ts';
import { type Entry, lastExchange } from '../core/conversation.ts';
import { rowNumber } from '../core/ref.ts';
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
import { agentOf, resolveSession } from './session.ts';

/**
 * `wt show`: what a session is about and what was said in it: on a terminal in the pager, else in short with the last
 * exchange whole, or all of it as JSON. Who was shown a session has seen it.
 */
export async function show(world: World, command: { ref: string[]; json: boolean }): Promise<number> {
  const archived = await archivedOnRow(world, command.ref);
  const session = archived?.session ?? (await resolveSession(world, command.ref, 'full'));
  const talk =
    archived?.talk ??
    (await withBox(world, (box) => {
      box.marks.see(session.key, world.now);
      return talkOf(box, session);
    }));
  const place = printedPlace(world, archived === null ? session.key : archiveRow(session));
  if (command.json) {
    write(`${rowWithConversation(session, talk === null ? [] : wholeTalk(talk))}\n`);
    return 0;
  }
  const look = await lookOf(world);
  if (!world.screen.terminal) {
    const lines = renderPreview(session, look, Number.POSITIVE_INFINITY);
    const said =
      talk === null ? [] : place === null ? lastExchange(endOfTalk(talk)) : exchangeAt(wholeTalk(talk), place);
    write(asText([...lines, ...(said.length === 0 ? [] : ['', ...renderConversation(said, look)])]));
    return 0;
  }
  const { lines, line } = renderWhole(session, talk === null ? [] : wholeTalk(talk), look, place);
  const isLong = lines.length >= screenRows(world);
  if (!isLong || !page(world, asText(lines), line ?? 'end')) write(asText(lines));
  return 0;
}

/** The session in the archive that a row means which was printed of it, with its talk; null where the ref is none. */
async function archivedOnRow(world: World, ref: string[]): Promise<{ session: Session; talk: Talk } | null> {
  const number = rowNumber(ref);
  const row = number === null ? undefined : printedRows(world)[number - 1];
  if (row === undefined || row === keyOfRow(row)) return null;
  const session = (await archivedSessions(world)).find((one) => archiveRow(one) === row);
  if (session?.transcript == null) return null;
  return { session, talk: { agent: agentOf(world, session), file: session.transcript } };
}

/**
 * The conversation, and around it what the session is and, at the end, where the eye begins, what it needs; and the number
 * of the line at which the talk at the byte `place` begins.
 */
function renderWhole(
  session: Session,
  entries: Entry[],
  look: Look,
  place: number | null,
): { lines: string[]; line: number | null } {
  const head = renderHead({ ...session, activity: null, needs: null, lastTurn: null }, look, Number.POSITIVE_INFINITY);
  const talk = renderConversation(entries, look);
  const rule = look.paint.dim((look.utf8 ? '─' : '-').repeat(look.columns));
  const lines = [...head, rule, ...talk, rule, ...renderHead(session, look, Number.POSITIVE_INFINITY)];
  const at = place === null ? -1 : entries.findIndex(({ from }) => from === place);
  const before = at < 0 ? 0 : renderConversation(entries.slice(0, at), look).length;
  return { lines, line: at < 0 ? null : head.length + 2 + before + (at === 0 ? 0 : 1) };
}

/** What was said at a byte of the transcript, with the prompt before an answer, or the answer behind a prompt. */
function exchangeAt(entries: Entry[], place: number): Entry[] {
  const at = entries.findIndex(({ from }) => from === place);
  const entry = entries[at];
  if (entry === undefined) return lastExchange(entries);
  const prompt = entries.slice(0, at).findLast(({ kind }) => kind === 'prompt');
  const answer = entries.slice(at + 1).find(({ kind }) => kind === 'answer' || kind === 'prompt');
  if (entry.kind === 'prompt') return answer?.kind === 'answer' ? [entry, answer] : [entry];
  return prompt === undefined ? [entry] : [prompt, entry];
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
