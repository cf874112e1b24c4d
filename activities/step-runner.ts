/**
 * Runs one attempt of one step, whoever calls: open the step in the log, let the agent speak, stream its text, commit the end once.
 *
 * Ways out
 * - a report: the log holds the step's end (made here, by an earlier attempt, or by a cancel that was first);
 * - `StepRetry`: the agent failed in this attempt, another may succeed; `Superseded`: another attempt has begun;
 * - whatever aborted `signal`, or went wrong in the engine (the log, the workflow): never the agent's failure.
 */
import {
  ConvokeError,
  ERRORS,
  eventId,
  LIMITS,
  START,
  type ErrorCode,
  type EventDraft,
  type Report,
  type SessionRef,
  type StepInput,
  type Usage,
} from '../src/contracts/index.ts';
import type { Begun, Ended } from '../src/log/index.ts';
import { RunnerError, type AgentRunner, type RunRequest } from './agents/runner.ts';
import type { RunnerName } from '../src/contracts/index.ts';
import type { Logger } from '../src/telemetry/index.ts';
import { follow, saidUpTo, type Conversation, type Conversations } from './conversation.ts';
import { DeltaWriter } from './delta-writer.ts';
import { LogWriter, type LogAccess } from './log-writer.ts';
import { Speech } from './speech.ts';

export interface StepRunnerDeps extends LogAccess {
  readonly runners: Readonly<Partial<Record<RunnerName, AgentRunner>>>;
  /** Told what an agent threw that is not for clients. */
  readonly logger?: Pick<Logger, 'warn'>;
}

/** Who calls, in the terms of `BeginInput`, and how to stop. */
export interface StepCall {
  readonly owner: string;
  readonly order: number;
  /** 1, 2, …: tries that the caller has made of this step. */
  readonly attempt: number;
  /** Why this is not the first. */
  readonly reason: string;
  readonly signal: AbortSignal;
  /** Told about progress, for heartbeats. */
  progress(chars: number): void;
}

