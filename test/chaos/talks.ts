/** What goes on in sessions while things break, and what must be true afterwards. */
import { expect } from '@jest/globals';
import type { ModelFault } from '../../examples/scripted-model/behaviour.ts';
import { endsStep } from '../../src/contracts/index.ts';
import type { AgentSpec, Receipt, SessionEvent } from '../../src/contracts/index.ts';
import { ODDITIES } from '../agents/oddities/index.ts';
import { eventually } from '../support/process.ts';
import {
  allEvents,
  expectOrdered,
  expectWhole,
  openSession,
  Recorder,
  rest,
  speaker,
  words,
} from '../e2e/scene.ts';
import type { Random } from './random.ts';

/** Everything must be answered within this time, ms, though a message may have come when the faults began. */
export const SETTLE_MS = 180_000;
const TOKENS = 15;

/** One session, and somebody who talks in it. */
export abstract class Talk {
  readonly id: string;
  /** Messages that were acknowledged. */
  readonly accepted: string[] = [];
  protected readonly urls: readonly string[];
  protected readonly seen: Recorder;
  /** What the log has said in the end. */
  #events: readonly SessionEvent[] = [];

  protected constructor(urls: readonly string[], id: string) {
    this.urls = urls;
    this.id = id;
    this.seen = new Recorder(urls, id);
  }

  /** Talks until `going` is false and everything is answered. */
  abstract run(going: () => boolean): Promise<void>;
  protected abstract checkAnswers(events: readonly SessionEvent[]): void | Promise<void>;

  async check(): Promise<void> {
    let events: readonly SessionEvent[] = [];
    // A gateway may still be on its way back to Redis or the archive: it says 503, and when to come again. So may the client be after the last fault.
    const read = async (): Promise<boolean> => {
      events = await allEvents(this.urls[0]!, this.id);
      const { epoch, seq } = this.seen.view.position;
      const last = events.at(-1);
      return last?.epoch === epoch && last.seq === seq;
    };
    await eventually(`${this.id} is read, and its client has all of it`, read, SETTLE_MS);
    this.#events = events;
    expectWhole(events);
    expectOrdered(this.seen);
    this.expectAnswered(events);
    await this.checkAnswers(events);
    for (const { step, status, text } of this.seen.steps)
      expect([step, status, text]).toEqual([step, status, endText(events, step)]);
  }

  /**
   * Archive and workflow have what was said: what is built from them when the log is lost says the same, in another epoch. That a step began or
   * was begun anew only the log may have known, and of a task that was repeated the workflow knows the later time.
   */
  async checkKept(): Promise<void> {
    let kept: readonly SessionEvent[] = [];
    await eventually(
      `${this.id} is read`,
      async () => (kept = await allEvents(this.urls[0]!, this.id)).length >= this.#events.length,
      SETTLE_MS,
    );
    for (const [index, { id, type, turn, step, attempt, data }] of this.#events.entries()) {
      const now = kept[index]!;
      const mayBeGone = type === 'step.started' || type === 'step.restarted';
      if (mayBeGone && now.type === 'session.recovered') continue;
      const { id: nowId, type: nowType, turn: nowTurn, step: nowStep, attempt: nowAttempt } = now;
      expect([nowId, nowType, nowTurn, nowStep, nowAttempt]).toEqual([id, type, turn, step, attempt]);
      expect(now.data).toEqual(data);
    }
  }

  close(): void {
    this.seen.close();
  }

  /** Every message that was acknowledged has its turn, and no other one. */
  protected expectAnswered(events: readonly SessionEvent[]): void {
    expect(causes(events).sort()).toEqual([...this.accepted].sort());
  }

  /** Waits for it; a failure says how the session stands, as its client and as its gateway see it. */
  protected async settled(what: string, is: () => boolean): Promise<void> {
    try {
      await eventually(what, is, SETTLE_MS);
    } catch (error) {
      const { view, session } = this.seen;
      const line = ({ epoch, seq, id }: SessionEvent): string => `${epoch}/${seq} ${id}`;
      const heard = this.seen.events.slice(-60).map(line);
      const stored = await Promise.any(this.urls.map((url) => allEvents(url, this.id))).catch(() => []);
      const seen = { status: session.status, position: view.position, turns: view.turns.slice(-6), heard };
      const told = JSON.stringify({ seen, stored: stored.slice(-60).map(line) }, null, 1);
      throw new Error(`${what}: not so in ${this.id}: ${told}`, { cause: error });
    }
  }

