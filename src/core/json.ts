/** A JSON object as it was parsed. */
export type Json = Record<string, unknown>;

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object that a text is; null where it is none, or no JSON. Never throws. */
export function parseObject(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** The object in a field; an empty one where there is none. */
export function objectIn(value: unknown): Json {
  return isObject(value) ? value : {};
}

/** The objects in an array; none where it is no array. */
export function objectsIn(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** A text that is not empty; else null. */
export function string(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** A time in milliseconds since the epoch, as such a number or as ISO 8601; null where it is neither. */
export function time(value: unknown): number | null {
  const at = typeof value === 'string' ? Date.parse(value) : value;
  return typeof at === 'number' && Number.isFinite(at) && Math.abs(at) < 8.64e15 ? at : null;
}