/** The attempt failed and another one may help. */
export class StepRetry extends Error {
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, retryAfterMs?: number) {
    super(message);
    this.name = 'StepRetry';
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Another attempt of the step has begun: this one has nothing to say any more. */
export class Superseded extends StepRetry {
  constructor(attempt: number) {
    super('worker_lost', `Attempt ${attempt} of the step has superseded this one.`);
    this.name = 'Superseded';
  }
}

type End = 'step.completed' | 'step.failed';

/** Stops the agent of a step that has ended. Made once: an error costs its stack trace. */
const OVER = new ConvokeError('agent_failed', 'The step has ended.');

export class StepRunner {
  readonly #deps: StepRunnerDeps;
  readonly #conversations: Conversations;

  constructor(deps: StepRunnerDeps, conversations: Conversations) {
    this.#deps = deps;
    this.#conversations = conversations;
  }

  async run(input: StepInput, call: StepCall): Promise<Report> {
    const attempt = new Attempt(this.#deps, this.#conversations, input, call);
    return attempt.run();
  }
}

class Attempt {
  readonly #deps: StepRunnerDeps;
  readonly #conversations: Conversations;
  readonly #input: StepInput;
  readonly #call: StepCall;
  readonly #ref: SessionRef;
  readonly #writer: LogWriter;
  readonly #before: Conversation | null;
  readonly #startedAt = Date.now();
  /** Stops the agent when the step is over for this attempt. */
  readonly #over = new AbortController();
  #begun: Begun | null = null;
  #restarted: Report['events'] = [];
  #placed: Report['placed'] = [];
  #result: Report | null = null;
  /** What went wrong in the engine while the agent spoke. */
  #broken: { error: unknown } | null = null;

  constructor(deps: StepRunnerDeps, conversations: Conversations, input: StepInput, call: StepCall) {
    this.#deps = deps;
    this.#conversations = conversations;
    this.#input = input;
    this.#call = call;
    this.#ref = { tenant: input.tenant, session: input.session };
    this.#writer = new LogWriter(deps, this.#ref, input.known);
    this.#before = conversations.of(this.#ref);
  }

  async run(): Promise<Report> {
    if (!(await this.#open())) return this.#outcome();
    if ((await this.#reconciled()) && !(await this.#open())) return this.#outcome();
    const text = new DeltaWriter(
      { send: (delta) => this.#send(delta), reopen: () => this.#open() },
      (error) => {
        this.#broken = { error };
        this.#over.abort(error);
      },
    );
    const said = await this.#speak(text).catch((error: unknown) => ({ error }));
    await text.stop();
    if (this.#result) return this.#outcome();
    if ('error' in said) return this.#fail(said.error, text.text);
    if (text.text === '') {
      return this.#fail(new RunnerError('agent_empty', 'The agent said nothing.', { retryable: false }), '');
    }
    return this.#end('step.completed', { text: text.text, ...said });
  }

  /** Opens the step, or finds it ended: then `#result` is set and the answer is false. Throws `Superseded`. */
  async #open(): Promise<boolean> {
    const { turn, step, agent, lead } = this.#input;
    const { owner, order, reason, signal } = this.#call;
    const reply = await this.#writer.patiently(signal, () =>
      this.#writer.write((known) =>
        this.#writer.log.begin(this.#ref, {
          ...{ known, turn, step, agent, owner, order, lead, reason },
          atLeast: Math.max(this.#begun?.attempt ?? 0, order),
          at: Date.now(),
          since: this.#before?.position ?? START,
        }),
      ),
    );
    if (reply.status === 'fenced') throw new Superseded(reply.attempt);
    this.#placed = reply.placed;
    if (reply.status === 'ended') {
      this.#settle(reply);
      return false;
    }
    this.#begun = reply;
    if (reply.restarted) this.#restarted = [...this.#restarted, reply.restarted];
    return true;
  }

  /** Brings what the workflow holds to a log of another life than it knew, so that the agent reads all of it. */
  async #reconciled(): Promise<boolean> {
    const { known } = this.#input;
    if (known.epoch === 0 || known.epoch === this.#writer.known.epoch) return false;
    await this.#writer.patiently(this.#call.signal, async () => {
      const drafts = await this.#writer.held();
      await this.#writer.write((at) => this.#writer.log.append(this.#ref, { known: at, drafts }));
    });
    return true;
  }

  #send(delta: { offset: number; text: string }): ReturnType<LogWriter['log']['delta']> {
    const attempt = this.#begun?.attempt ?? 1;
    this.#call.progress(delta.offset + delta.text.length);
    return this.#writer.patiently(this.#call.signal, async () => {
      const reply = await this.#writer.log.delta(this.#ref, { step: this.#input.step, attempt, ...delta });
      if (reply.status === 'lost') await this.#writer.recover();
      if (reply.status === 'fenced') throw new Superseded(reply.attempt);
      return reply;
    });
  }

  /** Lets the agent speak; throws what it failed with. */
  async #speak(text: DeltaWriter): Promise<{ usage?: Usage }> {
    const begun = this.#begun;
    const conversation = begun && follow(this.#before, begun);
    const agent = conversation?.info.agents.find((each) => each.name === this.#input.agent);
    const runner = agent && this.#deps.runners[agent.runner];
    if (conversation) this.#conversations.keep(this.#ref, conversation);
    if (!conversation || !agent || !runner) {
      const message = agent
        ? `This worker has no runner "${agent.runner}".`
        : 'The session has no such agent.';
      throw new RunnerError('agent_unknown', message, { retryable: false });
    }
    const { tenant, session, turn, step, timeoutMs, idleMs } = this.#input;
    const speech = new Speech({ timeoutMs, idleMs, maxChars: LIMITS.stepChars });
    const signal = AbortSignal.any([this.#call.signal, this.#over.signal, speech.signal]);
    const said = saidUpTo(conversation, turn);
    const attempt = begun.attempt;
    const request: RunRequest = {
      ...{ agent, tenant, session, turn, step, attempt, conversation: said, signal },
    };
    const usage = await speech.listen(runner.run(request), signal, (piece) => {
      text.write(piece);
    });
    return usage ? { usage } : {};
  }

  async #fail(error: unknown, text: string): Promise<Report> {
    this.#call.signal.throwIfAborted();
    if (this.#broken) throw this.#broken.error;
    const { session, step } = this.#input;
    if (!(error instanceof RunnerError))
      this.#deps.logger?.warn(
        { err: error, session, step },
        'An agent threw an error that is not told to clients',
      );
    const { code, message, retryable, retryAfterMs } = asRunnerError(error);
    if (retryable && this.#call.attempt < this.#input.maxAttempts) {
      throw new StepRetry(code, message, retryAfterMs);
    }
    return this.#end('step.failed', { code, message, text });
  }

  /** Commits the end, together with the turn's if the turn ends with it. */
  async #end(type: End, data: EventDraft['data']): Promise<Report> {
    const { turn, step, agent, cause, last } = this.#input;
    for (;;) {
      const attempt = this.#begun?.attempt ?? 1;
      const at = Date.now();
      const stamps = { execute: this.#startedAt };
      const end = { id: eventId.stepEnded(step), type, at, turn, step, attempt, agent, cause, stamps, data };
      const ends = [end as EventDraft]; // safety: `data` is that of `type`
      if (type === 'step.completed' && last) {
        ends.push({ id: eventId.turnEnded(turn), type: 'turn.completed', at, turn, cause, data: {} });
      } else if (type === 'step.failed') {
        // No team goes on without a step that it asked for; one that does must say so in the input.
        const { code, message } = data as { code: string; message: string }; // safety: data of step.failed
        ends.push({
          id: eventId.turnEnded(turn),
          type: 'turn.failed',
          at,
          turn,
          cause,
          data: { code, message },
        });
      }
      const reply = await this.#writer.patiently(this.#call.signal, () =>
        this.#writer.write((known) => this.#writer.log.commit(this.#ref, { known, step, attempt, ends })),
      );
      if (reply.status === 'fenced') throw new Superseded(reply.attempt);
      if (reply.status === 'ended') return this.#settle(reply);
      if (!(await this.#open())) return this.#outcome();
    }
  }

  #settle(ended: Ended): Report {
    this.#result = {
      position: ended.position,
      placed: this.#placed,
      events: [...this.#restarted, ...ended.events],
    };
    this.#over.abort(OVER);
    return this.#result;
  }

  #outcome(): Report {
    if (!this.#result) throw new Error('the step has no outcome');
    return this.#result;
  }
}

/**
 * Anything that an agent throws, as a failure with a code. The sentence of a `RunnerError` is meant for clients; an unknown error is worth
 * another try, and what it says stays here.
 */
function asRunnerError(error: unknown): Pick<RunnerError, 'code' | 'message' | 'retryable' | 'retryAfterMs'> {
  if (!(error instanceof RunnerError)) {
    return new RunnerError('agent_failed', ERRORS.agent_failed.title, { retryable: true });
  }
  const { code, message, retryable, retryAfterMs } = error;
  return { code, message: message.slice(0, LIMITS.failureChars), retryable, retryAfterMs };
}
