/** Server-sent events: one HTTP response that follows one session. */
import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import { fittingOpen, FRAMES, formatPosition, LIMITS, membersOf } from '../contracts/index.ts';
import type {
  Bye,
  Cursor,
  Delta,
  Reader,
  HeardNote,
  Note,
  SessionEvent,
  SessionRef,
  SessionView,
} from '../contracts/index.ts';
import type { Subscription, Watcher } from '../deliver/delivery.ts';
import { readerOf } from '../tenants/index.ts';
import type { Principal } from '../tenants/index.ts';
import { byeOf } from './connections.ts';
import type { LongConnection } from './connections.ts';
import type { GatewayContext } from './context.ts';
import { jsonOf } from './encoded.ts';
import { Gate } from './gate.ts';
import { Outgoing } from './outgoing.ts';

/** How long EventSource waits before it reconnects, ms. */
const RETRY_MS = 1_000;

/** One frame. JSON contains no line breaks, so one `data` line is enough. */
export function sseFrame(event: string, json: string, id?: string): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${json}\n\n`;
}

class EventStream implements Watcher, LongConnection {
  readonly kind = 'stream';
  readonly principal: Principal;
  readonly reader: Reader;
  readonly subject: string | undefined;
  /** A stream says nothing: what its client had is told when it comes back. */
  readonly connection = { id: `stream-${randomUUID()}`, kind: 'stream' } as const;
  readonly #res: Response;
  readonly #notes: boolean;
  readonly #gate = new Gate();
  readonly #outgoing = new Outgoing();
  /** Frames that have not been handed to the kernel yet. */
  #waiting = 0;
  #ending = false;
  #cut: NodeJS.Timeout | undefined;

  constructor({ res, principal, notes = false }: StreamCall) {
    this.principal = principal;
    this.reader = readerOf(principal);
    this.subject = principal.grant?.subject;
    this.#res = res;
    this.#notes = notes;
  }

  event(event: SessionEvent): void {
    this.#gate.pass(() => this.#write(sseFrame(event.type, jsonOf(event), formatPosition(event))));
  }

  delta({ session: _session, ...delta }: Delta): void {
    this.#gate.pass(() => this.#write(sseFrame(FRAMES.delta, JSON.stringify(delta))));
  }

  note(note: HeardNote): void {
    if (note.kind === 'kicked') {
      if (note.subject === this.subject) this.end('kicked');
    } else if (note.kind !== 'present') {
      this.told(note);
    }
  }

  /** Something beside the log, which may be lost: a reader that is slow does not get it. */
  told({ session: _session, ...note }: Note & { readonly session: string }): void {
    if (!this.#notes || this.backlog().bytes > LIMITS.socketBytes / 2) return;
    this.#gate.pass(() => this.#write(sseFrame(FRAMES.note, JSON.stringify(note))));
  }

  reset(snapshot: SessionView): void {
    this.#gate.pass(() => this.#reset(snapshot));
  }

  backlog(): { readonly bytes: number; readonly packets: number } {
    return {
      bytes: this.#outgoing.counted(this.#res.writableLength),
      packets: this.#waiting + this.#gate.held,
    };
  }

  end(code: Bye['code']): void {
    this.bye(byeOf(code));
    this.close();
  }

  bye(bye: Bye): void {
    this.#gate.pass(() => this.#write(sseFrame(FRAMES.bye, JSON.stringify(bye))));
  }

  close(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#res.end();
    this.#cut = setTimeout(() => this.#res.destroy(), LIMITS.closeMs).unref();
  }

  /** Sends the headers, the snapshot if there is one, and what delivery has pushed in the meantime. */
  start(subscription: Subscription): void {
    this.#res.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      // A proxy that compresses would hold frames back until it has enough of them.
      'Cache-Control': 'no-store, no-transform',
      // Tells nginx not to buffer the stream.
      'X-Accel-Buffering': 'no',
    });
    this.#write(`retry: ${RETRY_MS}\n\n`);
    if (subscription.snapshot) this.#reset(subscription.snapshot);
    this.#gate.open();
  }

  beat(): void {
    this.#write(': beat\n\n');
  }

  /** Clears the timer: the response is gone. */
  gone(): void {
    this.#ending = true;
    clearTimeout(this.#cut);
  }

  /** Small enough that a slow reader soon has its `id`, from which it resumes if it is cut. */
  #reset(snapshot: SessionView): void {
    const view = fittingOpen(snapshot, LIMITS.streamSnapshotChars);
    const frame = sseFrame(FRAMES.reset, JSON.stringify(view), formatPosition(view.position));
    this.#outgoing.snapshot(() => this.#write(frame));
  }

  #write(text: string): void {
    if (this.#ending || this.#res.destroyed) return;
    this.#outgoing.add(Buffer.byteLength(text));
    this.#waiting += 1;
    this.#res.write(text, () => {
      this.#waiting -= 1;
    });
  }
}

export interface StreamCall {
  readonly req: Request;
  readonly res: Response;
  readonly cursor: Cursor | undefined;
  readonly principal: Principal;
  /** Also what is beside the log. */
  readonly notes?: boolean;
}

/** Tells a stream who is present, and of changes from then on. */
async function tellPresence(
  { presence }: GatewayContext,
  ref: SessionRef,
  stream: EventStream,
): Promise<() => void> {
  const stop = await presence.hear(ref, (note) => stream.told(note));
  const { present, count } = await presence.list(ref);
  stream.told({ session: ref.session, kind: 'presence', here: membersOf(present), gone: [], count });
  return stop;
}

/** Follows a session until either side ends. Throws only before the first byte: `session_not_found`, and whatever delivery throws. */
export async function openStream(context: GatewayContext, ref: SessionRef, call: StreamCall): Promise<void> {
  const { req, res, cursor, principal, notes } = call;
  if (req.method === 'HEAD') {
    await context.delivery.snapshot(ref);
    res.type('text/event-stream').end();
    return;
  }
  const stream = new EventStream(call);
  const opened = [await context.quota.connect(ref.tenant)];
  const release = (): void => {
    for (const close of opened.splice(0)) close();
  };
  let subscription: Subscription;
  try {
    subscription = await context.delivery.subscribe(ref, stream, cursor);
    opened.push(() => subscription.unsubscribe());
    if (notes) opened.push(await tellPresence(context, ref, stream));
  } catch (error) {
    release();
    throw error;
  }
  // The client may have left in the meantime; its close event has already fired then.
  if (res.destroyed || res.closed) {
    release();
    return;
  }
  const heart = setInterval(() => stream.beat(), LIMITS.sseHeartbeatMs);
  context.connections.add(stream, principal.grant);
  res.on('error', () => res.destroy());
  res.once('close', () => {
    clearInterval(heart);
    release();
    context.connections.remove(stream);
    stream.gone();
  });
  stream.start(subscription);
  // A drain, or a change, in the meantime has not seen this stream.
  context.connections.endIfRefused(stream);
  if (context.connections.draining) stream.end('draining');
}
