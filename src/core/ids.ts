// Ids of sessions are told apart by some of their characters: the first ones, or, where those are the time at which the id
// was made and so the same in all of one minute, the last ones.

/** An id is meant by as many of its characters. */
export const shortestPart = 4;

const shown = 8;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]/i;
const versionAt = 14;

/** Whether the beginning of an id says when it was made: UUIDs of version 7 (RFC 9562), and what is no UUID at all. */
function beginsWithTime(id: string): boolean {
  return !uuid.test(id) || id[versionAt] === '7';
}

/** As much of an id as rows and sentences show: it can be typed back. */
export function shortId(id: string): string {
  return beginsWithTime(id) ? id.slice(-shown) : id.slice(0, shown);
}

/** What a session is known by where the list is of several folders of its agent; `folder` stands for its own, [0-9a-z]. */
export function keyIn(folder: string, id: string): string {
  return `${id}.in.${folder}`;
}

/** The id in such a key, or the key itself where it is no more than that, and the folder. */
export function partsOfKey(key: string): { id: string; folder: string | null } {
  const at = key.lastIndexOf('.in.');
  return at < 0 ? { id: key, folder: null } : { id: key.slice(0, at), folder: key.slice(at + 4) };
}

/** Whether a part of an id, in small letters, means it: its beginning, or that or the end of what is shown of it. */
export function isMeantBy(id: string, part: string): boolean {
  if (part.length < shortestPart) return false;
  const whole = id.toLowerCase();
  if (whole.startsWith(part)) return true;
  return beginsWithTime(id) && (shortId(whole).startsWith(part) || whole.endsWith(part));
}
