/** One attempt of a step in the log: opened, written to, opened again in a log that was built anew, and ended once. */
import {
  endsStep,
  endsTurn,
  eventId,
  isCancelledAlone,
  type Asks,
  type Delta,
  type EventDraft,
  type FailureInfo,
  type LoggedEvent,
  type SessionRef,
  type Summarised,
  type ToolCall,
  type Usage,
} from '../../src/contracts/index.ts';
import type { DeltaReply } from '../../src/log/index.ts';
import { closesTurn, type Origin } from '../closing.ts';
import type { Conversations } from '../conversation/conversations.ts';
import { TurnStopped } from '../turn/stops.ts';
import type { TurnLog } from '../turn/turn-log.ts';

export interface AttemptPlace {
  readonly ref: SessionRef;
  readonly turn: string;
  readonly step: string;
  readonly agent: string;
  readonly origin: Origin;
  /** Names this attempt: who begins twice keeps it, another owner supersedes it. */
  readonly owner: string;
  /** See `BeginInput`. */
  readonly order: number;
  readonly atLeast: number;
  /** The process that begins it. */
  readonly by?: string | undefined;
  /** Why it is not the first. */
  readonly reason: string;
  /** The pause before it, if it paused here. */
  readonly waits?: EventDraft['waits'];
  /** What the attempt before has cost. */
  readonly usage?: Usage | undefined;
  /** The call, if the step is one of a tool. */
  readonly use?: ToolCall | undefined;
  /** What it stands for, if the step makes a summary. */
  readonly summarises?: Summarised | undefined;
  /** The model that it asks, if it asks one. */
  readonly asks?: Asks | undefined;
}

export class OpenStep {
  readonly #log: TurnLog;
  readonly #conversations: Conversations;
  readonly #place: AttemptPlace;
  readonly #started: EventDraft;
  #attempt = 0;

  constructor(log: TurnLog, conversations: Conversations, place: AttemptPlace) {
    this.#log = log;
    this.#conversations = conversations;
    this.#place = place;
    const { turn, step, agent, origin, by, use, summarises, asks, waits } = place;
    const id = eventId.stepStarted(step);
    this.#started = {
      id,
      type: 'step.started',
      at: Date.now(),
      turn,
      step,
      agent,
      attempt: 1,
      ...origin,
      ...(by === undefined ? {} : { by }),
      ...(asks && { asks }),
      ...(waits && { waits }),
      data: { ...(use && { use }), ...(summarises && { summarises }) },
    };
  }

  /** As the log counts them; 0 before it is open. */
  get attempt(): number {
    return this.#attempt;
  }

  /** Its end is shown a round trip after it was said, because it is made durable first. */
  get endIsDurableFirst(): boolean {
    return this.#place.order > 0;
  }

  /** Null if the step is open now, otherwise the end that it has. Throws `TurnStopped` if somebody else has it, or the turn has ended. */
  async open(): Promise<LoggedEvent | null> {
    const { ref, turn, step, agent, owner, order, atLeast, by, waits, reason, usage } = this.#place;
    const { trace } = this.#place.origin;
    const reply = await this.#log.begin({
      ...{ turn, step, agent, owner, order, trace, by, waits, reason, usage },
      atLeast: Math.max(atLeast, this.#attempt),
      at: Date.now(),
      since: this.#conversations.position(ref),
      started: this.#started,
    });
    if (reply.status === 'fenced') throw new TurnStopped('superseded');
    if (reply.status === 'ended') return ended(reply.events, step);
    this.#attempt = reply.attempt;
    this.#conversations.learn(ref, reply);
    return null;
  }

  /** Waits for a log that is away until `stopped`, whose reason it throws then. */
  async send(delta: Pick<Delta, 'offset' | 'text' | 'part'>, stopped: AbortSignal): Promise<DeltaReply> {
    const { step } = this.#place;
    const reply = await this.#log.delta({ step, attempt: this.#attempt, ...delta }, stopped);
    if (reply.status === 'fenced') throw new TurnStopped('superseded');
    return reply;
  }

  /** Tells clients that the attempt has failed, and another one follows then. */
  async tellWait({ code, message }: Pick<FailureInfo, 'code' | 'message'>, until: number): Promise<void> {
    const { turn, step, agent, origin } = this.#place;
    const id = eventId.stepWaiting(step, this.#attempt);
    const place = { at: Date.now(), turn, step, agent, attempt: this.#attempt, ...origin };
    await this.#log.append([{ id, type: 'step.waiting', ...place, data: { code, message, until } }]);
  }

  /** Ends the step, and what ends with it. Resolves with the end that the log holds: somebody may have been first. */
  async commit(ends: readonly EventDraft[]): Promise<LoggedEvent> {
    const { step, turn } = this.#place;
    const turnEnd = ends.find(({ type }) => endsTurn(type));
    const closes = turnEnd && closesTurn(turnEnd, turn);
    for (;;) {
      const reply = await this.#log.commit({ step, attempt: this.#attempt, ends, ...closes });
      if (reply.status === 'fenced') throw new TurnStopped('superseded');
      if (reply.status === 'ended') return ended(reply.events, step);
      const stored = await this.open();
      if (stored) return stored;
    }
  }
}

/**
 * The step's end among the stored ones. A turn that has ended without it was cancelled; in one that has not, the step alone was, by an
 * execution whose journal is lost, or on request.
 */
function ended(events: readonly LoggedEvent[], step: string): LoggedEvent {
  const end = events.find((event) => endsStep(event.type) && event.step === step);
  if (end && end.type !== 'step.cancelled') return end;
  if (!end || events.some(({ type }) => endsTurn(type))) throw new TurnStopped('cancelled');
  if (isCancelledAlone(end.data)) return end;
  throw new TurnStopped('withdrawn');
}