  protected answered(): boolean {
    const { turns } = this.seen.view;
    const last = turns.at(-1);
    return last?.status !== 'running' && last?.turn === `t${this.accepted.length}`;
  }
}

/** Messages that turns were started for, that have joined one, or that have answered a question in one. */
export const causes = (events: readonly SessionEvent[]): string[] =>
  events.flatMap((event) => {
    if (event.type === 'turn.started') return event.data.messageIds;
    if (event.type === 'turn.merged') return event.data.reason.code === 'joined' ? event.data.messageIds : [];
    return event.type === 'message.accepted' && event.data.answers !== undefined ? event.data.messageId : [];
  });
const endText = (events: readonly SessionEvent[], of: string): string | undefined =>
  events.flatMap(({ type, step, data }) =>
    step === of && endsStep(type) && 'text' in data ? [data.text] : [],
  )[0];
export const endTexts = (events: readonly SessionEvent[]): string[] =>
  events.flatMap((event) =>
    event.type === 'step.completed' || event.type === 'step.failed' ? [event.data.text] : [],
  );

/** Sends one message after the other, each twice: by the SDK, which retries by itself, and by REST, which may fail. */
export class SteadyTalk extends Talk {
  static async open(urls: readonly string[]): Promise<Talk> {
    return new SteadyTalk(
      urls,
      await openSession(urls[0]!, [speaker('writer', TOKENS), speaker('critic', 5)]),
    );
  }

  async run(going: () => boolean): Promise<void> {
    for (let index = 1; going(); index += 1) {
      const message = { messageId: `m${index}`, text: `Message ${index}` };
      const path = `/v1/sessions/${this.id}/messages`;
      const twice = rest(this.urls[index % 2]!, 'POST', path, { body: message }).catch(() => null);
      await this.seen.session.send(message);
      this.accepted.push(message.messageId);
      await twice;
      await this.settled(`${message.messageId} is answered`, () => this.answered());
    }
  }

  protected checkAnswers(events: readonly SessionEvent[]): void {
    expect(causes(events)).toEqual(this.accepted);
    expect(endTexts(events)).toEqual(this.accepted.flatMap(() => [words(TOKENS), words(5)]));
  }
}

/** Sends several at once, whose turns run side by side. */
export class BesideTalk extends Talk {
  static readonly messages = 4;

  static async open(urls: readonly string[]): Promise<Talk> {
    return new BesideTalk(urls, await openSession(urls[0]!, [speaker('writer', TOKENS)]));
  }

  async run(going: () => boolean): Promise<void> {
    for (let round = 1; going(); round += 1) {
      const ids = Array.from({ length: BesideTalk.messages }, (_, index) => `m${round}-${index + 1}`);
      const send = (messageId: string): Promise<unknown> =>
        this.seen.session.send({ messageId, text: 'go on', policy: 'parallel' });
      await Promise.all(ids.map(send));
      this.accepted.push(...ids);
      // Not their number: the view keeps the newest turns alone.
      const isEnded = (messageId: string): boolean =>
        this.seen.view.turns.some(
          ({ status, messageIds }) => status === 'completed' && messageIds.includes(messageId),
        );
      const ended = (): boolean => ids.every(isEnded);
      await this.settled(`round ${round} is answered`, ended);
    }
  }

  protected checkAnswers(events: readonly SessionEvent[]): void {
    expect(endTexts(events)).toEqual(this.accepted.map(() => words(TOKENS)));
  }
}

/** Sends more at once than a session lets wait; what is refused is sent again. The agent repeats what it was asked. */
export class BurstTalk extends Talk {
  static readonly messages = 40;
  /** 40 of them are more than `LIMITS.inboxBytes`. */
  static readonly chars = 12_000;

