import { afterEach, describe, expect, test } from '@jest/globals';
import type { ModelFault, ScriptedModelOptions } from '../../examples/scripted-model/behaviour.ts';
import { startScriptedModel } from '../../examples/scripted-model/server.ts';
import type { ScriptedModel } from '../../examples/scripted-model/server.ts';
import { modelRunner, runnerError, runToEnd } from './run.ts';

const KEY = 'key-for-tests-0123456789abcdef';
let model: ScriptedModel | undefined;

afterEach(async () => {
  await model?.stop();
  model = undefined;
});

async function start(options: ScriptedModelOptions) {
  model = await startScriptedModel(options);
  return { model, runner: modelRunner({ baseUrl: model.url, apiKey: KEY }) };
}

/** What a run does when the provider has this fault, or this other oddity. */
async function runWith(fault: ModelFault, options: ScriptedModelOptions = {}) {
  const started = await start({ answer: 'one two three four', faults: [fault], ...options });
  return { model: started.model, outcome: await runToEnd(started.runner, {}) };
}

describe('an answer', () => {
  test('is streamed as it comes, with the usage that the provider counted', async () => {
    const { model, runner } = await start({ answer: 'Grüße 👋🏽, {{message}}\nand more ' });
    const { text, pieces, usage, error } = await runToEnd(runner, {
      conversation: [{ role: 'user', text: 'dear model' }],
    });
    expect(error).toBeUndefined();
    expect(text).toBe('Grüße 👋🏽, dear model\nand more ');
    expect(pieces.length).toBeGreaterThan(3);
    expect(usage).toEqual([{ inputTokens: expect.any(Number), outputTokens: pieces.length }]);
    expect(usage[0]?.inputTokens).toBeGreaterThan(2);
    expect(model.requests).toMatchObject([{ model: 'scripted', stream: true, aborted: false }]);
    expect(await model.requests[0]?.ended).toBe('answered');
  });

  test("goes to the agent's own model", async () => {
    const { model, runner } = await start({});
    await runToEnd(runner, { agent: { model: 'other-model' } });
    expect(model.requests[0]?.model).toBe('other-model');
  });

  test('begins late when the headers do', async () => {
    const { outcome } = await runWith({ kind: 'slow', delayMs: 5 });
    expect(outcome).toMatchObject({ text: 'one two three four', error: undefined });
  });
});

