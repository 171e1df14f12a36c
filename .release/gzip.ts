interface Bun {
  gzipSync(bytes: Buffer, options: { library: 'libdeflate'; level: number }): Uint8Array;
}

/**
 * Bytes in gzip format, without a name or a time. By libdeflate of the Bun that package.json pins, so that the same bytes
 * come out on every machine: zlib's depend on the version of Node, and its fast paths on the processor.
 */
export function gzip(bytes: Buffer): Buffer {
  const { Bun } = globalThis as unknown as { Bun: Bun };
  return Buffer.from(Bun.gzipSync(bytes, { library: 'libdeflate', level: 9 }));
}