  static async open(urls: readonly string[]): Promise<Talk> {
    const echo: AgentSpec = { name: 'echo', runner: 'scripted', script: { say: '{{message}}' } };
    return new BurstTalk(urls, await openSession(urls[0]!, [echo]));
  }

  static text(messageId: string): string {
    return `${messageId} ${'x'.repeat(BurstTalk.chars)}`;
  }

  async run(going: () => boolean): Promise<void> {
    for (let burst = 1; going(); burst += 1) {
      const ids = Array.from({ length: BurstTalk.messages }, (_, index) => `m${burst}-${index + 1}`);
      await Promise.all(ids.map((messageId) => this.#send(messageId)));
      this.accepted.push(...ids);
      await this.settled(`burst ${burst} is answered`, () => this.answered());
    }
  }

  /** Until it has its turn. Refused it may be at once, or after it was accepted: while Redis is away only the workflow counts exactly. */
  async #send(messageId: string): Promise<void> {
    const path = `/v1/sessions/${this.id}/messages`;
    const body = { messageId, text: BurstTalk.text(messageId) };
    let sent = false;
    /** What the gateway said last, for when it never comes to an end. */
    let said: unknown = null;
    const consumed = async (): Promise<boolean> => {
      if (!sent) {
        const answer = await rest(this.urls[0]!, 'POST', path, { body });
        said = answer.body;
        sent = answer.status === 202;
        return false;
      }
      const { status, body: receipt } = await rest<Receipt>(this.urls[0]!, 'GET', `${path}/${messageId}`);
      said = receipt;
      if (status === 200 && receipt.status === 'rejected') sent = false;
      return status === 200 && receipt.status === 'consumed';
    };
    try {
      await eventually(`${messageId} is consumed`, consumed, SETTLE_MS);
    } catch (error) {
      throw new Error(`${messageId} of ${this.id} was last told: ${JSON.stringify(said)}`, { cause: error });
    }
  }

  protected checkAnswers(events: readonly SessionEvent[]): void {
    expect(endTexts(events)).toEqual(causes(events).map((messageId) => BurstTalk.text(messageId)));
  }
}

/** Those after which nobody waits for long, and in which the model calls no tool: the agent has none. */
const FAULTS = Object.values(ODDITIES)
  .flat()
  .filter(({ fails, sent, calls }) => !calls && (fails?.retryAfterMs ?? 0) <= 1_000 && sent.then !== 'open');

/** A model whose endpoint misbehaves in every way that is known. */
export class ModelTalk extends Talk {
  readonly #random: Random;
  /** What the endpoint does next: of `ScriptedModelOptions`. */
  readonly #faults: ModelFault[];
  readonly #expected: object[] = [];

  private constructor(urls: readonly string[], id: string, random: Random, faults: ModelFault[]) {
    super(urls, id);
    this.#random = random;
    this.#faults = faults;
  }

  static async open(urls: readonly string[], random: Random, faults: ModelFault[]): Promise<Talk> {
    const agent: AgentSpec = { name: 'model', runner: 'model', maxAttempts: 2 };
    return new ModelTalk(urls, await openSession(urls[0]!, [agent]), random, faults);
  }

  async run(going: () => boolean): Promise<void> {
    for (let index = 1; going(); index += 1) {
      const { sent, text = '', fails } = this.#random.pick(FAULTS);
      this.#faults.splice(0, 1, { kind: 'raw', ...sent });
      this.#expected.push(
        fails ? { type: 'step.failed', code: fails.code } : { type: 'step.completed', text },
      );
      await this.seen.session.send({ messageId: `m${index}`, text: 'go on' });
      this.accepted.push(`m${index}`);
      await this.settled(`m${index} is answered`, () => this.answered());
    }
  }

  protected checkAnswers(events: readonly SessionEvent[]): void {
    const ends = events.flatMap((event): object[] => {
      if (event.type === 'step.completed') return [{ type: event.type, text: event.data.text }];
      return event.type === 'step.failed' ? [{ type: event.type, code: event.data.code }] : [];
    });
    expect(ends).toEqual(this.#expected);
  }
}
