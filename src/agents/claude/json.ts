import { isObject, type Json, string } from '../../core/json.ts';

/** The text blocks of a message's content, joined by line ends. */
export function plainText(content: unknown): string {
  if (typeof content === 'string') return content;
  return blocks(content)
    .filter((block) => block.type === 'text')
    .map((block) => string(block.text) ?? '')
    .join('\n');
}

/** The blocks of a message's content; none where it is a text. */
export function blocks(content: unknown): Json[] {
  return Array.isArray(content) ? content.filter(isObject) : [];
}

/** An ISO time in milliseconds since the epoch; null when it is none. */
export function timestamp(value: unknown): number | null {
  if (typeof value !== 'string') return null;
  const at = Date.parse(value);
  return Number.isFinite(at) ? at : null;
}
