/** Agents whose answers a test gives. */
import { RunnerError, type RunRequest } from '../../activities/agents/runner.ts';
import type { AgentRunner, RunPiece } from '../../activities/index.ts';
import { ERRORS, type ErrorCode, type Json, type JsonObject, type Usage } from '../contracts/index.ts';

interface GivenCall {
  readonly call: string;
  readonly input?: JsonObject;
}

/**
 * What an agent does when it is asked, and when it is told what came of its calls: it says a text (anything but a text as JSON), calls tools,
 * fails with a code, or is never done. `say` is a text that costs something.
 */
export type GivenReply =
  | Json
  | GivenCall
  | { readonly calls: readonly GivenCall[] }
  | { readonly say: string; readonly usage: Usage }
  | { readonly fail: ErrorCode }
  | { readonly never: true };

interface Given extends Partial<GivenCall> {
  readonly calls?: readonly GivenCall[];
  readonly say?: string;
  readonly usage?: Usage;
  readonly fail?: ErrorCode;
  readonly never?: true;
}

/** By agent, in the order in which it is asked. */
export type Replies = Readonly<Record<string, readonly GivenReply[]>>;

/** An agent with replies gives them, one after the other, then `{name} {number}`; others are run by `runner`. */
export function replying(replies: Replies, runner: AgentRunner | undefined): AgentRunner {
  const asked = new Map<string, number>();
  return {
    run(request) {
      const { name } = request.agent;
      const given = replies[name];
      if (!given) return (runner ?? unanswered).run(request);
      const index = asked.get(name) ?? 0;
      asked.set(name, index + 1);
      return play(given[index] ?? `${name} ${index + 1}`, request);
    },
  };
}

/** Models and servers of others are not called in a test. */
const unanswered: AgentRunner = {
  run({ agent: { name } }) {
    throw new RunnerError('agent_refused', `In this test ${name} needs answers: { ${name}: […] }.`, {
      retryable: false,
    });
  },
};

async function* play(reply: GivenReply, { signal }: RunRequest): AsyncGenerator<RunPiece, void, undefined> {
  const given = typeof reply === 'object' && reply !== null ? (reply as Given) : {}; // safety: see `GivenReply`
  const calls = given.calls ?? (given.call === undefined ? null : [{ call: given.call, ...given }]);
  if (calls) {
    for (const [index, { call: tool, input = {} }] of calls.entries()) {
      yield { type: 'call', call: { id: `call-${index + 1}`, tool, input } };
    }
    yield { type: 'finish', finish: 'tools' };
  } else if (given.never) {
    await aborted(signal);
  } else if (given.fail !== undefined) {
    throw new RunnerError(given.fail, ERRORS[given.fail].title, { retryable: false });
  } else if (given.say !== undefined) {
    yield { type: 'text', text: given.say };
    if (given.usage) yield { type: 'usage', usage: given.usage };
  } else {
    yield { type: 'text', text: typeof reply === 'string' ? reply : JSON.stringify(reply) };
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(signal.reason as Error);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
