/** The spans of a turn's steps: attempts, tokens, waits, and what people decide. Pure. */
import { endsStep } from '../events/step.ts';
import type { LoggedEvent } from '../events/envelope.ts';
import { reasonOf } from '../reasons.ts';
import { spanOf, type Moment } from './builder.ts';
import type { TimelineSpan } from './types.ts';

/** The attempt of a step that runs. */
interface Try {
  readonly step: string;
  readonly agent?: string;
  readonly tool?: string;
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

interface Asked {
  readonly at: number;
  readonly step: string | undefined;
  readonly seq: number;
}

/** Failures of whoever answers the call, as against the agent's own. */
const OF_PROVIDER = /^agent_(rate_limited|timeout|stalled|unreachable|failed)$/;

/** Codes of a restart because the worker, and not the attempt, has ended; what `step.restarted` says then. */
const OF_WORKER = ['worker_lost', 'worker_stopped', 'worker_blocked'];
const SAID: Readonly<Record<string, string>> = {
  'The worker that ran it was lost.': 'worker_lost',
  'The worker that ran it was stopped.': 'worker_stopped',
};

export class Steps {
  readonly #now: number;
  readonly #turn: string;
  readonly #open = new Map<string, Try>();
  readonly #approvals = new Map<string, Asked>();
  /** It waits for its place among the turns of its tenant. */
  #place: { readonly at: number; readonly seq: number; readonly limit: string } | null = null;
  readonly #people = new Map<string, Asked>();
  /** With the `seq` of the event with which each began. */
  readonly #spans: OrderedSpan[] = [];

  constructor(turn: string, now: number) {
    this.#turn = turn;
    this.#now = now;
  }

  /** Spans that have ended, and of those that go on what is known. Clocks may be apart: they are in the order in which they began by `seq`. */
  spans(): readonly OrderedSpan[] {
    this.#placed(undefined);
    const goOn = [
      ...[...this.#open.values()].map((open) => ({ seq: open.seq, span: this.#goesOn(open) })),
      ...[...this.#approvals.values()].map(({ at, seq }) => ({ seq, span: this.#asks('approval', at) })),
      ...[...this.#people.values()].map(({ at, seq }) => ({ seq, span: this.#asks('person', at) })),
    ];
    return [...this.#spans, ...goOn].sort((one, other) => one.seq - other.seq);
  }

  /** The turn has its place among those of its tenant; undefined: it waits still. */
  #placed(ends: Moment | undefined): void {
    if (!this.#place) return;
    const { at, seq, limit } = this.#place;
    this.#place = null;
    this.#put(seq, spanOf('place', { at }, ends, { now: this.#now, turn: this.#turn, limit }));
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
        this.#place = { at: event.at, seq: event.seq, limit: event.data.limit };
        break;
      case 'quota.cleared':
        this.#placed({ at: event.at });
        break;
      case 'approval.requested':
        this.#approvals.set(event.data.approval, { at: event.at, step: event.step, seq: event.seq });
        break;
      case 'approval.decided':
        this.#decided(event);
        break;
      case 'person.asked':
        this.#people.set(event.data.question, { at: event.at, step: event.step, seq: event.seq });
        break;
      case 'person.unanswered':
        this.#answered(event.data.question, event.at, []);
        break;
      case 'message.accepted':
        if (event.data.answers !== undefined)
          this.#answered(
            event.data.answers,
            event.at,
            event.data.from === undefined ? [] : [event.data.from],
          );
        break;
      default:
        if (endsStep(event.type)) this.#end(event);
    }
  }

  /** What is asked of people ends with the turn. */
  over(at: number): void {
    this.#placed({ at });
    const more = { now: this.#now, turn: this.#turn };
    for (const asked of this.#approvals.values())
      this.#put(asked.seq, spanOf('approval', asked, { at }, more));
    for (const asked of this.#people.values()) this.#put(asked.seq, spanOf('person', asked, { at }, more));
    this.#approvals.clear();
    this.#people.clear();
  }

  #start({ seq, step = '', agent, at, by, data }: Extract<LoggedEvent, { type: 'step.started' }>): void {
    if (this.#open.has(step)) return;
    const { use } = data;
    this.#open.set(step, {
      ...{ step, attempt: 1, seq, begun: { at, process: by } },
      ...(agent !== undefined && { agent }),
      ...(use && { tool: use.tool }),
    });
  }

  #of({ step, agent, tool, attempt }: Try): Pick<
    TimelineSpan,
    'turn' | 'step' | 'agent' | 'tool' | 'attempt'
  > & {
    readonly now: number;
  } {
    return {
      ...{ turn: this.#turn, step, attempt, now: this.#now },
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
    } else if (OF_WORKER.includes(cause.code)) {
      this.#put(
        open.seq,
        spanOf('lost', open.begun, begun, { ...this.#of(open), cause, ...from(open.begun) }),
      );
    } else this.#failed(open, at, cause);
    delete open.failed;
    open.attempt = attempt;
    open.begun = begun;
    open.seq = seq;
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
    if (open.failed) {
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

  #goesOn(open: Try): TimelineSpan {
    const { failed, begun, tool } = open;
    const more = this.#of(open);
    if (!failed) return spanOf(tool === undefined ? 'attempt' : 'tool', begun, undefined, more);
    const paused = { at: failed.at, process: begun.process };
    return spanOf('retry', paused, undefined, { ...more, cause: failed.cause });
  }

  #asks(name: 'approval' | 'person', at: number): TimelineSpan {
    return spanOf(name, { at }, undefined, { now: this.#now, turn: this.#turn });
  }

  #decided({ at, data }: Extract<LoggedEvent, { type: 'approval.decided' }>): void {
    const asked = this.#approvals.get(data.approval);
    if (!asked) return;
    this.#approvals.delete(data.approval);
    const { status: code, by } = data;
    const more = {
      now: this.#now,
      turn: this.#turn,
      cause: { code },
      by,
      ...(asked.step !== undefined && { step: asked.step }),
    };
    this.#put(asked.seq, spanOf('approval', asked, { at }, more));
  }

  #answered(question: string, at: number, by: readonly string[]): void {
    const asked = this.#people.get(question);
    if (!asked) return;
    this.#people.delete(question);
    this.#put(asked.seq, spanOf('person', asked, { at }, { now: this.#now, turn: this.#turn, by }));
  }
}

/** The process of a lost attempt is the one that was lost. */
function from({ process }: Moment): Pick<TimelineSpan, 'process'> {
  return process === undefined ? {} : { process };
}

function cancelled(event: LoggedEvent): Pick<TimelineSpan, 'cause'> {
  return event.type === 'step.cancelled' ? { cause: reasonOf(event.data.reason) } : {};
}
