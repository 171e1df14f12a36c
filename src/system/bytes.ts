/** What small buffers are parts of: for each new length up to 1,000 bytes JavaScriptCore sets 16 KB apart (Bun 1.4.5). */
let memory = Buffer.allocUnsafeSlow(16 << 10);
let used = 0;
const smallest = 1024;

export const noBytes: Buffer = memory.subarray(0, 0);

/** New memory of so many bytes, which may hold anything. */
export function bytesFor(length: number): Buffer {
  if (length > smallest) return Buffer.allocUnsafeSlow(length);
  need(length);
  used += length;
  return memory.subarray(used - length, used);
}

/** The UTF-8 of a text. */
export function bytesOf(text: string): Buffer {
  if (text.length > smallest) {
    const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
    bytes.write(text);
    return bytes;
  }
  // One UTF-16 unit makes up to three bytes.
  need(text.length * 3);
  const from = used;
  used += memory.write(text, from);
  return memory.subarray(from, used);
}

function need(length: number): void {
  if (memory.length - used >= length) return;
  memory = Buffer.allocUnsafeSlow(memory.length);
  used = 0;
}
