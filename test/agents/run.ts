/** Run an agent to its end, for the tests of the runners. */
import {
  createEndpoint,
  createModelRunner,
  createTransport,
  RunnerError,
} from '../../activities/agents/index.ts';
import type { AgentRunner, EndpointSettings, RunRequest } from '../../activities/agents/index.ts';
import type { ModelRunnerOptions } from '../../activities/agents/model.ts';
import { Speech, type SpeechBounds } from '../../activities/step/speech.ts';
import type { AgentSpec, Usage } from '../../src/contracts/index.ts';

/** All that came of a run. `error` is what it threw. */
export interface Outcome {
  readonly pieces: readonly string[];
  readonly text: string;
  readonly usage: readonly Usage[];
  readonly error: unknown;
}

export interface RequestParts {
  readonly agent?: Partial<AgentSpec>;
  readonly attempt?: number;
  readonly conversation?: RunRequest['conversation'];
  readonly signal?: AbortSignal;
  /** What else the request says. */
  readonly more?: Partial<Pick<RunRequest, 'tools' | 'rounds' | 'task' | 'output' | 'repair' | 'files'>>;
  /** Bounds other than those that no test reaches. */
  readonly bounds?: Partial<SpeechBounds>;
  /** Called with each piece of text. */
  readonly onText?: (text: string) => void;
}

export function requestOf(parts: RequestParts): RunRequest {
  return {
    agent: { name: 'ada', runner: 'scripted', ...parts.agent },
    tenant: 'acme',
    session: 's',
    turn: 't1',
    step: 't1.1',
    attempt: parts.attempt ?? 1,
    conversation: parts.conversation ?? [{ role: 'user', name: 'bob', text: 'hello' }],
    signal: parts.signal ?? new AbortController().signal,
    ...parts.more,
  };
}

/** @param onText Called with each piece of text before the next is asked for. */
export async function runToEnd(
  runner: AgentRunner,
  parts: RequestParts,
  onText: (text: string) => void = () => undefined,
): Promise<Outcome> {
  const pieces: string[] = [];
  const usage: Usage[] = [];
  let error: unknown;
  try {
    for await (const piece of runner.run(requestOf(parts))) {
      if (piece.type === 'usage') usage.push(piece.usage);
      else if (piece.type === 'text') {
        pieces.push(piece.text);
        onText(piece.text);
      }
    }
  } catch (thrown) {
    error = thrown;
  }
  return { pieces, text: pieces.join(''), usage, error };
}

/** The error of a run that must have failed with a `RunnerError`. */
export function runnerError(outcome: Pick<Outcome, 'error'>): RunnerError {
  if (outcome.error instanceof RunnerError) return outcome.error;
  throw new Error(`expected a RunnerError, got ${String(outcome.error)}`, { cause: outcome.error });
}

/** A runner for one endpoint, whatever provider an agent names. */
export function modelRunner(
  settings: EndpointSettings,
  transport = createTransport(),
  logger?: ModelRunnerOptions['logger'],
): AgentRunner {
  const endpoint = createEndpoint({ defaultModel: 'scripted', ...settings }, transport);
  return createModelRunner({ endpointOf: () => endpoint, ...(logger && { logger }) });
}

/** What a step hears of a run: the runner as speech has it. */
export async function hearModel(runner: AgentRunner, parts: RequestParts = {}) {
  const { signal = new AbortController().signal, ...others } = parts;
  const speech = new Speech({ ...BOUNDS, ...parts.bounds }, signal);
  let [text, reasoning] = ['', ''];
  let error: unknown;
  try {
    await speech.listen(runner.run(requestOf({ ...others, signal: speech.signal })), {
      text: (said) => {
        text += said;
        parts.onText?.(said);
      },
      reasoning: (said) => (reasoning += said),
    });
  } catch (thrown) {
    error = thrown;
  }
  const { usage, finish, calls } = speech;
  return { text, reasoning, usage, finish, calls, error };
}

const BOUNDS = { timeoutMs: 20_000, firstMs: 20_000, idleMs: 20_000, maxChars: 100_000 };
