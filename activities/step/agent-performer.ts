/** A step that asks an agent: one model call, or one run of an agent of another kind. */
import {
  jsonChars,
  jsonIn,
  LIMITS,
  neededFor,
  type AgentSpec,
  type Asks,
  type Json,
  type JsonObject,
  type OpenTry,
  type Price,
  type Shown,
  type ToolSpec,
} from '../../src/contracts/index.ts';
import { sessionFiles } from '../../src/files/index.ts';
import { RunnerError, type AgentRunner, type RunPiece, type Utterance } from '../agents/runner.ts';
import { isNamed } from '../tools/names.ts';
import { offersOf } from '../tools/offers.ts';
import { mismatch } from '../tools/schema.ts';
import { approvalOf } from '../tools/approval.ts';
import { ToolError, type Tool } from '../tools/tool.ts';
import type { StepCall } from '../turn/step-call.ts';
import { TurnStopped } from '../turn/stops.ts';
import type { Said } from './attempt.ts';
import { finalFailure, silent } from './outcome.ts';
import type { Performer } from './performer.ts';
import { boundsOf, type SpeechBounds } from './speech.ts';
import type { StepHost } from './host.ts';
import { messages, traceparentFor } from './way.ts';

/** What an attempt is told. */
interface Told {
  readonly conversation: readonly Utterance[];
  /** Or why they cannot be had. */
  readonly tools: readonly ToolSpec[] | RunnerError;
  readonly repair?: string;
}

export class AgentPerformer implements Performer<Told> {
  readonly #host: StepHost;
  readonly #call: StepCall;
  readonly #agent: AgentSpec;
  /** The tools that it may call, by name. */
  #callable: ReadonlyMap<string, Tool> = new Map();
  #shown: Shown | undefined;
  #conversation: readonly Utterance[] = [];

  constructor(host: StepHost, call: StepCall) {
    this.#host = host;
    this.#call = call;
    this.#agent = host.agent(call.agent);
  }

