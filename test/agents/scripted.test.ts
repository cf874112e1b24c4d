import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createScriptedRunner } from '../../activities/agents/index.ts';
import type { RunPiece } from '../../activities/agents/runner.ts';
import { splitTokens } from '../../activities/agents/scripted.ts';
import { LIMITS } from '../../src/contracts/index.ts';
import type { AgentScript, ScriptFault, ToolRound } from '../../src/contracts/index.ts';
import { requestOf, runnerError, runToEnd } from './run.ts';

const runner = createScriptedRunner();
const say = (script: AgentScript, attempt = 1) => runToEnd(runner, { agent: { script }, attempt });

describe('splitting a text into tokens', () => {
  test('joined, the tokens are the text, and none ends inside a surrogate pair', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^[ \n\t😀a]{0,80}$/u),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        const tokens = splitTokens(text);
        expect(tokens.join('')).toBe(text);
        for (const token of tokens)
          expect(token.isWellFormed()).toBe(text.isWellFormed() || token.isWellFormed());
      }),
    );
  });

  test('a long text without spaces comes in several tokens', () => {
    const text = '😀'.repeat(100);
    const tokens = splitTokens(text);
    expect(tokens.length).toBeGreaterThan(3);
    expect(tokens.every((token) => token.isWellFormed())).toBe(true);
    expect(tokens.join('')).toBe(text);
  });
});

describe('what a scripted agent says', () => {
  test.each([1, 2, 500])('%p tokens are w1 w2 …', async (count) => {
    const { text, pieces, error } = await say({ tokens: count });
    expect(error).toBeUndefined();
    expect(pieces).toHaveLength(count);
    expect(text).toBe(Array.from({ length: count }, (_, i) => `w${i + 1}`).join(' '));
  });

  test('placeholders are replaced once: what was said is not a template', async () => {
    const { text } = await runToEnd(runner, {
      agent: {
        script: { say: '{{agent}}/{{turn}}: {{message}} after {{previous}}, {{other}} $& {{message}}' },
      },
      conversation: [
        { role: 'user', text: 'old' },
        { role: 'agent', name: 'eve', text: 'before {{turn}} $1' },
        { role: 'user', text: '{{agent}}' },
      ],
    });
    expect(text).toBe('ada/t1: {{agent}} after before {{turn}} $1, {{other}} $& {{agent}}');
  });

  test('without a script it answers with what it was asked', async () => {
    const { text } = await runToEnd(runner, {});
    expect(text).toContain('ada');
    expect(text).toContain('hello');
  });

  test('an empty text and zero tokens say nothing', async () => {
    expect((await say({ say: '' })).pieces).toEqual([]);
    expect((await say({ tokens: 0 })).pieces).toEqual([]);
  });

  test('a template that multiplies a long message stops a little beyond the limit of a step', async () => {
    const { text } = await runToEnd(runner, {
      agent: { script: { say: '{{message}}'.repeat(1_000) } },
      conversation: [{ role: 'user', text: 'x'.repeat(LIMITS.messageChars) }],
    });
    expect(text.length).toBeGreaterThan(LIMITS.stepChars);
    expect(text.length).toBeLessThanOrEqual(LIMITS.stepChars + LIMITS.messageChars);
  });

  test('with a pace it says the same', async () => {
    expect((await say({ tokens: 3, paceMs: 1 })).text).toBe('w1 w2 w3');
  });
});

describe('how a scripted agent fails', () => {
  test.each<[ScriptFault['kind'], string, boolean]>([
    ['throw', 'agent_failed', true],
    ['refuse', 'agent_refused', false],
    ['limit', 'agent_rate_limited', true],
  ])('%s is %s', async (kind, code, retryable) => {
    const outcome = await say({ tokens: 5, faults: [{ kind, afterTokens: 2, retryAfterMs: 700 }] });
    expect(outcome.text).toBe('w1 w2');
    expect(runnerError(outcome)).toMatchObject({
      code,
      retryable,
      retryAfterMs: kind === 'limit' ? 700 : undefined,
    });
  });

  test('a fault happens in its attempt only, and the earliest wins', async () => {
    const script: AgentScript = {
      tokens: 4,
      faults: [
        { kind: 'throw', attempt: 1, afterTokens: 3 },
        { kind: 'refuse', attempt: 1, afterTokens: 1 },
        { kind: 'throw', attempt: 2, afterTokens: 0 },
      ],
    };
    const [first, second, third] = [await say(script, 1), await say(script, 2), await say(script, 3)];
    expect([first.text, runnerError(first).code]).toEqual(['w1', 'agent_refused']);
    expect([second.text, runnerError(second).code]).toEqual(['', 'agent_failed']);
    expect([third.text, third.error]).toEqual(['w1 w2 w3 w4', undefined]);
  });

  test('a fault after the last token still happens, one beyond it does not', async () => {
    expect(runnerError(await say({ tokens: 2, faults: [{ kind: 'throw', afterTokens: 2 }] })).code).toBe(
      'agent_failed',
    );
    expect((await say({ tokens: 2, faults: [{ kind: 'throw', afterTokens: 3 }] })).error).toBeUndefined();
  });

  test('empty ends without any text', async () => {
    const outcome = await say({ tokens: 5, faults: [{ kind: 'empty', afterTokens: 2 }] });
    expect([outcome.pieces, outcome.error]).toEqual([[], undefined]);
  });
});

