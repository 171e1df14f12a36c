import { isObject, type Json } from '../../core/json.ts';

/** A line longer than this, in UTF-16 units, is looked at before it is parsed: what nests for ever, or never ends, takes memory. */
const suspicious = 64 << 10;
const tooDeep = '['.repeat(1000);
/** So many UTF-16 units of a line that is no JSON are gone through, again and again, in search of the records in it. */
const mostSearched = 2 << 20;
/** No record of Claude Code's nests as deep. */
const deepest = 500;

/**
 * The JSON objects in one line, in their order. That is one, as a rule; but a crash leaves two of them on a line, a cut
 * one with a whole one behind it, or runs of NUL (seen in 23 of 10,949 transcripts). What is torn is passed over. Never
 * throws.
 */
export function objectsIn(line: string): Json[] {
  if (line.length > suspicious && line.includes(tooDeep)) return [];
  if (line.length <= suspicious || /\}[\0\s]*$/.test(line.slice(-1000))) {
    const whole = parse(
      line.startsWith('{') && line.endsWith('}') ? line : line.replace(/^[\0\ufeff\s]+|[\0\s]+$/g, ''),
    );
    if (whole !== null) return [whole];
  }
  const found: Json[] = [];
  let left = mostSearched;
  for (let from = line.indexOf('{"'); from >= 0 && left > 0; ) {
    const { end, isWhole } = endOfObject(line, from);
    left -= end - from;
    // What is cut may look like an object up to somewhere in its middle: a record is followed by the next one, or by nothing.
    const stands = isWhole && /^[\0\s]*(?:\{|$)/.test(line.slice(end, end + 1000));
    const json = stands ? parse(line.slice(from, end)) : null;
    if (json !== null) found.push(json);
    from = line.indexOf('{"', json === null ? from + 1 : end);
  }
  return found;
}

function parse(text: string): Json | null {
  try {
    const json: unknown = JSON.parse(text);
    return isObject(json) ? json : null;
  } catch {
    return null;
  }
}

/** The place behind the object that begins at `from`, or how far it was followed where it never ends. */
function endOfObject(text: string, from: number): { end: number; isWhole: boolean } {
  const part = /["{}]/g;
  part.lastIndex = from;
  const string = /(?:[^"\\]|\\.)*"/sy;
  let depth = 0;
  for (let found = part.exec(text); found !== null; found = part.exec(text)) {
    if (found[0] === '"') {
      string.lastIndex = part.lastIndex;
      if (!string.test(text)) return { end: text.length, isWhole: false };
      part.lastIndex = string.lastIndex;
    } else {
      depth += found[0] === '{' ? 1 : -1;
      if (depth === 0 || depth > deepest) return { end: part.lastIndex, isWhole: depth === 0 };
    }
  }
  return { end: text.length, isWhole: false };
}
