/** The scripted runner: an agent whose words, pace, failures and silences are declared as data. Calls nobody. */
import { setImmediate as nextTick, setTimeout as pause } from 'node:timers/promises';
import { LIMITS } from '../../src/contracts/index.ts';
import type { AgentScript, Json, JsonObject, ScriptCall, ScriptFault } from '../../src/contracts/index.ts';
import { RunnerError } from './runner.ts';
import type { AgentRunner, RunPiece, RunRequest } from './runner.ts';

const DEFAULT_SAY = 'This is {{agent}}. I was asked: {{message}}';
/** Longest token, code points: text without spaces is streamed too. */
const TOKEN_CHARS = 24;
/** Without a pace, let timers, sockets and aborts have their turn after this many tokens. */
const TOKENS_PER_TICK = 64;

/**
 * A runner for agents with a script. A failed attempt says the tokens before its fault, then throws a `RunnerError`: `agent_failed` (may be
 * retried), `agent_refused` (may not) or `agent_rate_limited` (with the script's `retryAfterMs`). On abort it stops at once and throws the
 * signal's reason. It counts no usage: a script costs nothing.
 */
export function createScriptedRunner(): AgentRunner {
  return { run };
}

async function* run(request: RunRequest): AsyncGenerator<RunPiece, void, undefined> {
  const { agent, attempt, signal } = request;
  const script = agent.script ?? {};
  const { rounds = [] } = request;
  const calls = script.calls?.[rounds.length] ?? [];
  if (calls.length > 0) {
    yield* call(calls, request);
    return;
  }
  const fault = faultOf(script, attempt);
  let said = 0;
  for (const text of tokensOf(script, request)) {
    if (fault?.afterTokens === said) break;
    await beforeToken(said, script.paceMs, signal);
    yield { type: 'text', text };
    said += 1;
  }
  if (fault?.afterTokens === said) yield* misbehave(fault, script.paceMs, signal);
  signal.throwIfAborted();
}

/** A round of calls: a model that calls tools need not say anything. */
function* call(calls: readonly ScriptCall[], request: RunRequest): Generator<RunPiece, void, undefined> {
  for (const [index, { tool, input = {} }] of calls.entries()) {
    const id = `call-${(request.rounds?.length ?? 0) + 1}-${index + 1}`;
    // safety: an object stays one
    yield { type: 'call', call: { id, tool, input: filled(input, request) as JsonObject } };
  }
  yield { type: 'finish', finish: 'tools' };
}

/** The value with the placeholders in its texts replaced. */
function filled(value: Json, request: RunRequest): Json {
  if (typeof value === 'string') return render(value, request);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each: Json) => filled(each, request));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filled(each, request)]));
}

/** Wait for the pace, or now and then for the event loop; throws the signal's reason when aborted. */
async function beforeToken(said: number, paceMs: number | undefined, signal: AbortSignal): Promise<void> {
  if (paceMs !== undefined && paceMs > 0) await pause(paceMs, undefined, { signal });
  else if (said % TOKENS_PER_TICK === TOKENS_PER_TICK - 1) await nextTick();
  signal.throwIfAborted();
}

async function* misbehave(
  fault: ScriptFault,
  paceMs: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<RunPiece, void, undefined> {
  const where = `after ${fault.afterTokens} tokens, as its script says`;
  switch (fault.kind) {
    case 'throw':
      throw new RunnerError('agent_failed', `The scripted agent failed ${where}.`, { retryable: true });
    case 'refuse':
      throw new RunnerError('agent_refused', `The scripted agent refused ${where}.`, { retryable: false });
    case 'limit':
      throw new RunnerError('agent_rate_limited', `The scripted agent was rate limited ${where}.`, {
        retryable: true,
        retryAfterMs: fault.retryAfterMs,
      });
    case 'hang':
      return await untilAborted(signal);
    case 'flood':
      for (let said = 0; ; said += 1) {
        await beforeToken(said, paceMs, signal);
        yield { type: 'text', text: ' flood' };
      }
    case 'empty':
      return;
  }
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

/** The earliest fault of this attempt: every fault ends it, so no other can follow. */
function faultOf(script: AgentScript, attempt: number): ScriptFault | undefined {
  return (script.faults ?? [])
    .filter((fault) => fault.attempt === undefined || fault.attempt === attempt)
    .map((fault) => (fault.kind === 'empty' ? { ...fault, afterTokens: 0 } : fault))
    .reduce<ScriptFault | undefined>(
      (first, fault) => (first === undefined || fault.afterTokens < first.afterTokens ? fault : first),
      undefined,
    );
}

function tokensOf(script: AgentScript, request: RunRequest): Iterable<string> {
  if (script.say === undefined && script.tokens !== undefined) return numbered(script.tokens);
  return splitTokens(render(script.say ?? DEFAULT_SAY, request));
}

function* numbered(count: number): Generator<string, void, undefined> {
  for (let n = 1; n <= count; n += 1) yield n === 1 ? 'w1' : ` w${n}`;
}

/**
 * Words with the space before them, as models stream them. Joined, they are exactly `text`; a surrogate pair is never split (the `u` flag
 * makes the pattern count code points).
 */
export function splitTokens(text: string): readonly string[] {
  return text.match(TOKEN) ?? [];
}

const TOKEN = new RegExp(`\\s*\\S{1,${TOKEN_CHARS}}|\\s+$`, 'gu');

/** Replace the placeholders in one pass: what was said is never read as a template. */
function render(template: string, request: RunRequest): string {
  const values: Readonly<Record<string, () => string>> = {
    message: () => request.conversation.findLast((said) => said.role === 'user')?.text ?? '',
    previous: () => request.conversation.findLast((said) => said.role === 'agent')?.text ?? '',
    agent: () => request.agent.name,
    turn: () => request.turn,
    summary: () => request.conversation.find((said) => said.summary)?.text ?? '',
    results: () => (request.rounds?.at(-1)?.calls ?? []).map(({ result }) => result.text).join('\n'),
  };
  let text = '';
  // Odd parts are the names between braces. A template can multiply a long message: past a step's limit no more is made of it.
  for (const [index, part] of template
    .split(/\{\{(message|previous|agent|turn|summary|results)\}\}/)
    .entries()) {
    text += index % 2 === 0 ? part : (values[part]?.() ?? '');
    if (text.length > LIMITS.stepChars) break;
  }
  return text;
}
