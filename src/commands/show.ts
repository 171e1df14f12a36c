import { lookOf } from '../screen/look.ts';
import { write } from '../screen/output.ts';
import { page } from '../screen/pager.ts';
import { renderPreview } from '../view/preview.ts';
import type { World } from '../world.ts';
import type { Command } from './command.ts';
import { resolveSession } from './session.ts';

/** `wt show`: what a session is about; on a terminal that is too short for it, in the pager. */
export async function show(world: World, command: { ref: string[] }): Promise<number> {
  const session = await resolveSession(world, command.ref, 'full');
  const look = await lookOf(world);
  const lines = (rows: number) => text(renderPreview(session, look, rows));
  const whole = lines(Number.POSITIVE_INFINITY);
  const rows = world.screen.terminal ? screenRows(world) : Number.POSITIVE_INFINITY;
  if (whole.split('\n').length <= rows) write(whole);
  else if (!page(world, whole)) write(lines(rows - 1));
  return 0;
}

function text(lines: string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function screenRows(world: World): number {
  const told = Number(world.env.LINES);
  return process.stdout.rows || (Number.isInteger(told) && told > 1 ? told : 24);
}

export const showCommand: Command = {
  name: 'show',
  summary: 'what it is about, and what it waits for',
  usage: '<session>',
  flags: {},
  takes: 'session',
  run: (world, { words }) => show(world, { ref: words }),
};
