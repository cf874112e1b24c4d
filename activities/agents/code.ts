/** The runner of agents that are code of one's own: an async generator that yields what the agent says. */
import { setImmediate as nextTick } from 'node:timers/promises';
import { sessionKey, type JsonObject } from '../../src/contracts/index.ts';
import { pieceIn } from './pieces.ts';
import { RunnerError, type AgentRunner, type RunPiece, type RunRequest } from './runner.ts';

/** After so many pieces timers, sockets and aborts have their turn. */
const PIECES_PER_TICK = 64;

/** What the code of an agent is called with. */
export interface CodeCall<O = JsonObject> extends Omit<RunRequest, 'agent' | 'weight'> {
  /** The agent's name in this session. */
  readonly agent: string;
  /** Its settings in this session, checked by its schema. */
  readonly options: O;
  /** The same in every attempt of this step and in no other: for effects that must happen once. */
  readonly key: string;
}

/**
 * An agent in code. It may run again from the start: a worker may be lost, and what it throws is retried unless it is an `AgentError` that says
 * otherwise. It must stop soon after `signal` is aborted.
 */
export type CodeAgent<O = JsonObject> = (
  call: CodeCall<O>,
) => AsyncIterable<string | RunPiece> | Promise<string>;

/** `options`: what the code gets for the options of a session. Throws a sentence about what does not fit. */
export interface CodeSettings {
  readonly run: CodeAgent<never>;
  readonly options: (given: JsonObject) => unknown;
}

/** `codeOf`: the code of a configured agent. */
export function createCodeRunner(codeOf: (use: string) => CodeSettings | undefined): AgentRunner {
  return { run: (request) => run(codeOf(request.agent.use ?? request.agent.name), request) };
}

async function* run(
  code: CodeSettings | undefined,
  request: RunRequest,
): AsyncGenerator<RunPiece, void, undefined> {
  const { agent, weight: _weight, ...rest } = request;
  if (!code) throw final('agent_unknown', `The worker's configuration has no code for "${agent.name}".`);
  const key = `${sessionKey(request)}:${request.step}`;
  const call = { ...rest, agent: agent.name, key, options: optionsOf(code, agent.options ?? {}) };
  const said = code.run(call as CodeCall<never>); // safety: `optionsOf` has made what the code declares
  if (said instanceof Promise) {
    yield pieceOf(await said);
    return;
  }
  if (typeof (said as Partial<typeof said> | undefined)?.[Symbol.asyncIterator] !== 'function')
    throw final(
      'agent_refused',
      'The code of the agent must be an async generator, or return a promise of text.',
    );
  let heard = 0;
  for await (const each of said) {
    request.signal.throwIfAborted();
    yield pieceOf(each);
    heard += 1;
    // Code that awaits nothing would let no timer come, not even that of its time-out.
    if (heard % PIECES_PER_TICK === 0) await nextTick();
  }
}

/** The configuration may have changed since the session was opened. */
function optionsOf(code: CodeSettings, given: JsonObject): unknown {
  try {
    return code.options(given);
  } catch (error) {
    throw final('agent_refused', `The agent's options do not fit its schema: ${(error as Error).message}`);
  }
}

function pieceOf(said: unknown): RunPiece {
  const piece = pieceIn(said);
  if (piece) return piece;
  throw final(
    'agent_refused',
    'The code of the agent must yield text or pieces, and yielded something else.',
  );
}

function final(code: 'agent_unknown' | 'agent_refused', message: string): RunnerError {
  return new RunnerError(code, message, { retryable: false });
}
