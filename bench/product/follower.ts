/** A client of the SDK that follows one session, what it was told of it, and what the log says to that. */
import { connect, type Client, type Session } from '../../src/client/index.ts';
import type { EventPage, Position, SessionEvent } from '../../src/contracts/index.ts';
import { msSince, nowUs } from '../clock.ts';
import { KEY } from '../sides.ts';

/** How what a client was told differs from the log. */
export interface Differences {
  readonly lost: number;
  readonly doubled: number;
  readonly disordered: number;
}

export class Follower {
  readonly session: Session;
  /** What an application would have to deal with. */
  readonly errors: string[] = [];
  readonly #client: Client;
  readonly #events: SessionEvent[] = [];
  /** Views that took the place of events. */
  readonly #resets: Position[] = [];
  /** Of the step that speaks. */
  #spokeAt: number | null = null;
  #longestMs = 0;

  /** `urls`: of gateways, the first one first. */
  constructor(urls: readonly string[], session: string) {
    this.#client = connect({ url: urls, token: KEY });
    this.#client.on('status', ({ state, reason = '' }) => {
      if (state === 'closed') this.errors.push(`closed: ${reason}`);
    });
    this.session = this.#client.session(session);
    this.session.on('event', (event) => this.#event(event));
    this.session.on('reset', ({ position }) => this.#resets.push(position));
    this.session.on('delta', () => this.#spoke());
    this.session.on('status', ({ state, error }) => {
      if (state === 'failed') this.errors.push(`failed: ${error?.message ?? ''}`);
    });
  }

  /** The longest pause between two pieces of one step, ms. */
  get longestMs(): number {
    return this.#longestMs;
  }

  /** Sends a message and resolves when its turn has ended. */
  async ask(): Promise<void> {
    const ended = Promise.withResolvers<null>();
    let turn: string | undefined;
    const messageId = crypto.randomUUID();
    const stop = this.session.on('event', (event) => {
      if (event.type === 'message.accepted' && event.data.messageId === messageId) turn = event.turn;
      if (event.type === 'turn.failed') this.errors.push(`${event.turn ?? ''} has failed`);
      const isOver = event.type === 'turn.completed' || event.type === 'turn.failed';
      if (isOver && event.turn === turn) ended.resolve(null);
    });
    try {
      await this.session.send({ messageId, text: 'Go on.' });
      await ended.promise;
    } catch (error) {
      this.errors.push(`send: ${String(error)}`);
    } finally {
      stop();
    }
  }

  /** Resolves with what differs, once it has the log's last event. */
  compare(log: readonly SessionEvent[]): Differences {
    const heard = new Set(this.#events.map(({ seq }) => seq));
    const first = this.#events[0]?.seq ?? 0;
    const replaced = this.#resets.map(({ seq }) => seq);
    const lost = log.filter(
      ({ seq }) => seq >= first && !heard.has(seq) && !replaced.some((at) => seq <= at),
    );
    const disordered = this.#events.filter(({ seq }, at) => seq <= (this.#events[at - 1]?.seq ?? 0));
    return { lost: lost.length, doubled: this.#events.length - heard.size, disordered: disordered.length };
  }

  get position(): number {
    return this.session.view?.position.seq ?? 0;
  }

  close(): void {
    this.#client.close();
  }

  #event(event: SessionEvent): void {
    this.#events.push(event);
    if (event.type === 'step.completed') {
      this.#spoke();
      this.#spokeAt = null;
    }
  }

  #spoke(): void {
    if (this.#spokeAt !== null) this.#longestMs = Math.max(this.#longestMs, msSince(this.#spokeAt));
    this.#spokeAt = nowUs();
  }
}

/** Every event of a session. */
export async function eventsOf(url: string, session: string): Promise<readonly SessionEvent[]> {
  const events: SessionEvent[] = [];
  for (let after: string | null = '0'; after !== null;) {
    const path = `/v1/sessions/${session}/events?after=${after}&limit=500`;
    const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${KEY}` } });
    if (!answer.ok) throw new Error(`a page was refused: ${answer.status}`);
    const page = (await answer.json()) as EventPage; // safety: the API's answer
    events.push(...page.data);
    after = page.next;
  }
  return events;
}
