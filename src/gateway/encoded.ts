/** What goes to all who follow a session is encoded once. */

/** The types of a packet: a message of engine.io that holds an event of Socket.IO (https://socket.io/docs/v4/engine-io-protocol). */
const MESSAGE = '4';
const EVENT = '2';

/** A text frame of a server that is sent whole: its first byte, and lengths that need two and eight more (RFC 6455, 5.2). */
const TEXT = 0x81;
const [LENGTH_16, LENGTH_64] = [126, 127];

export interface EncodedPacket {
  /** As engine.io takes it. */
  readonly packet: string;
  /** The same as a frame of a WebSocket. */
  readonly frame: Buffer;
}

const texts = new WeakMap<object, string>();
const packets = new WeakMap<object, EncodedPacket>();

/** The JSON of an event, a delta or a view; they never change. */
export function jsonOf(value: object): string {
  const found = texts.get(value);
  if (found !== undefined) return found;
  const text = JSON.stringify(value);
  texts.set(value, text);
  return text;
}

function frameOf(text: string): Buffer {
  const bytes = Buffer.byteLength(text);
  const more = bytes < LENGTH_16 ? 0 : bytes < 2 ** 16 ? 2 : 8;
  const frame = Buffer.allocUnsafe(2 + more + bytes);
  frame[0] = TEXT;
  frame[1] = more === 0 ? bytes : more === 2 ? LENGTH_16 : LENGTH_64;
  if (more === 2) frame.writeUInt16BE(bytes, 2);
  if (more === 8) frame.writeBigUInt64BE(BigInt(bytes), 2);
  frame.write(text, 2 + more);
  return frame;
}

/** An event of Socket.IO in the namespace `/` (https://socket.io/docs/v4/socket-io-protocol). */
export function encodeEvent(name: string, json: string): EncodedPacket {
  const packet = `${EVENT}["${name}",${json}]`;
  return { packet, frame: frameOf(MESSAGE + packet) };
}

/** The same, of what goes to many. A value always has the same name. */
export function encodedEvent(name: string, value: object): EncodedPacket {
  const found = packets.get(value);
  if (found) return found;
  const encoded = encodeEvent(name, jsonOf(value));
  packets.set(value, encoded);
  return encoded;
}
