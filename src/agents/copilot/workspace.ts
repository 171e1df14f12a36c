import { join } from 'node:path';
import { readSmallFile } from '../../machine/regular-file.ts';

/** What `workspace.yaml` beside a session's events says (Copilot 1.0.102). */
export interface Workspace {
  cwd: string | null;
  branch: string | null;
  name: string | null;
  /** The user gave it that name. */
  isNamedByUser: boolean;
}

const largest = 64 << 10;
const nothing: Workspace = { cwd: null, branch: null, name: null, isNamedByUser: false };

/** Reads the workspace of a session's folder. Never throws: what can't be read says nothing. */
export function readWorkspace(folder: string): Workspace {
  let text: string | null;
  try {
    text = readSmallFile(join(folder, 'workspace.yaml'), largest);
  } catch {
    return nothing;
  }
  const fields = fieldsOf(text ?? '');
  const field = (name: string) => fields.get(name) || null;
  return {
    cwd: field('cwd'),
    branch: field('branch'),
    name: field('name'),
    isNamedByUser: fields.get('user_named') === 'true',
  };
}

/**
 * The fields of a flat YAML mapping of texts: plain, in either quotes, or as a block. Copilot writes nothing else there,
 * and of anything else there would be no field.
 */
function fieldsOf(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const [, name, value = ''] = /^([a-z_]+):(?:\s+(.*))?$/.exec(lines[at]!) ?? [];
    if (name === undefined) continue;
    const more: string[] = [];
    while (/^\s+\S/.test(lines[at + 1] ?? '')) more.push(lines[++at]!.trim());
    fields.set(name, textOf([/^[|>][+-]?$/.test(value) ? '' : value, ...more].join(' ').trim()));
  }
  return fields;
}

function textOf(scalar: string): string {
  if (scalar.startsWith("'")) return scalar.replace(/^'|'$/g, '').replaceAll("''", "'");
  if (!scalar.startsWith('"')) return scalar === 'null' || scalar === '~' ? '' : scalar;
  try {
    return String(JSON.parse(scalar));
  } catch {
    // YAML knows more escapes than JSON does.
    return scalar.replace(/^"|"$/g, '').replaceAll('\\"', '"');
  }
}
