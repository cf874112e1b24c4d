/** Run an agent to its end, for the tests of the runners. */
import { RunnerError } from '../../activities/agents/index.ts';
import type { AgentRunner, RunRequest } from '../../activities/agents/index.ts';
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
export function runnerError(outcome: Outcome): RunnerError {
  if (outcome.error instanceof RunnerError) return outcome.error;
  throw new Error(`expected a RunnerError, got ${String(outcome.error)}`, { cause: outcome.error });
}
