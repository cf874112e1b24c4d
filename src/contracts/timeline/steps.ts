/** The spans of a turn's steps: attempts, tokens and waits. Pure. */
import { endsStep } from '../events/step.ts';
import type { Asks, LoggedEvent } from '../events/envelope.ts';
import type { QuotaWait } from '../events/quota.ts';
import { RECOVERY } from '../limits/recovery.ts';
import { reasonOf } from '../reasons.ts';
import { spanOf, type Moment } from './builder.ts';
import { ableFrom, cancelled, lacksWorker, LOST, OF_PROVIDER, OF_WORKER, SAID } from './causes.ts';
import { People } from './people.ts';
import type { Beside } from './turn.ts';
import type { TimelineSpan } from './types.ts';
import type { Wait } from './waits.ts';

/** The attempt of a step that runs. */
interface Try {
  readonly step: string;
  readonly agent?: string;
  readonly tool?: string;
  readonly asks?: Asks;
  attempt: number;
  begun: Moment;
  /** Of the event with which it began. */
  seq: number;
  /** It has failed and pauses. */
  failed?: { readonly at: number; readonly cause: { readonly code: string; readonly message: string } };
}

export interface OrderedSpan {
  readonly seq: number;
  readonly span: TimelineSpan;
}

export class Steps {
  readonly #beside: Beside;
  readonly #now: number;
  readonly #turn: string;
  readonly #open = new Map<string, Try>();
  readonly #people: People;
  /** It waits for its place among the turns of its tenant. */
  #place: (Omit<QuotaWait, 'place'> & { readonly at: number; readonly seq: number }) | null = null;
  /** With the `seq` of the event with which each began. */
  readonly #spans: OrderedSpan[] = [];

  constructor(turn: string, beside: Beside) {
    this.#turn = turn;
    this.#beside = beside;
    this.#now = beside.now;
    this.#people = new People(turn, beside.now);
  }

  /** Spans that have ended, and of those that go on what is known. Clocks may be apart: they are in the order in which they began by `seq`. */
  spans(): readonly OrderedSpan[] {
    this.#placed(undefined);
    const goOn = [...this.#open.values()].flatMap((open) =>
      this.#goesOn(open).map((span) => ({ seq: open.seq, span })),
    );
    return [...this.#spans, ...goOn, ...this.#people.spans()].sort((one, other) => one.seq - other.seq);
  }

  /** The turn has its place among those of its tenant; undefined: it waits still. */
  #placed(ends: Moment | undefined): void {
    if (!this.#place) return;
    const { at, seq, ...limit } = this.#place;
    this.#place = null;
    const { holders } = this.#beside;
    const more = { now: this.#now, turn: this.#turn, ...limit, ...(!ends && holders && { holders }) };
    this.#put(seq, spanOf('place', { at }, ends, more));
  }

  #put(seq: number, ...spans: readonly TimelineSpan[]): void {
    for (const span of spans) this.#spans.push({ seq, span });
  }

  /** An event of the turn, in the order of `seq`. */
  take(event: LoggedEvent): void {
    switch (event.type) {
      case 'step.started':
        this.#start(event);
        break;
      case 'step.waiting':
        this.#wait(event);
        break;
      case 'step.restarted':
        this.#restart(event);
        break;
      case 'quota.waiting':
        this.#waitForPlace(event);
        break;
      case 'quota.cleared':
        this.#placed({ at: event.at });
        break;
      default:
        if (endsStep(event.type)) this.#end(event);
        else this.#people.take(event);
    }
  }

  /** What is asked of people ends with the turn. */
  over(at: number): void {
    this.#placed({ at });
    this.#people.over(at);
  }

  #waitForPlace({ at, seq, data }: Extract<LoggedEvent, { type: 'quota.waiting' }>): void {
    const { limit, most, used } = data;
    this.#place = { at, seq, limit, most, used };
  }

  #start(event: Extract<LoggedEvent, { type: 'step.started' }>): void {
    const { seq, step = '', agent, at, by, data, asks, waits } = event;
    if (this.#open.has(step)) return;
    const { use } = data;
    const open = {
      ...{ step, attempt: 1, seq, begun: { at, process: by } },
      ...(agent !== undefined && { agent }),
      ...(use && { tool: use.tool }),
      ...(asks && { asks }),
    };
    this.#open.set(step, open);
    this.#able(open, waits);
  }

  /** The turn was handed over to a worker that has what it needs: from when on it waited for one. */
  #able(open: Try, waits: readonly Wait[] = []): Moment | undefined {
    const wait = waits.find(({ reason }) => reason === 'worker');
    if (!wait) return undefined;
    const { from: at, until, needs } = wait;
    const more = { ...this.#of(open), ...(needs !== undefined && { needs }) };
    this.#put(open.seq, spanOf('able', { at }, { at: until, process: open.begun.process }, more));
    return { at };
  }

  #of({ step, agent, tool, attempt, asks }: Try): Pick<
    TimelineSpan,
    'turn' | 'step' | 'agent' | 'tool' | 'attempt' | 'provider' | 'model'
  > & {
    readonly now: number;
  } {
    return {
      ...{ turn: this.#turn, step, attempt, now: this.#now, ...asks },
      ...(agent !== undefined && { agent }),
      ...(tool !== undefined && { tool }),
    };
  }

  #wait({ step = '', at, data }: Extract<LoggedEvent, { type: 'step.waiting' }>): void {
    const open = this.#open.get(step);
    if (!open || open.failed) return;
    const cause = { code: data.code, message: data.message };
    open.failed = { at, cause };
    this.#failed(open, at, cause);
  }

