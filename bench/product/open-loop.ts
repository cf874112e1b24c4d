/** Messages that come at their times, whoever waits: what each was answered, and when its turn began to speak and ended. */
import { randomUUID } from 'node:crypto';
import type { Delta, Problem, Reply, SessionEvent } from '../../src/contracts/index.ts';
import { BareClient } from '../client.ts';
import { msSince, nowUs } from '../clock.ts';
import type { Side } from '../sides.ts';
import { KEY } from '../sides.ts';

/** One message; ms since it was sent, absent: not yet. */
export interface Sent {
  readonly session: string;
  readonly messageId: string;
  readonly sentAt: number;
  ackMs?: number;
  /** Why it was refused. */
  problem?: Problem;
  firstMs?: number;
  endMs?: number;
}

/** A session and the one who sends to it. */
export class Sender {
  readonly session: string;
  readonly #client: BareClient;
  readonly #sent = new Map<string, Sent>();
  /** Turn → its message. */
  readonly #turns = new Map<string, Sent>();

  private constructor(client: BareClient, session: string) {
    this.session = session;
    this.#client = client;
    client.heard = (json) => this.#heard(json);
  }

  static async open(side: Side, session: string): Promise<Sender> {
    const client = await BareClient.connect(side.url, KEY);
    await side.follow(client, session);
    return new Sender(client, session);
  }

  /** Does not wait for anything. */
  send(): Sent {
    const sent: Sent = { session: this.session, messageId: randomUUID(), sentAt: nowUs() };
    this.#sent.set(sent.messageId, sent);
    const { session, messageId } = sent;
    this.#client.ask('send', { session, messageId, text: 'How are you?' }).then(
      (json) => {
        const [reply] = JSON.parse(json) as [Reply<unknown>]; // safety: the gateway answers as the protocol says
        sent.ackMs = msSince(sent.sentAt);
        if (!reply.ok) sent.problem = reply.problem;
      },
      () => undefined,
    );
    return sent;
  }

  close(): void {
    this.#client.close();
  }

  #heard(json: string): void {
    const [name, frame] = JSON.parse(json) as [string, SessionEvent & Delta]; // safety: frames of the protocol
    if (name === 'delta') this.#spoke(frame.step.split('.')[0] ?? '');
    if (name !== 'event') return;
    const { type, turn = '', data } = frame as SessionEvent;
    if (type === 'message.accepted') {
      const sent = this.#sent.get(data.messageId);
      if (sent) this.#turns.set(turn, sent);
    } else if (type === 'step.completed') this.#spoke(turn);
    else if (type === 'turn.completed') this.#ended(turn);
  }

  #spoke(turn: string): void {
    const sent = this.#turns.get(turn);
    if (sent) sent.firstMs ??= msSince(sent.sentAt);
  }

  #ended(turn: string): void {
    const sent = this.#turns.get(turn);
    if (!sent) return;
    sent.endMs = msSince(sent.sentAt);
    this.#turns.delete(turn);
    this.#sent.delete(sent.messageId);
  }
}