describe('how a scripted agent stops', () => {
  const stopped = new Error('stopped');

  test.each<[string, AgentScript, number]>([
    ['between tokens', { tokens: 100_000 }, 3],
    ['in a pause', { tokens: 10, paceMs: 600_000 }, 0],
    ['while it hangs', { tokens: 3, faults: [{ kind: 'hang', afterTokens: 3 }] }, 3],
    ['in a flood', { tokens: 3, faults: [{ kind: 'flood', afterTokens: 3 }] }, 500],
  ])('%s, at once', async (_, script, tokens) => {
    const control = new AbortController();
    let said = 0;
    // With nothing said, the run is in its first pause by the time the microtasks are done.
    if (tokens === 0) setImmediate(() => control.abort(stopped));
    const outcome = await runToEnd(runner, { agent: { script }, signal: control.signal }, () => {
      said += 1;
      if (said === tokens) control.abort(stopped);
    });
    expect(outcome.pieces).toHaveLength(tokens);
    expect(outcome.error).toBeDefined();
  });

  test('a flood leaves the event loop its turn', async () => {
    const control = new AbortController();
    setImmediate(() => control.abort(stopped));
    const script: AgentScript = { faults: [{ kind: 'flood', afterTokens: 0 }] };
    const outcome = await runToEnd(runner, { agent: { script }, signal: control.signal });
    expect(outcome.error).toBe(stopped);
    expect(outcome.pieces.length).toBeGreaterThan(0);
  });

  test('an aborted run says nothing', async () => {
    const outcome = await runToEnd(runner, {
      agent: { script: { tokens: 2 } },
      signal: AbortSignal.abort(stopped),
    });
    expect([outcome.pieces, outcome.error]).toEqual([[], stopped]);
  });
});

describe('the tools that a scripted agent calls', () => {
  const script: AgentScript = {
    calls: [
      [{ tool: 'a', input: { q: '{{message}}', list: ['{{agent}}', 1, null] } }, { tool: 'b' }],
      [{ tool: 'a' }],
    ],
    say: 'I found {{results}}.',
  };
  const results = (...texts: string[]): ToolRound => ({
    text: '',
    calls: texts.map((text) => ({
      ...{ id: 'x', tool: 'a', input: {}, result: { status: 'completed' as const, text } },
    })),
  });
  const run = async (rounds: readonly ToolRound[]) => {
    const request = { ...requestOf({ agent: { script } }), rounds };
    const pieces: RunPiece[] = [];
    for await (const piece of runner.run(request)) pieces.push(piece);
    return pieces;
  };

  test('are called round by round, side by side in each', async () => {
    expect(await run([])).toEqual([
      {
        type: 'call',
        call: { id: 'call-1-1', tool: 'a', input: { q: 'hello', list: ['ada', 1, null] } },
      },
      { type: 'call', call: { id: 'call-1-2', tool: 'b', input: {} } },
      { type: 'finish', finish: 'tools' },
    ]);
    expect(await run([results('1', '2')])).toMatchObject([
      { call: { id: 'call-2-1', tool: 'a' } },
      { finish: 'tools' },
    ]);
  });

  test('then it speaks, of what they told last', async () => {
    const pieces = await run([results('1', '2'), results('3', '{{message}}')]);
    const text = pieces.map((piece) => (piece.type === 'text' ? piece.text : '')).join('');
    expect(text).toBe('I found 3\n{{message}}.');
  });
});
