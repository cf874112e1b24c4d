/** What goes to all who follow a session over Socket.IO is encoded once. */
import { isWithheld } from '../contracts/index.ts';

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

/**
 * Keeps only the newest: a value goes to all of its watchers before the next one does. Kept for as long as the value itself, what was made of
 * the events of a session would be several times as large as they are.
 */
function kept<T>(make: (value: object) => T): (value: object) => T {
  let last: { readonly value: object; readonly made: T } | undefined;
  return (value) => {
    if (last?.value !== value) last = { value, made: make(value) };
    return last.made;
  };
}

/** A direct message goes to some as it is and to others withheld, in turn: both forms are kept. */
function keptBoth<T>(make: (value: object) => T): (value: object) => T {
  const [whole, withheld] = [kept(make), kept(make)];
  return (value) => (isWithheld(value) ? withheld(value) : whole(value));
}

/** The JSON of an event, a delta or a view; they never change. */
export const jsonOf = keptBoth((value) => JSON.stringify(value));

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

/** The same, of what goes to many: one function for each name. */
export function encoderOf(name: string): (value: object) => EncodedPacket {
  return keptBoth((value) => encodeEvent(name, jsonOf(value)));
}
