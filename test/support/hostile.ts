/** Clients that no library would be: they send what they like, and read when they like. */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { eventually } from './process.ts';

export class RawConnection {
  readonly socket: Socket;
  /** All that was read. */
  received = Buffer.alloc(0);
  isOver = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isOver = true;
    });
  }

  get text(): string {
    return this.received.toString('latin1');
  }

  write(data: string | Buffer): void {
    if (!this.socket.destroyed) this.socket.write(data);
  }

  /** Resolves once the other side has ended it. One who does not read does not notice: it writes, to learn of a reset. */
  over(what: string, withinMs = 20_000): Promise<void> {
    return eventually(what, async () => this.isOver, withinMs);
  }

  says(text: string): Promise<void> {
    return eventually(`"${text}" is read`, async () => this.text.includes(text), 20_000);
  }

  end(): void {
    this.socket.destroy();
  }
}

export async function rawConnection(port: number): Promise<RawConnection> {
  const socket = connect(port, '127.0.0.1');
  const raw = new RawConnection(socket);
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return raw;
}

/** A GET as text, to be sent as often as one likes. */
export function get(path: string, headers: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries({ Host: '127.0.0.1', ...headers }).map(([name, value]) => `${name}: ${value}`);
  return `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

/** A body in chunks of one byte each, which has no end. */
export const crumbs = (count: number): string => '1\r\n \r\n'.repeat(count);

/** A masked frame, as a client sends it (RFC 6455, 5.2). `opcode`: 0 goes on, 1 text, 8 close, 9 ping, 10 pong; `last`: the message ends. */
export function frame(opcode: number, text: string, last = true): Buffer {
  const data = Buffer.from(text);
  const mask = randomBytes(4);
  const length =
    data.length < 126
      ? Buffer.from([0x80 | data.length])
      : Buffer.from([0x80 | 126, data.length >> 8, data.length & 0xff]);
  const masked = data.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([(last ? 0x80 : 0) | opcode]), length, mask, masked]);
}

export const text = (packet: string): Buffer => frame(1, packet);

/** A WebSocket that has the handshake and engine.io's first packet behind it, and has greeted nobody. */
export async function rawSocket(port: number): Promise<RawConnection> {
  const raw = await rawConnection(port);
  const headers = {
    ...{ Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Version': '13' },
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
  };
  raw.write(get('/socket.io/?EIO=4&transport=websocket', headers));
  await raw.says('"maxPayload"');
  return raw;
}

/** The same, and it may ask. */
export async function greetedSocket(port: number, token = 'dev'): Promise<RawConnection> {
  const raw = await rawSocket(port);
  raw.write(text(`40${JSON.stringify({ token })}`));
  await raw.says('40{"sid"');
  return raw;
}
