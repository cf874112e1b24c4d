/** One turn, from its start on: the spans of its steps, and the time between them. Pure. */
import type { LoggedEvent } from '../events/envelope.ts';
import { LIMITS } from '../limits/index.ts';
import { RECOVERY } from '../limits/recovery.ts';
import type { HandedOver } from '../system.ts';
import { spanOf, type Moment } from './builder.ts';
import { lacksWorker } from './causes.ts';
import { Steps } from './steps.ts';
import type { OrderedSpan } from './steps.ts';
import type { PlaceHolder, TimelineSpan } from './types.ts';

/** What is known beside the events. */
export interface Beside {
  /** ms since the Unix epoch. */
  readonly now: number;
  /** Workers that run: `pid@host`. Absent: not known. */
  readonly workers?: ReadonlySet<string>;
  /** Steps that run and have said something. Absent: not known. */
  readonly speaking?: ReadonlySet<string>;
  /** Turns that have the places of the tenant. Absent: not known. */
  readonly holders?: readonly PlaceHolder[];
  /** What turns need that no worker has taken up yet, and since when, by the turn. Absent: not known. */
  readonly handedOver?: ReadonlyMap<string, Pick<HandedOver, 'needs' | 'at'>>;
}

export class TurnSpans {
  readonly begun: Moment;
  readonly #turn: string;
  readonly #beside: Beside;
  readonly #steps: Steps;
  #start: OrderedSpan | null = null;
  /** The newest event. */
  #newest: Moment;
  #endedBy: LoggedEvent | null = null;

  constructor(turn: string, begun: Moment, beside: Beside) {
    this.#turn = turn;
    this.begun = begun;
    this.#beside = beside;
    this.#newest = begun;
    this.#steps = new Steps(turn, beside);
  }

  get endedAt(): number | undefined {
    return this.#endedBy?.at;
  }

  /** An event of the turn, in the order of `seq`. */
  take(event: LoggedEvent): void {
    this.#newest = { at: event.at, process: event.by ?? this.#newest.process };
    this.#taken(event);
    this.#steps.take(event);
  }

  /** It has ended with this event, which `take` has had. */
  over(event: LoggedEvent): void {
    this.#endedBy = event;
    this.#steps.over(event.at);
  }

  /** In the order in which they began, by `seq`. */
  spans(): readonly TimelineSpan[] {
    const steps = this.#steps.spans();
    const start = this.#start ? [this.#start] : this.#endedBy ? [] : this.#notTaken();
    const all = [...steps, ...this.#between(steps)].sort((one, other) => one.seq - other.seq);
    return [...start, ...all].map(({ span }) => span);
  }

  /** No worker has told of it yet. */
  #notTaken(): readonly OrderedSpan[] {
    const more = { now: this.#beside.now, turn: this.#turn };
    const able = this.#waitsForAble(0);
    const start = spanOf('start', this.begun, able && { at: able.span.startedAt }, more);
    return [{ seq: 0, span: start }, ...(able ? [able] : [])];
  }

  /** The worker that had it last did not have what it needs, and no other one has taken it up. */
  #waitsForAble(seq: number): OrderedSpan | undefined {
    const { now, handedOver } = this.#beside;
    const { at = 0, needs } = handedOver?.get(this.#turn) ?? {};
    if (needs === undefined) return undefined;
    return { seq, span: spanOf('able', { at }, undefined, { now, turn: this.#turn, needs }) };
  }

  /** The first sign of the worker that took the turn up. */
  #taken({ type, seq, at, by: process, waits = [] }: LoggedEvent): void {
    if (this.#start || (type !== 'step.started' && type !== 'quota.waiting')) return;
    // The worker that took it up first did not have what it needs.
    const handedOver = waits.find(({ reason }) => reason === 'worker');
    const taken = handedOver ? { at: handedOver.from } : { at, process };
    const more = { now: this.#beside.now, turn: this.#turn };
    this.#start = { seq, span: spanOf('start', this.begun, taken, more) };
  }

  /** Where the turn ran and nothing tells what it did. */
  #between(steps: readonly OrderedSpan[]): readonly OrderedSpan[] {
    const { now } = this.#beside;
    const gaps: OrderedSpan[] = [];
    let covered: (Moment & { readonly seq: number }) | null = this.#start ? null : { ...this.begun, seq: 0 };
    const gap = (ends: Moment | undefined, isEnd = false): void => {
      if (!covered || (ends?.at ?? now) - covered.at < LIMITS.timelineGapMs) return;
      gaps.push(...(isEnd ? this.#lastGap(covered, ends) : [this.#gap(covered, ends)]));
    };
    const known = steps.toSorted((one, other) => one.span.startedAt - other.span.startedAt);
    for (const { seq, span } of this.#start ? known : []) {
      const { startedAt, ms, process } = span;
      gap({ at: startedAt, process });
      if (!covered || startedAt + ms > covered.at) covered = { at: startedAt + ms, process, seq };
    }
    if (this.#start) gap(this.#endedBy ? this.#newest : undefined, true);
    else if (this.#endedBy && lacksWorker(this.#endedBy)) gap({ at: this.#endedBy.at }, true);
    return gaps;
  }

  #gap({ seq, ...begins }: Moment & { readonly seq: number }, ends: Moment | undefined): OrderedSpan {
    const { process } = begins;
    const isMoved = ends?.process !== undefined && process !== undefined && ends.process !== process;
    const more = { now: this.#beside.now, turn: this.#turn };
    return { seq, span: spanOf(isMoved ? 'moved' : 'between', begins, ends, more) };
  }

  /** Up to the end of the turn, or to now: a turn for which there is no worker has waited for one. */
  #lastGap(covered: Moment & { readonly seq: number }, ends: Moment | undefined): readonly OrderedSpan[] {
    if (!ends) return this.#openGap(covered);
    const cause = this.#endedBy ? lacksWorker(this.#endedBy) : null;
    if (!cause) return [this.#gap(covered, ends)];
    const { at, seq } = covered;
    const isAll = ends.at - at < RECOVERY.ableWorkerMs + ABOUT_MS;
    const from = { at: isAll ? at : ends.at - RECOVERY.ableWorkerMs };
    const more = { now: this.#beside.now, turn: this.#turn, cause };
    const able = { seq, span: spanOf('able', from, { at: ends.at }, more) };
    return isAll ? [able] : [this.#gap(covered, from), able];
  }

  #openGap(covered: Moment & { readonly seq: number }): readonly OrderedSpan[] {
    const able = this.#waitsForAble(covered.seq);
    // That was before the newest that is known of the turn.
    if (!able || able.span.startedAt < covered.at) return [this.#gap(covered, undefined)];
    const took = able.span.startedAt - covered.at;
    const before = took < LIMITS.timelineGapMs ? [] : [this.#gap(covered, { at: able.span.startedAt })];
    return [...before, able];
  }
}

/** To hand a turn over takes less. */
const ABOUT_MS = 1_000;