describe('a failure of the provider', () => {
  test.each([
    [{ retryAfter: '7' }, 7_000, 7_000],
    [{ retryAfter: '3', retryAfterMs: 1_250 }, 1_250, 1_250],
    [{ retryAfter: new Date(Date.now() + 3_600_000).toUTCString() }, 3_500_000, 3_600_000],
    [{}, undefined, undefined],
  ])('429 with %p says when to come back', async (wish, atLeast, atMost) => {
    const { outcome } = await runWith({ kind: 'status', status: 429, ...wish });
    const error = runnerError(outcome);
    expect(error).toMatchObject({ code: 'agent_rate_limited', retryable: true });
    if (atLeast === undefined) expect(error.retryAfterMs).toBeUndefined();
    else {
      expect(error.retryAfterMs).toBeGreaterThanOrEqual(atLeast);
      expect(error.retryAfterMs).toBeLessThanOrEqual(atMost);
    }
  });

  test.each([400, 401, 402, 403, 404, 422])(
    '%p may not be retried, says what to check, and quotes nothing that the provider wrote',
    async (status) => {
      const { outcome } = await runWith({ kind: 'status', status, message: `Bad key: ${KEY}`, code: KEY });
      const error = runnerError(outcome);
      expect(error).toMatchObject({ code: 'agent_refused', retryable: false });
      expect(error.message).toContain(`HTTP ${status}`);
      expect(error.message).toMatch(/check|too long/i);
      expect(everythingIn(error)).not.toContain(KEY);
    },
  );

  test('a wrong key is told as such', async () => {
    const { runner } = await start({ apiKey: 'another' });
    const error = runnerError(await runToEnd(runner, {}));
    expect(error.message).toMatch(/HTTP 401, invalid_api_key.*API key/);
  });

  test.each<ModelFault['kind'] & ('cut' | 'malformed' | 'end')>(['cut', 'malformed', 'end'])(
    'a stream with a fault (%s) throws after what was said',
    async (kind) => {
      const { outcome } = await runWith({ kind, afterTokens: 2 });
      expect(outcome.text).toBe('one two');
      expect(runnerError(outcome)).toMatchObject({ code: 'agent_failed', retryable: true });
    },
  );

  test('a malformed chunk closes the connection', async () => {
    const { model } = await runWith({ kind: 'malformed', afterTokens: 0 });
    expect(await model.requests[0]?.ended).toBe('aborted');
  });

  test.each([
    ['overloaded', 'agent_failed'],
    ['rate_limit_exceeded', 'agent_rate_limited'],
  ])('an error inside the stream (%s) throws %s', async (code, expected) => {
    const { outcome } = await runWith({ kind: 'error', afterTokens: 1, message: `No: ${KEY}`, code });
    expect(outcome.text).toBe('one');
    expect(runnerError(outcome)).toMatchObject({ code: expected, retryable: true });
    expect(everythingIn(runnerError(outcome))).not.toContain(KEY);
  });

  test('no server: may be retried, without its address', async () => {
    const { model, runner } = await start({});
    await model.stop();
    const error = runnerError(await runToEnd(runner, {}));
    expect(error).toMatchObject({ code: 'agent_failed', retryable: true });
    expect(error.message).toContain('ECONNREFUSED');
    expect(everythingIn(error)).not.toContain(new URL(model.url).port);
  });

  test('nothing is printed', async () => {
    const printed: unknown[] = [];
    const before = console.error;
    console.error = (...args: unknown[]) => printed.push(args);
    try {
      await runWith({ kind: 'status', status: 500 });
    } finally {
      console.error = before;
    }
    expect(printed).toEqual([]);
  });
});

describe('stopping', () => {
  const stopped = new Error('stopped');

  test.each<[string, ModelFault]>([
    ['before the headers', { kind: 'slow', delayMs: 600_000 }],
    ['before the first token', { kind: 'hang', afterTokens: 0 }],
    ['between tokens', { kind: 'hang', afterTokens: 2 }],
  ])("an abort %s closes the provider's request", async (_, fault) => {
    const { model, runner } = await start({ answer: 'one two three four', faults: [fault] });
    const control = new AbortController();
    const until = fault.kind === 'hang' ? fault.afterTokens : 0;
    let said = 0;
    const ending = runToEnd(runner, { signal: control.signal }, () => {
      said += 1;
      if (said === until) control.abort(stopped);
    });
    const request = await model.arrival(1);
    if (until === 0) control.abort(stopped);
    expect((await ending).error).toBe(stopped);
    expect(await request.ended).toBe('aborted');
    expect(request.aborted).toBe(true);
  });

  test("leaving the loop closes the provider's request", async () => {
    const { model, runner } = await start({
      answer: 'one two three',
      faults: [{ kind: 'hang', afterTokens: 1 }],
    });
    const leave = new Error('leave');
    const { error } = await runToEnd(runner, {}, () => {
      throw leave;
    });
    expect(error).toBe(leave);
    expect(await model.requests[0]?.ended).toBe('aborted');
  });

  test('an aborted run asks nobody', async () => {
    const { model, runner } = await start({});
    const { error } = await runToEnd(runner, { signal: AbortSignal.abort(stopped) });
    expect(error).toBe(stopped);
    expect(model.requests).toHaveLength(0);
  });
});

/** All that an error could tell: message, stack, causes, fields. */
function everythingIn(error: Error): string {
  const cause = error.cause instanceof Error ? everythingIn(error.cause) : String(error.cause);
  return [error.message, error.stack, JSON.stringify(error), cause].join('\n');
}
