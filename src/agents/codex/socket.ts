import type { Socket } from 'node:net';
import { version } from '../../version.ts';

// A WebSocket (RFC 6455) with a JSON message a frame, as far as some calls and their answers need it.

/** A call of a method. */
export interface SocketCall {
  method: string;
  params: object;
}

/** More bytes than these are no answer. */
const most = 4 << 20;

/**
 * Makes calls at a socket, and gives what they return, in their order; undefined for one that failed. Null where not all
 * are answered within `deadline` milliseconds, or anything is not as expected. Never throws.
 */
export async function callOverSocket(path: string, calls: SocketCall[], deadline: number): Promise<unknown[] | null> {
  const { connect } = await import('node:net');
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (answers: unknown[] | null) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answers);
    };
    // What has come by then is read before: it may have waited for us, not we for it.
    const timer = setTimeout(() => setImmediate(end, null), deadline);
    const talk = new Talk(socket, calls, end);
    socket.on('connect', () => talk.begin());
    socket.on('data', (bytes) => talk.take(bytes));
    socket.on('error', () => end(null));
    socket.on('close', () => end(null));
  });
}

class Talk {
  private readonly socket: Socket;
  private readonly calls: SocketCall[];
  private readonly end: (answers: unknown[] | null) => void;
  private readonly answers = new Map<number, unknown>();
  private bytes: Buffer = Buffer.alloc(0);
  private isOpen = false;

  constructor(socket: Socket, calls: SocketCall[], end: (answers: unknown[] | null) => void) {
    this.socket = socket;
    this.calls = calls;
    this.end = end;
  }

  begin(): void {
    const head = [
      'GET / HTTP/1.1',
      'Host: localhost',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Key: ${Buffer.from(randomBytes(16)).toString('base64')}`,
      'Sec-WebSocket-Version: 13',
    ];
    this.socket.write(`${head.join('\r\n')}\r\n\r\n`);
  }

  take(bytes: Buffer): void {
    this.bytes = Buffer.concat([this.bytes, bytes]);
    try {
      if (this.bytes.length > most) throw new Error('too much');
      if (!this.isOpen && !this.open()) return;
      for (let frame = this.nextFrame(); frame !== null; frame = this.nextFrame()) this.read(frame);
    } catch {
      this.end(null);
    }
  }

  /** Reads the answer to the greeting, and makes the calls. */
  private open(): boolean {
    const end = this.bytes.indexOf('\r\n\r\n');
    if (end < 0) return false;
    if (!this.bytes.toString('latin1', 0, end).startsWith('HTTP/1.1 101')) throw new Error('no WebSocket');
    this.bytes = this.bytes.subarray(end + 4);
    this.isOpen = true;
    this.send({ id: 0, method: 'initialize', params: { clientInfo: { name: 'wt', version } } });
    this.send({ method: 'initialized' });
    for (const [place, call] of this.calls.entries()) this.send({ id: place + 1, ...call });
    return true;
  }

  /** The text of the next whole frame; null where there is none yet. Throws for what is not expected. */
  private nextFrame(): string | null {
    const { bytes } = this;
    if (bytes.length < 2) return null;
    const [first, second] = [bytes[0]!, bytes[1]!];
    const short = second & 0x7f;
    const head = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (bytes.length < head) return null;
    const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
    if (length > most || (second & 0x80) !== 0) throw new Error('no frame of a server');
    if (bytes.length < head + length) return null;
    this.bytes = bytes.subarray(head + length);
    // One whole text; a ping, and what has come to be in pieces, are not waited for.
    if (first === 0x81) return bytes.toString('utf8', head, head + length);
    if (first === 0x89) return '';
    throw new Error('another frame');
  }

  private read(text: string): void {
    if (text === '') return;
    const { id, result } = JSON.parse(text) as { id?: unknown; result?: unknown };
    // What has no id is news, and what has a method of its own asks us something: neither is meant here.
    if (typeof id !== 'number') return;
    if (id === 0 && result === undefined) throw new Error('refused');
    this.answers.set(id, result);
    if (this.answers.size > this.calls.length) this.end(this.calls.map((_, place) => this.answers.get(place + 1)));
  }

  /** A client's frames are masked. */
  private send(message: object): void {
    const text = Buffer.from(JSON.stringify(message));
    const mask = randomBytes(4);
    const head = text.length < 126 ? Buffer.from([0x81, 0x80 | text.length]) : Buffer.from([0x81, 0xfe, 0, 0]);
    if (text.length >= 126) head.writeUInt16BE(text.length, 2);
    for (const [at, byte] of text.entries()) text[at] = byte ^ mask[at % 4]!;
    this.socket.write(Buffer.concat([head, mask, text]));
  }
}

/** By the web's own API, for to load `node:crypto` is a tenth of a greeting (Bun 1.4.5). */
function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}