  get #runner(): AgentRunner | undefined {
    return this.#host.means.runners[this.#agent.runner];
  }

  get #output(): JsonObject | undefined {
    return this.#call.input?.output ?? this.#agent.output;
  }

  get lacks(): string | null {
    return this.#runner && (this.#runner.can?.(this.#agent) ?? true) ? null : neededFor(this.#agent);
  }

  get bounds(): SpeechBounds {
    return boundsOf(this.#agent);
  }

  get told(): { readonly shown?: Shown } {
    return this.#shown ? { shown: this.#shown } : {};
  }

  get asked(): string {
    return messages(
      this.#conversation.map(({ role, text }) => ({ role: role === 'user' ? role : 'assistant', text })),
    );
  }

  get asks(): Asks | undefined {
    return this.#runner?.asks?.(this.#agent);
  }

  get price(): Price | undefined {
    return this.#host.means.priceOf?.(this.#agent);
  }

  get maxAttempts(): number {
    return this.#agent.maxAttempts ?? LIMITS.stepAttempts;
  }

  async prepare(before: OpenTry | undefined): Promise<Told | RunnerError> {
    const { ref, turn, causes, means, joining, summaries } = this.#host;
    const { sees: steps, rounds = [], input } = this.#call;
    const unusable = this.#schemaFault(null);
    if (unusable instanceof RunnerError) return unusable;
    const most = this.#runner?.budgetChars?.(this.#agent) ?? LIMITS.contextChars;
    const budgetChars = most - jsonChars(rounds) - (input?.task?.length ?? 0);
    await joining.take();
    const joined = joining.among(steps);
    const { shown: conversation, part } = await means.conversations.see(ref, {
      ...{ turn, causes, steps, budgetChars },
      ...(joined.length === 0 ? {} : { joined }),
      ...summaries.seen,
    });
    this.#shown = part;
    this.#conversation = conversation;
    const tools = await this.#tools();
    const refused = before?.code === 'agent_output_invalid' ? before.reason : undefined;
    return { conversation, tools, ...(refused === undefined ? {} : { repair: refused }) };
  }

  /** What the model may call now. The last answer of an ask calls nothing. */
  async #tools(): Promise<readonly ToolSpec[] | RunnerError> {
    if (this.#call.mayCall !== true) return [];
    const { tools: names = [] } = { tools: this.#agent.tools, ...this.#call.input };
    const offers = offersOf(this.#agent);
    if (names.length === 0) return offers;
    try {
      const known = await this.#host.means.tools(names);
      this.#callable = known;
      const missing = names.find((name) => ![...known.keys()].some((tool) => isNamed(tool, [name])));
      if (missing !== undefined) {
        const message = `The worker's configuration has no tool "${missing}", which ${this.#agent.name} may call.`;
        return new RunnerError('tool_unknown', message, { retryable: false });
      }
      const specs = [...known.values()].map(({ spec }) => spec);
      return [...specs.filter(({ name }) => isNamed(name, names)), ...offers];
    } catch (error) {
      if (error instanceof ToolError)
        return new RunnerError('tool_failed', error.message, { retryable: true });
      throw error;
    }
  }

  speak(attempt: number, { tools, ...told }: Told, signal: AbortSignal): AsyncIterable<RunPiece> {
    const runner = this.#runner;
    const agent = this.#agent;
    if (!runner) throw new TurnStopped('unable', neededFor(agent));
    if (tools instanceof RunnerError) throw tools;
    const { ref, turn, means } = this.#host;
    const { step, rounds = [], input } = this.#call;
    const output = this.#output;
    const traceparent = traceparentFor(this.#host, step, attempt);
    return runner.run({
      ...{ agent, ...ref, turn, step, attempt, signal, tools, ...told },
      ...(means.files && { files: sessionFiles(means.files, ref) }),
      ...(traceparent === undefined ? {} : { traceparent }),
      ...(rounds.length === 0 ? {} : { rounds }),
      ...(input?.task === undefined ? {} : { task: input.task }),
      ...(output === undefined ? {} : { output }),
    });
  }

  judges(said: Said): Said | RunnerError {
    const { text, calls } = said;
    if (calls.length > 0) return this.#asCalled(said);
    if (text === '') return silent();
    if (this.#output === undefined) return said;
    const value = jsonIn(text);
    const wrong = value === undefined ? 'it is not JSON' : this.#schemaFault(value);
    if (wrong === null) return said;
    if (wrong instanceof RunnerError) return wrong;
    return new RunnerError('agent_output_invalid', `The answer does not fit its schema: ${wrong}.`, {
      retryable: true,
      retryAfterMs: 0,
    });
  }

  /** What each call changes, and whether people have to approve it, is part of the answer: so it is the same in every run of the turn. */
  #asCalled(said: Said): Said | RunnerError {
    try {
      const calls = said.calls.map((call) => {
        const tool = this.#callable.get(call.tool);
        const approval = approvalOf(this.#agent, tool, call);
        const effect = tool && tool.effect !== 'none' ? { effect: tool.effect } : {};
        return { ...call, ...effect, ...(approval && { approval }) };
      });
      return { ...said, calls };
    } catch (error) {
      const { ref, origin, means } = this.#host;
      means.logger?.warn(
        { err: error, ...ref, ...origin, step: this.#call.step, agent: this.#agent.name },
        'The approval rule of a tool failed',
      );
      return finalFailure('tool_failed', 'Whether people have to approve a call of a tool cannot be told.');
    }
  }

  /** What is wrong with an answer; an error: nothing can be checked against the schema. */
  #schemaFault(value: Json): string | RunnerError | null {
    const output = this.#output;
    if (output === undefined) return null;
    try {
      return mismatch(output, value);
    } catch (error) {
      // A team may give any object, and a reference may lead back to itself.
      const why = error instanceof Error ? error.message : String(error);
      const message = `The "output" of ${this.#agent.name} is not a usable JSON Schema: ${why}.`;
      return new RunnerError('agent_output_invalid', message, { retryable: false });
    }
  }
}
