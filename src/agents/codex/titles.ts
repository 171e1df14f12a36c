import { join } from 'node:path';
import { objectIn, string } from '../../core/json.ts';
import { readAt, withRegularFile } from '../../machine/regular-file.ts';

/** More of the index, in bytes, is not read at a login: its end names what was named last. */
const most = 4 << 20;

/**
 * The names of threads, by their ids: `session_index.jsonl`, `{id, thread_name, …}` a line, to which each new name is
 * appended, whether a model or the user gave it (0.171; absent in 0.145). None where it can't be read.
 */
export function threadNames(configDir: string): Map<string, string> {
  const names = new Map<string, string>();
  let text = '';
  try {
    text = withRegularFile(join(configDir, 'session_index.jsonl'), (file) =>
      readAt(file, Math.max(0, file.size - most), Math.min(most, file.size)).toString(),
    );
  } catch {
    // None was ever named, or it isn't ours to read.
  }
  for (const line of text.split('\n')) {
    if (line === '') continue;
    try {
      const { id, thread_name } = objectIn(JSON.parse(line));
      if (typeof id === 'string') names.set(id, string(thread_name)?.trim() ?? '');
    } catch {
      // Torn: cut at its beginning, or just being written.
    }
  }
  return names;
}
