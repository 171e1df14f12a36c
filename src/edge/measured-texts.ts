import { join } from 'node:path';
import { prepare } from '../core/text.ts';
import { checkLine, readCheckedLines, sealLine, writeCheckedLines } from '../files/checked-lines.ts';
import type { World } from '../world.ts';

const heading = 'watchtower texts 1';
/** How many texts are remembered: those asked for last. */
const most = 500;

/** Makes ready to measure texts of sessions, with what earlier runs found out about the same texts. */
export async function readyToMeasure(world: World, texts: string[]): Promise<void> {
  const path = join(world.folders.cache, 'texts');
  const learned = await prepare(texts, () => recall(path));
  if (learned === null) return;
  const lines = learned.slice(-most).map((entry) => sealLine(JSON.stringify(entry)));
  writeCheckedLines(path, heading, lines);
}

function* recall(path: string): Generator<[raw: string, clean: string, shape: string]> {
  for (const line of readCheckedLines(path, heading)) {
    const content = checkLine(line);
    if (content !== null) yield JSON.parse(content);
  }
}
