import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import type { RunPiece } from '../../../activities/agents/runner.ts';
import { Speech, type SpeechBounds } from '../../../activities/step/speech.ts';

/** Times that no test reaches unless it is about them. */
const BOUNDS: SpeechBounds = { timeoutMs: 60_000, firstMs: 60_000, idleMs: 60_000, maxChars: 1_000 };

/** Everything that a listener heard, in order, and how it ended. */
async function hear(
  pieces: AsyncIterable<RunPiece>,
  bounds: Partial<SpeechBounds> = {},
  stop: AbortSignal = new AbortController().signal,
) {
  const speech = new Speech({ ...BOUNDS, ...bounds }, stop);
  const heard: [string, string][] = [];
  let error: unknown;
  try {
    await speech.listen(pieces, {
      text: (text) => heard.push(['text', text]),
      reasoning: (text) => heard.push(['reasoning', text]),
    });
  } catch (thrown) {
    error = thrown;
  }
  return { heard, error, speech };
}

const text = (said: string): RunPiece => ({ type: 'text', text: said });
const reasoning = (said: string): RunPiece => ({ type: 'reasoning', text: said });
const alive: RunPiece = { type: 'alive' };
const usage: RunPiece = { type: 'usage', usage: { inputTokens: 3, outputTokens: 1 } };

async function* say(...pieces: RunPiece[]): AsyncGenerator<RunPiece> {
  yield* pieces;
}

/** Says these, then nothing until the end of time. */
async function* hang(...pieces: RunPiece[]): AsyncGenerator<RunPiece> {
  yield* pieces;
  await new Promise(() => undefined);
}

/** Says one piece every few ms, for ever. */
async function* every(ms: number, piece: RunPiece): AsyncGenerator<RunPiece> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, ms));
    yield piece;
  }
}

describe('what is said', () => {
  test('is handed on in order, with usage and finish', async () => {
    const { heard, error, speech } = await hear(
      say(
        alive,
        reasoning('hm'),
        text('a'),
        text(''),
        text('b'),
        { type: 'finish', finish: 'length' },
        usage,
      ),
    );
    expect(error).toBeUndefined();
    expect(heard).toEqual([
      ['reasoning', 'hm'],
      ['text', 'a'],
      ['text', 'b'],
    ]);
    expect(speech.finish).toBe('length');
    expect(speech.usage).toEqual({ inputTokens: 3, outputTokens: 1 });
  });

  test('is well-formed: pairs that were split are joined, halves without their other half are replaced', async () => {
    const { heard } = await hear(say(text('a\ud83d'), text('\ude00b\ude00'), text('c\ud83d')));
    expect(heard.map(([, said]) => said)).toEqual(['a', '😀b\ufffd', 'c', '\ufffd']);
  });

  test('text and reasoning each keep their own half of a pair', async () => {
    const { heard } = await hear(
      say(reasoning('\ud83d'), text('\ud83d'), reasoning('\ude00'), text('\ude01')),
    );
    expect(heard).toEqual([
      ['reasoning', '😀'],
      ['text', '😁'],
    ]);
  });

  test('is bounded, text and reasoning together', async () => {
    const { heard, error } = await hear(say(reasoning('abc'), text('de'), text('f')), { maxChars: 5 });
    expect(error).toMatchObject({ code: 'agent_output_too_large', retryable: false });
    expect(heard).toEqual([
      ['reasoning', 'abc'],
      ['text', 'de'],
    ]);
  });
});

describe('silence', () => {
  test('before the first token has a bound of its own', async () => {
    const { error } = await hear(hang(), { firstMs: 20, idleMs: 60_000 });
    expect(error).toMatchObject({ code: 'agent_stalled', retryable: true });
    expect(String(error)).toContain('first token');
  });

  test.each([text('a'), reasoning('a')])(
    'after the first token (%j) has the shorter bound',
    async (first) => {
      const { heard, error } = await hear(hang(first), { firstMs: 60_000, idleMs: 20 });
      expect(heard).toHaveLength(1);
      expect(error).toMatchObject({ code: 'agent_stalled', retryable: true });
      expect(String(error)).toContain('silent for 20 ms');
    },
  );

  test('a sign of life is no first token: a role, a comment or a place in a queue comes long before it', async () => {
    const { error } = await hear(hang(alive), { firstMs: 40, idleMs: 1 });
    expect(String(error)).toContain('40 ms before its first token');
  });

  test('ends with any piece: only the total time ends an agent that lives', async () => {
    const { error, heard } = await hear(every(5, alive), { firstMs: 400, timeoutMs: 1_000 });
    expect(error).toMatchObject({ code: 'agent_timeout', retryable: true });
    expect(heard).toEqual([]);
  });
});

describe('an end that is not the agent’s own', () => {
  test('keeps the usage that was counted before an error', async () => {
    const failing = (async function* (): AsyncGenerator<RunPiece> {
      yield* say(text('a'), usage);
      throw new Error('broken');
    })();
    const { error, speech, heard } = await hear(failing);
    expect(error).toEqual(new Error('broken'));
    expect(heard).toEqual([['text', 'a']]);
    expect(speech.usage).toEqual({ inputTokens: 3, outputTokens: 1 });
  });

  test('an abort ends it at once, with its reason, whatever the agent does', async () => {
    const stop = new AbortController();
    const reason = new Error('stopped');
    const hearing = hear(hang(usage, text('a')), {}, stop.signal);
    await new Promise((resolve) => setImmediate(resolve));
    stop.abort(reason);
    const { error, speech, heard } = await hearing;
    expect(error).toBe(reason);
    expect(speech.signal.reason).toBe(reason);
    expect(speech.usage).toBeDefined();
    expect(heard).toEqual([['text', 'a']]);
  });

  test('after an abort nothing is handed on', async () => {
    const stop = new AbortController();
    let go: () => void = () => undefined;
    const deaf = (async function* (): AsyncGenerator<RunPiece> {
      yield text('a');
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      yield text('b');
    })();
    const hearing = hear(deaf, {}, stop.signal);
    await new Promise((resolve) => setImmediate(resolve));
    stop.abort(new Error('stopped'));
    const { heard } = await hearing;
    go();
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toEqual([['text', 'a']]);
  });

  test('an agent that was stopped before it began is not asked', async () => {
    let asked = false;
    const agent = (async function* (): AsyncGenerator<RunPiece> {
      asked = true;
      yield* say(text('a'));
    })();
    const { error } = await hear(agent, {}, AbortSignal.abort(new Error('stopped')));
    expect(error).toEqual(new Error('stopped'));
    expect(asked).toBe(false);
  });
});

test('memory does not grow with the tokens of a running step', async () => {
  const probe = fileURLToPath(new URL('./speech-memory.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--no-warnings', probe]);
  const { tokens, bytes } = JSON.parse(stdout) as { tokens: number; bytes: number };
  expect(tokens).toBe(180_000);
  // A race for every token left 390 B each.
  expect(bytes / tokens).toBeLessThan(8);
}, 60_000);
