/** All TCP connections of a gateway. */
import type { IncomingMessage, Server, RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as nextRound } from 'node:timers/promises';
import { LIMITS } from '../../contracts/index.ts';
import { FairQueue } from '../../fair/index.ts';
import type { Logger } from '../../telemetry/index.ts';
import { Peer } from './peer.ts';

/** Whoever watches over the process asks without a key, and does not wait behind all others that have none. */
const PROBES: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/** The tenant of a request; empty for all who have none. */
export type OwnerOf = (req: IncomingMessage) => Promise<string>;

export class Peers {
  readonly #logger: Logger;
  readonly #all = new Map<Socket, Peer>();
  /** By tenant: a burst of one takes the event loop for a few requests at a time, and all strangers together count as one. */
  readonly #rounds = new FairQueue(LIMITS.requests);
  /** Since the last look: connections that were cut, and that were not taken. */
  #cuts = 0;
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Bytes that wait for all of them. */
  get waitingBytes(): number {
    return [...this.#all.values()].reduce((sum, peer) => sum + peer.waitingBytes, 0);
  }

  /** The peer of a connection that the server has accepted. */
  of(socket: Socket): Peer {
    const found = this.#all.get(socket);
    if (found) return found;
    const peer = new Peer(socket, (reason) => this.#tell(reason, peer.address));
    this.#all.set(socket, peer);
    // Node makes an error for each request that is unanswered: a thousand stacks would hold up everybody.
    let { stackTraceLimit } = Error;
    socket.prependOnceListener('close', () => {
      ({ stackTraceLimit } = Error);
      Error.stackTraceLimit = 0;
    });
    socket.once('close', () => {
      Error.stackTraceLimit = stackTraceLimit;
      this.#all.delete(socket);
      peer.gone();
    });
    return peer;
  }

  /** Watches the connections of a server. Called after everything that listens for its requests has been added. */
  watch(server: Server, ownerOf: OwnerOf): void {
    server.on('connection', (socket: Socket) => this.of(socket));
    server.on('drop', () => {
      this.#dropped += 1;
    });
    const handlers = server.listeners('request') as RequestListener[]; // safety: what listens for requests
    server.removeAllListeners('request');
    server.on('request', (req, res) => {
      const begin = async (): Promise<void> => {
        if (req.socket.destroyed) return;
        for (const handle of handlers) handle.call(server, req, res);
        await nextRound();
      };
      // Whose turn it is: requests of one tenant wait for each other.
      const inTurn = async (): Promise<void> =>
        this.#rounds.run(PROBES.has(req.url ?? '') ? (req.url ?? '') : await ownerOf(req), begin);
      this.of(req.socket).answer(req, res, () => void inTurn());
    });
    this.#timer = setInterval(() => this.look(performance.now()), LIMITS.lookMs).unref();
  }

  #tell(reason: string, address: string): void {
    this.#cuts += 1;
    if (this.#cuts <= LIMITS.cutsTold) this.#logger.warn({ reason, address }, 'A connection was cut');
  }

  #tellMore(): void {
    const cuts = this.#cuts - LIMITS.cutsTold;
    if (cuts > 0) this.#logger.warn({ cuts }, 'More connections were cut');
    if (this.#dropped > 0)
      this.#logger.warn(
        { dropped: this.#dropped, open: this.size },
        'Connections were refused: too many are open',
      );
    this.#cuts = 0;
    this.#dropped = 0;
  }

  /** Cuts whose peers do not read, and keeps what waits for all of them within bounds. */
  look(now: number): void {
    this.#tellMore();
    for (const peer of this.#all.values()) peer.look(now);
    let total = this.waitingBytes;
    if (total <= LIMITS.outgoingBytes) return;
    const byBytes = [...this.#all.values()].map((peer) => ({ peer, bytes: peer.waitingBytes }));
    for (const { peer, bytes } of byBytes.sort((a, b) => b.bytes - a.bytes)) {
      if (total <= LIMITS.outgoingBytes / 2) return;
      peer.cut('too much waits for all connections together');
      total -= bytes;
    }
  }

  /** Ends what is left. */
  cutAll(): void {
    clearInterval(this.#timer);
    for (const peer of this.#all.values()) peer.cut('the gateway stops');
  }
}
