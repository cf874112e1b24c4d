/** The engine.io connection below a Socket.IO socket: what comes in and what goes out, whoever wrote it. */
import type { Socket as NetSocket } from 'node:net';
import { LIMITS } from '../../contracts/index.ts';
import type { EncodedPacket } from '../encoded.ts';
import { Outgoing } from '../outgoing.ts';
import { Bucket } from '../../fair/index.ts';
import type { Peer } from './peer.ts';

/** Of engine.io's connection and the `ws` below it, what is used here. */
export interface Engine {
  readonly request: { readonly socket: NetSocket };
  readonly transport: object;
  on(name: string, listener: (packet: Packet) => void): unknown;
  once(name: 'drain', listener: () => void): unknown;
  readonly readyState: string;
  close(discard?: boolean): unknown;
  write(packet: string, options: { readonly wsPreEncodedFrame: readonly Buffer[] }): unknown;
}

interface Packet {
  readonly type?: unknown;
  readonly data?: unknown;
}

interface WebSocketBelow {
  readonly bufferedAmount: number;
  pause(): void;
  resume(): void;
  ping(): void;
  on(name: 'ping' | 'pong', listener: () => void): unknown;
  removeAllListeners(name: 'message'): unknown;
}

/** CONNECT to the only namespace there is, with or without a payload (https://socket.io/docs/v4/socket-io-protocol). */
const GREETING = /^0(?:\{|$)/;

/** UTF-8 bytes of a packet; engine.io's own have no data, or little. */
function bytesOf({ data }: Packet): number {
  return typeof data === 'string' ? Buffer.byteLength(data) : 0;
}

/**
 * A client greets once (CONNECT), waits for the answer, and then asks. Anything else ends the connection:
 *
 *     new -- CONNECT to / --> greeted -- welcome() --> open
 */
export class Pipe {
  readonly outgoing = new Outgoing();
  readonly #engine: Engine;
  readonly #peer: Peer;
  readonly #below: WebSocketBelow;
  readonly #inbound: { readonly bytes: Bucket; readonly packets: Bucket };
  #state: 'new' | 'greeted' | 'open' = 'new';
  #received = 0;
  /** Packets, and their bytes, that engine.io holds until the transport can write again. */
  #packets = 0;
  #bytes = 0;
  #pause: NodeJS.Timeout | undefined;
  /** Until when it is not read, ms of the clock of the buckets. */
  #pausedUntil = 0;

  constructor(engine: Engine, peer: Peer) {
    this.#engine = engine;
    this.#peer = peer;
    this.#below = (engine.transport as { readonly socket: WebSocketBelow }).socket; // safety: WebSocket is the only transport
    const now = performance.now();
    const { bytes, packets } = LIMITS.inbound;
    this.#inbound = { bytes: new Bucket(bytes, now), packets: new Bucket(packets, now) };
    peer.heldAbove = () => this.#bytes;
    engine.on('packetCreate', (packet) => this.#sends(packet));
    engine.on('flush', () => {
      this.#packets = 0;
      this.#bytes = 0;
    });
    engine.on('packet', (packet) => this.#hears(packet));
    for (const name of ['ping', 'pong'] as const) this.#below.on(name, () => this.#count());
    engine.request.socket.on('data', (chunk: Buffer) => this.#reads(chunk.length));
    engine.on('close', () => clearTimeout(this.#pause));
  }

  /** What waits for the peer: bytes without the snapshots among them, and packets that the transport has not got yet. */
  backlog(): { readonly bytes: number; readonly packets: number } {
    const waiting = this.#bytes + this.#below.bufferedAmount;
    return { bytes: this.outgoing.counted(waiting), packets: this.#packets };
  }

  /** It has greeted, and may ask. */
  welcome(): void {
    this.#state = 'open';
  }

  /** Sends what is encoded already, as Socket.IO's own adapter does with what goes to many. */
  write({ packet, frame }: EncodedPacket): void {
    this.#engine.write(packet, { wsPreEncodedFrame: [frame] });
  }

  /** Sends a snapshot, which does not count as what waits, and costs the peer some of what it may send: it is much for little. */
  snapshot(send: () => void): void {
    this.#charge(() => this.outgoing.snapshot(send));
  }

  /** Sends what a subscription has missed: that costs the peer as much, and a little more. */
  catchUp(send: () => void): void {
    this.#charge(send, LIMITS.subscriptionBytes);
  }

  #charge(send: () => void, bytes = 0): void {
    const before = this.outgoing.handed;
    send();
    const cost = bytes + (this.outgoing.handed - before) * LIMITS.snapshotShare;
    this.#wait(this.#inbound.bytes.take(cost, performance.now()));
  }

  /** Asks the client for a sign that it has read everything that was sent before: `onPong`. */
  ping(): void {
    // What engine.io still holds goes first.
    if (this.#packets > 0) this.#engine.once('drain', () => this.ping());
    else if (this.#engine.readyState === 'open') this.#below.ping();
  }

  /** Also for a pong that nobody has asked for. */
  onPong(hear: () => void): void {
    this.#below.on('pong', hear);
  }

  /** Closes it after everything sent before is on its way; a peer that does not take part is cut. */
  end(): void {
    this.#engine.close();
    this.#peer.close();
  }

  #sends(packet: Packet): void {
    const bytes = bytesOf(packet);
    this.#packets += 1;
    this.#bytes += bytes;
    this.outgoing.add(bytes);
    this.#checkOutgoing();
  }

  #checkOutgoing(): void {
    const { bytes, packets } = this.backlog();
    const { hardFactor, socketBytes, socketPackets } = LIMITS;
    if (bytes > hardFactor * socketBytes || packets > hardFactor * socketPackets)
      this.#cut('too much waits for it');
  }

  #hears({ type, data }: Packet): void {
    this.#count();
    if (type !== 'message') return;
    const isConnect = typeof data === 'string' && data.startsWith('0');
    if (this.#state === 'open' && !isConnect) return;
    if (this.#state === 'new' && isConnect && GREETING.test(data)) this.#state = 'greeted';
    else this.#cut(this.#state === 'open' ? 'it greeted again' : 'it did not greet as it should');
  }

  #count(): void {
    this.#wait(this.#inbound.packets.take(1, performance.now()));
    if (this.#inbound.packets.isOverdrawn) this.#cut('it sends too many packets');
  }

  #reads(bytes: number): void {
    this.#received += bytes;
    if (this.#state !== 'open' && this.#received > LIMITS.greetingBytes) {
      this.#cut('it sent too much before it was authenticated');
      return;
    }
    this.#wait(this.#inbound.bytes.take(bytes, performance.now()));
    // What answers without being asked, such as a pong, is written while one reads.
    this.#checkOutgoing();
  }

  #cut(reason: string): void {
    // What has been read already is not looked at any more.
    this.#below.removeAllListeners('message');
    this.#peer.cut(reason);
  }

  /** Does not read for a while; a shorter one does not end a longer one. */
  #wait(ms: number): void {
    const until = performance.now() + ms;
    if (ms <= 0 || until <= this.#pausedUntil) return;
    this.#pausedUntil = until;
    clearTimeout(this.#pause);
    this.#below.pause();
    this.#pause = setTimeout(() => this.#below.resume(), ms).unref();
  }
}
