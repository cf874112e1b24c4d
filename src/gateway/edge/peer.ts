/** One TCP connection, whatever is spoken on it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { LIMITS } from '../../contracts/index.ts';

/** Bytes that the kernel has not taken of the write that is under way; not part of Node's types. */
function queuedInKernel(socket: Socket): number {
  const { _handle: handle } = socket as { readonly _handle?: { readonly writeQueueSize?: unknown } | null };
  return typeof handle?.writeQueueSize === 'number' ? handle.writeQueueSize : 0;
}

/**
 * HTTP requests on it are answered one at a time. It is cut, without asking its peer, when it sends what nobody sends, when its peer does not
 * read, and when it was to be closed and was not in time.
 *
 *     open -- close() --> closing -- the peer has closed, or LIMITS.closeMs --> gone
 *       '-------------------------- cut() --------------------------------------^
 */
export class Peer {
  readonly address: string;
  /** Bytes that wait above the socket, in whatever speaks on it. */
  heldAbove: () => number = () => 0;
  readonly #socket: Socket;
  readonly #log: (reason: string) => void;
  /** Requests that wait for the answer before theirs. */
  readonly #waiting: (() => void)[] = [];
  #answering = false;
  #isUploading = false;
  #closing: NodeJS.Timeout | undefined;
  /** What had left the process when it was looked at last, and since when nothing more has. */
  #left = { written: 0, queued: 0, at: performance.now() };

  /** `log` hears why it was cut. */
  constructor(socket: Socket, log: (reason: string) => void) {
    this.#socket = socket;
    this.#log = log;
    this.address = socket.remoteAddress ?? '';
  }

  /** Bytes that wait to be sent, whoever wrote them. */
  get waitingBytes(): number {
    return this.heldAbove() + this.#socket.writableLength;
  }

  /** Bytes that the kernel has taken, but for those of the write that is under way. */
  get sentBytes(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }

  /** A request is being answered, or waits for that. */
  get isAsking(): boolean {
    return this.#answering || this.#waiting.length > 0;
  }

  /** A file is being sent on it. */
  get isUploading(): boolean {
    return this.#isUploading;
  }

  /** The body of this request is a file: it may come in more pieces, and take longer. Whoever reads it looks at its pace. */
  uploads(req: IncomingMessage): void {
    this.#isUploading = true;
    req.once('close', () => {
      this.#isUploading = false;
    });
  }

  /** Answers a request once those before it are answered. */
  answer(req: IncomingMessage, res: ServerResponse, begin: () => void): void {
    this.#countPieces(req);
    // Nobody will read the rest of the body, and it may have no end.
    res.once('finish', () => {
      if (!req.complete) this.#socket.destroySoon();
    });
    if (this.#waiting.length >= LIMITS.pipelinedRequests) {
      this.cut('too many pipelined requests');
      return;
    }
    this.#waiting.push(() => {
      this.#answering = true;
      res.once('close', () => {
        this.#answering = false;
        this.#next();
      });
      begin();
    });
    if (!this.#answering) this.#next();
  }

  /** Cuts it if its peer takes nothing of what waits for it. `now`: ms of a clock that is never set back. */
  look(now: number): void {
    const socket = this.#socket;
    const written = this.sentBytes;
    const queued = queuedInKernel(socket);
    const moves = written > this.#left.written || queued < this.#left.queued;
    if (moves || this.waitingBytes === 0) this.#left = { written, queued, at: now };
    else if (now - this.#left.at >= LIMITS.stalledMs) this.cut('it reads nothing');
    else this.#left = { ...this.#left, written, queued };
  }

  /** It is being closed, in whatever way: a peer that does not take part is cut. */
  close(): void {
    this.#closing ??= setTimeout(() => this.cut('it did not close'), LIMITS.closeMs).unref();
  }

  /** Ends it now. */
  cut(reason: string): void {
    if (this.#socket.destroyed) return;
    this.#log(reason);
    this.#socket.destroy();
  }

  /** It has ended. */
  gone(): void {
    clearTimeout(this.#closing);
    this.#waiting.length = 0;
  }

  /** Each chunk of a body costs as much as a small request, however short it is, also if nobody reads it. */
  #countPieces(req: IncomingMessage): void {
    const push = req.push.bind(req);
    let [pieces, bytes] = [0, 0];
    req.push = (chunk: Buffer | null) => {
      pieces += 1;
      bytes += chunk?.length ?? 0;
      const most = LIMITS.bodyPieces + (this.#isUploading ? bytes / LIMITS.uploadPieceBytes : 0);
      if (pieces <= most || chunk === null) return push(chunk);
      this.cut('its body comes in too many pieces');
      return false;
    };
  }

  #next(): void {
    if (this.#socket.destroyed) return;
    this.#waiting.shift()?.();
  }
}
