/**
 * Runs one attempt of one step, whoever calls: open the step in the log, let the agent speak, stream its text, commit the end once.
 *
 * Ways out
 * - a report: the log holds the step's end (made here, by an earlier attempt, or by a cancel that was first);
 * - `StepRetry`: this attempt failed, another may succeed;
 * - whatever aborted `signal`.
 */
import {
  ConvokeError,
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
import { Conversations, follow, saidUpTo, type Conversation } from './conversation.ts';
import { DeltaWriter } from './delta-writer.ts';
import { LogWriter, type LogAccess } from './log-writer.ts';
import { Speech } from './speech.ts';

export interface StepRunnerDeps extends LogAccess {
  readonly runners: Readonly<Partial<Record<RunnerName, AgentRunner>>>;
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

type End = 'step.completed' | 'step.failed';

export class StepRunner {
  readonly #deps: StepRunnerDeps;
  readonly #conversations = new Conversations();

  constructor(deps: StepRunnerDeps) {
    this.#deps = deps;
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
        this.#over.abort(error);
      },
    );
    try {
      const usage = await this.#speak(text);
      await text.stop();
      if (this.#result) return this.#outcome();
      if (text.text === '')
        throw new RunnerError('agent_empty', 'The agent said nothing.', { retryable: false });
      return await this.#end('step.completed', { text: text.text, ...(usage ? { usage } : {}) });
    } catch (error) {
      await text.stop();
      if (this.#result) return this.#outcome();
      return await this.#fail(error, text.text);
    }
  }

  /** Opens the step, or finds it ended: then `#result` is set and the answer is false. Throws `StepRetry` if superseded. */
  async #open(): Promise<boolean> {
    const { turn, step, agent, lead } = this.#input;
    const { owner, order, reason, signal } = this.#call;
    const reply = await this.#writer.patiently(signal, () =>
      this.#writer.write((known) =>
        this.#writer.log.begin(this.#ref, {
          ...{ known, turn, step, agent, owner, order, lead, reason },
          atLeast: this.#begun?.attempt ?? 0,
          at: Date.now(),
          since: this.#before?.position ?? START,
        }),
      ),
    );
    if (reply.status === 'fenced') throw superseded(reply.attempt);
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
      if (reply.status === 'fenced') throw superseded(reply.attempt);
      return reply;
    });
  }

  async #speak(text: DeltaWriter): Promise<Usage | undefined> {
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
    const { session, turn, step, timeoutMs, idleMs } = this.#input;
    const speech = new Speech({ timeoutMs, idleMs, maxChars: LIMITS.stepChars });
    const signal = AbortSignal.any([this.#call.signal, this.#over.signal, speech.signal]);
    const said = saidUpTo(conversation, turn);
    const attempt = begun.attempt;
    const request: RunRequest = { agent, session, turn, step, attempt, conversation: said, signal };
    return speech.listen(runner.run(request), signal, (piece) => {
      text.write(piece);
    });
  }

  async #fail(error: unknown, text: string): Promise<Report> {
    this.#call.signal.throwIfAborted();
    if (error instanceof StepRetry) throw error;
    const { code, message, retryable, retryAfterMs } = asRunnerError(error);
    if (retryable && this.#call.attempt < this.#input.maxAttempts) {
      throw new StepRetry(code, message, retryAfterMs);
    }
    return this.#end('step.failed', { code, message, text });
  }

  /** Commits the end, together with the turn's if the turn ends with it. */
  async #end(type: End, data: EventDraft['data']): Promise<Report> {
    const { turn, step, agent, cause, last, fatal } = this.#input;
    for (;;) {
      const attempt = this.#begun?.attempt ?? 1;
      const at = Date.now();
      const stamps = { execute: this.#startedAt };
      const end = { id: eventId.stepEnded(step), type, at, turn, step, attempt, agent, cause, stamps, data };
      const ends = [end as EventDraft]; // safety: `data` is that of `type`
      if (type === 'step.completed' && last) {
        ends.push({ id: eventId.turnEnded(turn), type: 'turn.completed', at, turn, cause, data: {} });
      } else if (type === 'step.failed' && fatal) {
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
      if (reply.status === 'fenced') throw superseded(reply.attempt);
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
    this.#over.abort(new ConvokeError('agent_failed', 'The step has ended.'));
    return this.#result;
  }

  #outcome(): Report {
    if (!this.#result) throw new Error('the step has no outcome');
    return this.#result;
  }
}

function superseded(attempt: number): StepRetry {
  return new StepRetry('worker_lost', `Attempt ${attempt} of the step has superseded this one.`);
}

/** Anything that an agent throws, as a failure with a code; an unknown error is worth another try. */
function asRunnerError(error: unknown): RunnerError {
  if (error instanceof RunnerError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new RunnerError('agent_failed', message, { retryable: true, cause: error });
}