  #failed(open: Try, at: number, cause: { readonly code: string; readonly message: string }): void {
    const isProvider = open.tool === undefined && OF_PROVIDER.test(cause.code);
    this.#put(
      open.seq,
      spanOf(
        'attempt',
        open.begun,
        { at, process: open.begun.process },
        {
          ...this.#of(open),
          cause,
          ...(isProvider && { kind: 'wait' as const, reason: 'provider' as const }),
        },
      ),
    );
  }

  #restart({
    seq,
    step = '',
    attempt = 0,
    at,
    by,
    waits,
    data,
  }: Extract<LoggedEvent, { type: 'step.restarted' }>): void {
    const open = this.#open.get(step);
    if (!open) return;
    const begun = { at, process: by };
    const told = reasonOf(data.reason);
    const cause = { ...told, code: SAID[told.message] ?? told.code };
    const pause = waits?.find(({ reason }) => reason === 'retry');
    if (pause && !open.failed) {
      open.failed = {
        at: pause.from,
        cause: { ...cause, ...(pause.code !== undefined && { code: pause.code }) },
      };
      this.#failed(open, pause.from, open.failed.cause);
    }
    if (open.failed) {
      const { at: failedAt } = open.failed;
      const more = { ...this.#of(open), cause: open.failed.cause };
      this.#put(open.seq, spanOf('retry', { at: failedAt, process: open.begun.process }, begun, more));
    } else if (OF_WORKER.includes(cause.code))
      this.#put(open.seq, this.#lost(open, ableFrom(waits) ?? begun, cause));
    else this.#failed(open, at, cause);
    delete open.failed;
    open.attempt = attempt;
    open.begun = begun;
    open.seq = seq;
    this.#able(open, waits);
  }

  /** The process of a lost attempt is the one that was lost. Undefined: it goes on nowhere yet. */
  #lost(open: Try, ends: Moment | undefined, cause: NonNullable<TimelineSpan['cause']>): TimelineSpan {
    const { process } = open.begun;
    const more = { ...this.#of(open), cause, ...(process !== undefined && { process }) };
    return spanOf('lost', open.begun, ends, more);
  }

  /** The step's worker was lost, and no other one had what it needs: the turn has waited for one up to here. */
  #abandoned(open: Try, at: number, cause: NonNullable<TimelineSpan['cause']>): void {
    const since = { at: Math.max(open.begun.at, at - RECOVERY.ableWorkerMs) };
    const able = spanOf('able', since, { at }, { ...this.#of(open), cause });
    this.#put(open.seq, this.#lost(open, since, LOST), able);
  }

  #end(event: LoggedEvent): void {
    const { step = '', at, stamps = {}, waits = [], data, type } = event;
    const open = this.#open.get(step);
    if (!open) return;
    this.#open.delete(step);
    open.attempt = event.attempt ?? open.attempt;
    const { process } = open.begun;
    const of = this.#of(open);
    const cause =
      type === 'step.failed' ? { cause: { code: data.code, message: data.message } } : cancelled(event);
    for (const { reason, from: began, until } of waits)
      if (reason === 'slot' || reason === 'engine')
        this.#put(open.seq, spanOf(reason, { at: began, process }, { at: until, process }, of));
    const slot = waits.find(({ reason }) => reason === 'slot');
    const asked = { at: Math.max(open.begun.at, slot?.until ?? 0), process };
    const ends = { at, process };
    const { first, last = first } = stamps;
    const lacks = lacksWorker(event);
    if (lacks) this.#abandoned(open, at, lacks);
    else if (open.failed) {
      const told = { ...of, cause: open.failed.cause };
      this.#put(open.seq, spanOf('retry', { at: open.failed.at, process }, ends, told));
    } else if (open.tool !== undefined)
      this.#put(open.seq, spanOf('tool', open.begun, ends, { ...of, ...cause }));
    else if (first === undefined || last === undefined)
      this.#put(open.seq, spanOf('attempt', asked, ends, { ...of, ...cause }));
    else {
      this.#put(
        open.seq,
        spanOf('answer', asked, { at: first, process }, of),
        spanOf('tokens', { at: first, process }, { at: last, process }, of),
        spanOf('finish', { at: last, process }, ends, { ...of, ...cause }),
      );
    }
  }

  #goesOn(open: Try): readonly TimelineSpan[] {
    const { failed, begun, tool, asks, step } = open;
    const { workers, speaking } = this.#beside;
    const more = this.#of(open);
    if (!failed && workers && begun.process !== undefined && !workers.has(begun.process))
      return this.#gone(open);
    const isSilent = asks !== undefined && speaking?.has(step) === false;
    const name = isSilent ? 'answer' : tool === undefined ? 'attempt' : 'tool';
    if (!failed) return [spanOf(name, begun, undefined, more)];
    const paused = { at: failed.at, process: begun.process };
    return [spanOf('retry', paused, undefined, { ...more, cause: failed.cause })];
  }

  /** Its worker is gone; who took it up since may have handed it over. */
  #gone(open: Try): readonly TimelineSpan[] {
    const next = this.#beside.handedOver?.get(this.#turn);
    if (!next || next.at < open.begun.at) return [this.#lost(open, undefined, LOST)];
    const since = { at: next.at };
    const able = spanOf('able', since, undefined, { ...this.#of(open), needs: next.needs });
    return [this.#lost(open, since, LOST), able];
  }
}
