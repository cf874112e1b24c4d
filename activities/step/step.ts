/**
 * A step, a model call or a tool call: tries until there is an end, whoever calls. The order of its end is what makes it trusted: the
 * performer has ended → the journal has the end → it is durable → it is shown (committed to the log) → the team hears of it.
 *
 * What goes wrong has a cause, and each has a budget of its own: the engine (log, archive or workflow away) is waited for; a worker that is
 * lost counts in `TurnState.lost`; a provider that fails counts against the step's attempts; what the agent itself does is final.
 */
import {
  eventId,
  isConvokeError,
  LIMITS,
  priced,
  RECOVERY,
  type EventData,
  type EventDraft,
  type LoggedEvent,
  type OpenTry,
} from '../../src/contracts/index.ts';
import { RunnerError } from '../agents/runner.ts';
import type { StepCall, StepOutcome } from '../turn/step-call.ts';
import { TurnStopped } from '../turn/stops.ts';
import { runFor } from '../turn/whose.ts';
import { Attempt, type Said } from './attempt.ts';
import type { StepHost } from './host.ts';
import { OpenStep } from './open-step.ts';
import { StepMeasure, timed } from './measure.ts';
import { answered, asRunnerError, brief, extras, finalFailure, outcomeOf, FULL, turnEnd } from './outcome.ts';
import type { Performer } from './performer.ts';
import { StepWay } from './way.ts';
import { retryOf } from './retries.ts';

const LOST = 'The worker that ran it was lost.';

/** Told once. */
function waitedIn({ waited }: StepHost['log']): EventDraft['waits'] {
  return waited.length === 0 ? undefined : waited.splice(0);
}

const NOTHING: Said = { text: '', reasoning: '', calls: [], usage: undefined, finish: undefined };

export class Step<Shown> {
  readonly #host: StepHost;
  readonly #call: StepCall;
  readonly #performer: Performer<Shown>;
  readonly #signal: AbortSignal;
  readonly #measure: StepMeasure;
  readonly #startedAt = Date.now();
  /** Executions that were lost before this one began with the step, and may have been lost by it. */
  readonly #lost: number;
  #tries = 0;
  #paused: EventDraft['waits'];

  /** `signal`: stops it; its reason is a `TurnStopped`. */
  constructor(host: StepHost, call: StepCall, performer: Performer<Shown>, signal: AbortSignal) {
    this.#host = host;
    this.#signal = signal;
    this.#call = call;
    this.#performer = performer;
    const way = new StepWay(host, call, performer);
    this.#measure = new StepMeasure(host.means.metrics, host.ref.tenant, call, way);
    this.#lost = host.state.lost;
  }

