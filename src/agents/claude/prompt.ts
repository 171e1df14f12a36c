import { saying } from '../../core/facts.ts';
import type { Json } from '../../core/json.ts';

/** How a prompt is titled that is nothing but a picture. */
export const pictureTitle = 'picture';

/**
 * The tags that Claude Code itself puts round what nobody typed (2.1.332, its own closed list). Any other tag is the
 * user's text.
 */
const wrappers = [
  'agent-message',
  'bash-exit-code',
  'bash-input',
  'bash-stderr',
  'bash-stdout',
  'command-args',
  'command-contents',
  'command-message',
  'command-name',
  'cross-session-message',
  'fetched-web-content',
  'fork-boilerplate',
  'ide_diagnostics',
  'ide_opened_file',
  'ide_selection',
  'local-command-caveat',
  'local-command-stderr',
  'local-command-stdout',
  'post-tool-use-hook',
  'session-start-hook',
  'slack-ping',
  'slack-tag-message',
  'system-reminder',
  'task-notification',
  'teammate-message',
  'tick',
  'user-memory-input',
  'user-prompt-submit-hook',
];

const leadingWrapper = new RegExp(`^\\s*<(${wrappers.join('|')})(?:\\s[^>]*)?>`);
const trailingWrapper = new RegExp(`</(${wrappers.join('|')})>\\s*$`);
const leadingChannel = /^\s*<channel(?:\s[^>]*)?>/;

/**
 * What a person typed of a text: without the blocks of Claude Code's own that lead or follow it, and of a message from a
 * channel its inner text. Empty when nothing is left, or a leading wrapper never ends.
 */
export function promptOf(text: string): string {
  if (!text.includes('<')) return text.trim();
  let rest = text;
  for (let open = leadingWrapper.exec(rest); open !== null; open = leadingWrapper.exec(rest)) {
    const close = `</${open[1]}>`;
    const end = rest.indexOf(close, open[0].length);
    if (end < 0) return '';
    rest = rest.slice(end + close.length);
  }
  for (let close = trailingWrapper.exec(rest); close !== null; close = trailingWrapper.exec(rest)) {
    const open = rest.lastIndexOf(`<${close[1]}`, close.index);
    if (open < 0) break;
    rest = rest.slice(0, open);
  }
  const channel = leadingChannel.exec(rest);
  if (channel === null) return rest.trim();
  const end = rest.indexOf('</channel>', channel[0].length);
  const inner = rest.slice(channel[0].length, end < 0 ? undefined : end);
  return promptOf(`${inner}${end < 0 ? '' : rest.slice(end + '</channel>'.length)}`);
}

/**
 * The command in a text, as it was typed: `/review 12` for a slash command, `! make` for a line of the shell's; null
 * where there is none. (Claude Code 1.0 to 2.1.332; 2.1.265 also writes a bare `/compact`.)
 */
export function slashCommand(text: string): string | null {
  const shell = /^\s*<bash-input>([\s\S]*?)<\/bash-input>/.exec(text)?.[1]?.trim();
  if (shell) return `! ${shell}`;
  const name = /^\s*(?:<command-message>[^<]*<\/command-message>\s*)?<command-name>([^<]+)<\/command-name>/.exec(
    text,
  )?.[1];
  if (name === undefined) return null;
  const args = /<command-args>([\s\S]*?)<\/command-args>/.exec(text)?.[1] ?? '';
  return `${name.trim()} ${args.trim()}`.trim();
}

/**
 * Whether a user record, or a queued prompt, was given by a person: Claude Code 2.1.330 notes where it came from in
 * `origin.kind` and `promptSource`; older versions say nothing.
 */
export function isFromPerson(record: Json): boolean {
  const { origin, promptSource } = record;
  const kind = typeof origin === 'object' && origin !== null ? (origin as Json).kind : undefined;
  return (kind === undefined || kind === 'human' || kind === 'channel') && promptSource !== 'system';
}

/** The heading of the plan that a prompt hands over and is nothing besides, by which it is titled; null for any other. */
export function planIn(prompt: string): string | null {
  const plan = /^Implement the following plan:\s*([\s\S]*)$/.exec(prompt)?.[1];
  if (plan === undefined) return null;
  const lines = plan.split('\n').map((line) => line.trim());
  const heading = lines.find((line) => /^#+\s*\S/.test(line)) ?? lines.find((line) => line !== '');
  return heading === undefined ? null : saying(heading.replace(/^#+\s*/, ''));
}
