/** A step that uses a tool for an agent. Its result is the step's text, its progress the step's reasoning. */
import {
  ConvokeError,
  isConvokeError,
  LIMITS,
  RECOVERY,
  sessionKey,
  type OpenTry,
  type ToolCall,
} from '../../src/contracts/index.ts';
import { sessionFiles } from '../../src/files/index.ts';
import { RunnerError, type RunPiece } from '../agents/runner.ts';
import { Bounded } from '../tools/bounded.ts';
import { ToolError, type Tool } from '../tools/tool.ts';
import type { StepCall } from '../turn/step-call.ts';
import type { Said } from './attempt.ts';
import { finalFailure } from './outcome.ts';
import type { Performer } from './performer.ts';
import type { SpeechBounds } from './speech.ts';
import type { StepHost } from './host.ts';
import { traceparentFor } from './way.ts';

export class ToolPerformer implements Performer<Tool> {
  readonly lacks = null;
  readonly #host: StepHost;
  readonly #call: StepCall;
  readonly #use: ToolCall;
  #tool: Tool | undefined;

  constructor(host: StepHost, call: StepCall, use: ToolCall) {
    this.#host = host;
    this.#call = call;
    this.#use = use;
  }

  get bounds(): SpeechBounds {
    const timeoutMs = this.#tool?.timeoutMs ?? LIMITS.toolTimeoutMs;
    return { timeoutMs, firstMs: timeoutMs, idleMs: timeoutMs, maxChars: LIMITS.stepChars, speaker: 'tool' };
  }

  /** A call that was tried once is not repeated if it must not be: its only attempt is the first. */
  get maxAttempts(): number {
    return this.#tool?.effect === 'once' ? 1 : LIMITS.stepAttempts;
  }

  async prepare(before: OpenTry | undefined): Promise<Tool | RunnerError> {
    const { tool: name, malformed } = this.#use;
    const { refusal } = this.#call;
    if (refusal) return finalFailure(refusal.code, refusal.message);
    const tool = await this.#find(name);
    // Whether an earlier attempt had its effect only the tool itself could tell.
    if (tool instanceof ToolError) return before ? unknown() : finalFailure('tool_failed', tool.message);
    if (!tool) return finalFailure('tool_unknown', `There is no tool "${name}".`);
    this.#tool = tool;
    const wrong = malformed === undefined ? this.#check(tool) : 'they are not a JSON object';
    if (wrong instanceof RunnerError) return wrong;
    if (wrong !== null) return finalFailure('tool_input_invalid', `The arguments do not fit: ${wrong}.`);
    if (tool.effect !== 'once') return tool;
    if (before) return unknown();
    await this.#host.save();
    return tool;
  }

  async *speak(attempt: number, tool: Tool, signal: AbortSignal): AsyncGenerator<RunPiece, void, undefined> {
    const { ref, turn, means } = this.#host;
    const { keep, ...files } = sessionFiles(means.files, ref);
    const { step, agent } = this.#call;
    const key = `${sessionKey(ref)}:${step}`;
    const { input } = this.#use;
    const traceparent = traceparentFor(this.#host, step, attempt);
    const parts = {
      result: new Bounded(LIMITS.toolResultChars),
      progress: new Bounded(LIMITS.toolProgressChars),
    };
    try {
      for await (const { type, text } of tool.run({
        ...{ ...ref, turn, step, attempt, agent, key, input, files, signal },
        ...(traceparent === undefined ? {} : { traceparent }),
      })) {
        if (type === 'result') await keep(text);
        yield { type: type === 'result' ? 'text' : 'reasoning', text: parts[type].add(text) };
      }
      yield { type: 'text', text: parts.result.end() };
      yield { type: 'reasoning', text: parts.progress.end() };
    } catch (error) {
      signal.throwIfAborted();
      throw this.#failure(error);
    }
  }

  async #find(name: string): Promise<Tool | ToolError | undefined> {
    try {
      return (await this.#host.means.tools([name])).get(name);
    } catch (error) {
      if (error instanceof ToolError) return error;
      throw error;
    }
  }

  /** What is wrong with the arguments; an error: the code of the schema threw. */
  #check(tool: Tool): string | RunnerError | null {
    const { tool: name, input } = this.#use;
    try {
      return tool.check(input);
    } catch (error) {
      this.#host.means.logger?.warn(
        { err: error, ...this.#place, tool: name },
        'The schema of a tool threw an error',
      );
      return finalFailure('tool_failed', `The tool "${name}" cannot check its arguments.`);
    }
  }

  /** In the log of the worker. */
  get #place(): object {
    const { ref, origin } = this.#host;
    return { ...ref, ...origin, step: this.#call.step };
  }

  /** A tool may have nothing to tell. */
  judges(said: Said): Said {
    return said;
  }

  #failure(error: unknown): unknown {
    if (isConvokeError(error) && error.code === 'files_unavailable')
      return new RunnerError(error.code, error.message, {
        ...{ retryable: true, retryAfterMs: RECOVERY.providerPauseMs },
      });
    if (error instanceof RunnerError || error instanceof ConvokeError) return error;
    const known = error instanceof ToolError;
    if (!known)
      this.#host.means.logger?.warn(
        { err: error, ...this.#place, tool: this.#use.tool },
        'A tool threw an error',
      );
    const message = known ? error.message : `The tool "${this.#use.tool}" failed.`;
    const retryable = known && error.retryable;
    return new RunnerError('tool_failed', message, {
      retryable,
      ...(retryable ? { retryAfterMs: RECOVERY.providerPauseMs } : {}),
    });
  }
}

function unknown(): RunnerError {
  return finalFailure(
    'tool_outcome_unknown',
    'The worker was lost during this call. It may have had its effect; it is not repeated.',
  );
}
