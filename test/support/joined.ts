/** The text of portions of UTF-8 that are true only until the next one is asked for. */
export function joined(portions: Iterable<Uint8Array>): string {
  return Buffer.concat(Array.from(portions, (portion) => Buffer.from(portion))).toString();
}
