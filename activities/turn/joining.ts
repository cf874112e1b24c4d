/**
 * Messages that join the turn while it runs. What the log has for the process comes with each begin of a step, so looking costs nothing. A
 * message has joined once the journal that says so is durable; only then it is shown to the step that begins, and clients are told.
 */
import { eventId, intoTrace, reason, type EventDraft, type SessionRef } from '../../src/contracts/index.ts';
import type { Conversations } from '../conversation/conversations.ts';
import type { Steering } from '../conversation/steering.ts';
import type { Joined } from '../conversation/window.ts';
import type { TeamMessage } from '../teams/team.ts';
import type { TurnLog } from './turn-log.ts';
import type { TurnState } from './turn-state.ts';

/** The turn, as far as it matters here. */
export interface JoiningHost {
  readonly ref: SessionRef;
  readonly turn: string;
  readonly origin: { readonly trace?: string };
  readonly means: { readonly conversations: Pick<Conversations, 'steering'> };
  readonly log: Pick<TurnLog, 'decide' | 'saved' | 'append' | 'saw'>;
  readonly state: Pick<TurnState, 'journal'>;
  /** Makes durable what the turn has decided so far. */
  save(): Promise<void>;
  /** The texts of messages. */
  messages(ids: readonly string[]): Promise<readonly TeamMessage[]>;
}

export class Joining {
  readonly #host: JoiningHost;
  readonly #isDurable: boolean;
  readonly #messages: TeamMessage[] = [];
  #busy: Promise<void> | null = null;

  /** `isDurable`: false for a turn that keeps nothing until it ends, which is in a moment: nobody joins it. */
  constructor(host: JoiningHost, isDurable: boolean) {
    this.#host = host;
    this.#isDurable = isDurable;
  }

  /** Those that have joined, in the order of the journal. */
  get messages(): readonly TeamMessage[] {
    return this.#messages;
  }

  /** Reads the messages that earlier runs have taken in. */
  async read(): Promise<void> {
    this.#messages.push(...(await this.#host.messages(this.#ids())));
  }

  /** A step begins: takes in what has come. Steps that run side by side wait for each other. */
  async take(): Promise<void> {
    if (!this.#isDurable) return;
    while (this.#busy) await this.#busy;
    const news = this.#news();
    if (news.length === 0) return;
    this.#busy = this.#take(news).finally(() => {
      this.#busy = null;
    });
    await this.#busy;
  }

  /** Where in a line of this turn's steps each message is shown: after those that the journal had when it joined. */
  among(steps: readonly string[]): readonly Joined[] {
    const { turn, state } = this.#host;
    const entries = state.journal.entries();
    const places = new Map(entries.map(({ path }, index) => [`${turn}.${path}`, index]));
    return entries.flatMap(({ kind, message }, place): Joined[] => {
      if (kind !== 'steer' || message === undefined) return [];
      const next = steps.findIndex((step) => (places.get(step) ?? Infinity) > place);
      return [{ id: message, before: next < 0 ? steps.length : next }];
    });
  }

  #ids(): readonly string[] {
    const entries = this.#host.state.journal.entries();
    return entries.flatMap(({ kind, message }) =>
      kind === 'steer' && message !== undefined ? [message] : [],
    );
  }

  #news(): readonly Steering[] {
    const { ref, turn, means, log } = this.#host;
    const waiting = means.conversations.steering(ref, turn);
    if (waiting.length === 0) return [];
    // Another carrier may have brought them to the log, and not have told the workflow yet, when this turn reports that they have joined it.
    log.saw(waiting.map(({ id, seq }) => ({ id: eventId.message(id), seq })));
    const joined = new Set(this.#ids());
    return waiting.filter(({ id }) => !joined.has(id));
  }

  async #take(news: readonly Steering[]): Promise<void> {
    const { turn: into, origin, log, state } = this.#host;
    const at = Date.now();
    const facts = news.map(({ id, turn, trace }): EventDraft => {
      const data = { into, ...intoTrace(trace, origin.trace), messageIds: [id], reason: reason('joined') };
      const place = { turn, cause: id, ...(trace !== undefined && { trace }) };
      return { id: eventId.turnEnded(turn), type: 'turn.merged', at, ...place, data };
    });
    for (const { id: message } of news)
      state.journal.add({ path: '', kind: 'steer', key: '', outcome: 'joined', message });
    log.decide(facts);
    await this.#host.save();
    log.saved(facts);
    this.#messages.push(...(await this.#host.messages(news.map(({ id }) => id))));
    await log.append(facts);
  }
}
