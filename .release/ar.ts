/** An archive as ar(5) describes it, of files in this order; each is root's, of mode 644 and of this time, in seconds. */
export function ar(files: readonly [name: string, content: Buffer][], seconds: number): Buffer {
  const members = files.flatMap(([name, content]) => [
    Buffer.from(
      `${name.padEnd(16)}${String(seconds).padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}` +
        `${String(content.length).padEnd(10)}\`\n`,
    ),
    content,
    // Members begin at even places.
    Buffer.from(content.length % 2 === 1 ? '\n' : ''),
  ]);
  return Buffer.concat([Buffer.from('!<arch>\n'), ...members]);
}
