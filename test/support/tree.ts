import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Every file below a folder, by its path there: mode and content, or where it links to; with `times`, folders too (their
 * names end in `/`), and when each changed, in nanoseconds. Names in `except` are left out with what is below them.
 */
export function tree(
  folder: string,
  { times = false, except = [] }: { times?: boolean; except?: string[] } = {},
): Record<string, string> {
  const found: Record<string, string> = {};
  if (!existsSync(folder)) return found;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length + 1);
    if (except.some((one) => `${name}/`.startsWith(`${one}/`))) continue;
    const { mtimeNs, mode } = lstatSync(path, { bigint: true });
    const time = times ? `${mtimeNs} ` : '';
    if (entry.isSymbolicLink()) found[name] = `-> ${readlinkSync(path)}`;
    else if (entry.isFile()) found[name] = `${time}${(mode & 0o777n).toString(8)} ${readFileSync(path, 'latin1')}`;
    else if (times) found[`${name}/`] = time;
  }
  return found;
}