  /** Runs the step to its end. Rejects with `TurnStopped` when there is nothing to say any more. */
  run(): Promise<StepOutcome> {
    const { ref, turn, means } = this.#host;
    const { step, agent, use } = this.#call;
    const { asks } = this.#performer;
    const running = { ...ref, turn, agent, ...(use && { tool: use.tool }), ...(asks && { asks }) };
    const ended = means.watch?.begins(running);
    return runFor({ ...ref, turn, step, agent }, () => this.#measure.of(() => this.#run())).finally(ended);
  }

  async #run(): Promise<StepOutcome> {
    try {
      return await this.#runTries();
    } catch (error) {
      if (!(error instanceof TurnStopped) || error.kind !== 'ended') throw error;
      const stored = await this.#next().open();
      // It has not ended after all: whoever goes on with the turn begins it again.
      if (!stored) throw new TurnStopped('drained');
      return outcomeOf(this.#call, await this.#known(stored));
    }
  }

  async #runTries(): Promise<StepOutcome> {
    const { lacks } = this.#performer;
    if (lacks !== null) await this.#host.lack(this.#call, lacks);
    for (;;) {
      const { until } = this.#host.state.open[this.#call.step] ?? {};
      if (until !== undefined && !this.#gaveUp(until)) await this.#host.pause(this.#call, until);
      const end = await this.#try();
      if (end) return outcomeOf(this.#call, end);
    }
  }

  /** One attempt; null if another one follows. */
  async #try(): Promise<LoggedEvent | null> {
    const { state } = this.#host;
    this.#signal.throwIfAborted();
    const before = state.open[this.#call.step];
    const open = this.#next();
    const stored = await open.open();
    if (stored) return this.#known(stored);
    state.began(this.#call.step, open.attempt);
    this.#measure.began(open.attempt, before);
    const hopeless = this.#hopeless(before);
    if (hopeless) return this.#fail(open, NOTHING, hopeless.error, hopeless.retryInMs);
    const shown = await this.#shown(before);
    if (shown instanceof RunnerError) return this.#fail(open, NOTHING, shown);
    const performer = this.#performer;
    const began = Date.now();
    const heard = await new Attempt(open, this.#signal, this.#measure).hear(performer.bounds, (stop) =>
      performer.speak(open.attempt, shown, stop),
    );
    if ('end' in heard) return this.#known(heard.end);
    const { failed } = heard;
    if (performer.asks) this.#host.means.watch?.heard(performer.asks, timed(began, heard.said, failed));
    const [{ price }, { usage }] = [performer, heard.said];
    const said = price && usage ? { ...heard.said, usage: priced(usage, price) } : heard.said;
    if (failed) return this.#failed(open, said, failed.error);
    const told = performer.judges(said);
    return told instanceof RunnerError ? this.#failed(open, said, told) : this.#complete(open, told);
  }

  /** Why there is no use in letting the agent speak again. */
  #hopeless(
    before: OpenTry | undefined,
  ): { readonly error: RunnerError; readonly retryInMs?: number } | null {
    if (this.#lost >= RECOVERY.lostAttempts) return { error: finalFailure('worker_lost') };
    if (before?.until === undefined || !this.#gaveUp(before.until)) return null;
    const retryInMs = before.until - Date.now();
    return { error: finalFailure(before.code ?? 'agent_failed', before.reason), retryInMs };
  }

  /** A session that closes makes no pause that clients would be told of. */
  #gaveUp(until: number): boolean {
    return this.#host.closing && until - Date.now() >= RECOVERY.waitToldMs;
  }

  #next(): OpenStep {
    const { ref, turn, origin, owner, order, state, log, means } = this.#host;
    const { step, agent, use } = this.#call;
    const before = state.open[step];
    this.#tries += 1;
    return new OpenStep(log, means.conversations, {
      ...{ ref, turn, step, agent, order, origin },
      owner: `${owner}:${this.#tries}`,
      atLeast: Math.max((before?.attempt ?? 0) + 1, this.#lost + 1),
      by: means.process,
      waits: this.#paused ?? waitedIn(log),
      reason: before && before.reason !== '' ? before.reason : LOST,
      usage: before?.usage,
      use,
      summarises: this.#performer.told?.summarises,
      asks: this.#performer.asks,
    });
  }

  /** What the attempt needs to know, or why it cannot be had: no other attempt would find it. Throws what is wrong in the engine. */
  async #shown(before: OpenTry | undefined): Promise<Shown | RunnerError> {
    try {
      return await this.#host.patiently(() => this.#performer.prepare(before));
    } catch (error) {
      if (isConvokeError(error) && error.code === 'context_incomplete') return asRunnerError(error);
      throw error;
    }
  }

  async #failed(open: OpenStep, said: Said, error: unknown): Promise<LoggedEvent | null> {
    const { ref, origin } = this.#host;
    const { step } = this.#call;
    if (error instanceof TurnStopped) throw error;
    if (!(error instanceof RunnerError) && !isConvokeError(error)) {
      this.#host.means.logger?.warn(
        { err: error, ...ref, ...origin, step },
        'An agent threw an error that clients are not told',
      );
    }
    const known = asRunnerError(error);
    const before = this.#host.state.open[step];
    const failures = (before?.failures ?? 0) + 1;
    const retry = retryOf(known, failures, this.#performer.maxAttempts, Math.random());
    const briefly = this.#host.closing || this.#performer.isBrief === true;
    const patient = retry.again && !(briefly && retry.pauseMs >= RECOVERY.waitToldMs);
    if (!patient) {
      const retryAt = retry.again ? retry.pauseMs : retry.retryAfterMs;
      return this.#fail(open, said, known, retryAt);
    }
    const from = Date.now();
    const until = from + retry.pauseMs;
    const { usage } = said;
    const { code, message: reason } = known;
    this.#paused = [{ reason: 'retry', from, until, code }];
    this.#host.state.retry(step, {
      attempt: open.attempt,
      failures,
      until,
      reason,
      code,
      ...(usage ? { usage } : {}),
    });
    if (retry.pauseMs >= RECOVERY.waitToldMs) await open.tellWait(known, until);
    return null;
  }

  async #complete(open: OpenStep, said: Said): Promise<LoggedEvent> {
    const ends = this.#ends(open, said, { type: 'step.completed', data: answered(said) });
    return this.#host.state.hasRoom(ends) ? this.#end(open, ends) : this.#fail(open, said, FULL);
  }

  async #fail(open: OpenStep, said: Said, error: RunnerError, retryInMs?: number): Promise<LoggedEvent> {
    const { code, message } = error;
    // A Date cannot be further away.
    const retryAt = retryInMs === undefined ? {} : { retryAt: Math.min(Date.now() + retryInMs, 8.64e15) };
    const endsOf = (heard: Said): readonly EventDraft[] =>
      this.#ends(open, heard, {
        type: 'step.failed',
        data: { code, message, text: heard.text, ...extras(heard), ...retryAt },
      });
    const whole = endsOf(said);
    return this.#end(open, this.#host.state.hasRoom(whole) ? whole : endsOf(brief(said)));
  }

  /** The step's end; and the turn's if the turn ends with it. */
  #ends<T extends 'step.completed' | 'step.failed'>(
    { attempt }: OpenStep,
    { stamps, waits = [] }: Said,
    { type, data }: { readonly type: T; readonly data: EventData[T] },
  ): readonly EventDraft[] {
    const { origin, memory, log } = this.#host;
    const { step, agent, last } = this.#call;
    const at = Date.now();
    const held = [...waits, ...log.takeWaits()].slice(0, LIMITS.waitsTold);
    const place = {
      ...{ at, step, attempt, agent, ...origin, stamps: { execute: this.#startedAt, ...stamps } },
      ...(held.length > 0 && { waits: held }),
    };
    const told = { ...data, ...this.#performer.told };
    const end = { id: eventId.stepEnded(step), type, ...place, data: told } as EventDraft; // safety: `data` is that of `type`
    // A model that calls tools has not had the last word yet.
    const goesOn = end.type === 'step.completed' && end.data.calls !== undefined;
    return last && !goesOn ? [end, turnEnd(end, { at, ...origin }, memory.changed)] : [end];
  }

  /** Durable first, then shown. */
  async #end(open: OpenStep, ends: readonly EventDraft[]): Promise<LoggedEvent> {
    await this.#host.persist(this.#call, ends);
    return open.commit(ends);
  }

  /** The log has the step's end, and a journal without it: an attempt that was cut off before the journal, or a zombie's. */
  async #known(stored: LoggedEvent): Promise<LoggedEvent> {
    const { seq: _seq, ...end } = stored;
    await this.#host.persist(this.#call, [end]);
    return stored;
  }
}
