/** What spans of steps say, and what they say only where that is asked for. */
import { expect, test } from '@jest/globals';
import type { Performer } from '../../activities/step/performer.ts';
import type { StepHost } from '../../activities/step/host.ts';
import { messages, StepWay, traceparentFor } from '../../activities/step/way.ts';
import type { StepCall } from '../../activities/turn/step-call.ts';
import { LIMITS, type AgentSpec } from '../../src/contracts/index.ts';
import { RunnerError } from '../../activities/agents/runner.ts';
import type { Span } from '../../src/telemetry/index.ts';

const TRACE = '1'.repeat(32);
const WRITER: AgentSpec = { name: 'writer', runner: 'model', provider: 'local', model: 'm-1' };
const CALL: StepCall = { path: '1', step: 't1.1', agent: 'writer', sees: [], last: true };
const USE: StepCall = { ...CALL, step: 't1.1.c1', use: { id: 'c1', tool: 'pay', input: { card: '4111' } } };

function scene(withContent: boolean, trace: string | undefined = TRACE) {
  const spans: Span[] = [];
  const told: object[] = [];
  const host = {
    ...{ ref: { tenant: 'dev', session: 's' }, turn: 't1', owner: 'o', agent: () => WRITER },
    origin: { turn: 't1', cause: 'm', ...(trace === '' ? {} : { trace }) },
    means: {
      spans: { withContent, samples: () => true, add: (span: Span) => void spans.push(span) },
      logger: { warn: () => undefined, debug: (fields: object) => void told.push(fields) },
    },
  } as unknown as StepHost; // safety: no more of it is read
  const performer: Pick<Performer<unknown>, 'asked'> = { asked: messages([{ role: 'user', text: 'hi' }]) };
  return { spans, told, host, way: (call: StepCall) => new StepWay(host, call, performer) };
}

const HEARD = {
  usage: { inputTokens: 5, outputTokens: 7, cachedTokens: 2 },
  ...({ finish: 'stop', text: 'secret', from: 1_000, first: 1_250, failed: null } as const),
};

test.each([false, true])('a model call and a tool call, with texts: %s', (withContent) => {
  const { spans, host, way, told } = scene(withContent);
  const step = way(CALL);
  step.began(2);
  step.heard(HEARD);
  const done = { status: 'completed', step: 't1.1', agent: 'writer', text: 'secret', calls: [] } as const;
  step.ended('completed', { ...done, usage: HEARD.usage });
  const tool = way(USE);
  tool.began(1);
  tool.heard(HEARD);
  tool.ended('completed', { ...done, text: 'paid' });
  const [chat, invoke, execute] = spans;
  expect(spans.map(({ name }) => name)).toEqual(['chat m-1', 'invoke_agent writer', 'execute_tool pay']);
  expect(chat).toMatchObject({ kind: 'client', parent: invoke?.id, from: 1_000, error: undefined });
  expect(traceparentFor(host, 't1.1', 2)).toBe(`00-${TRACE}-${chat?.id}-01`);
  expect(traceparentFor(host, 't1.1.c1', 1)).toBe(`00-${TRACE}-${execute?.id}-01`);
  expect(chat?.attributes).toMatchObject({
    ...{ 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'local', 'gen_ai.request.model': 'm-1' },
    ...{
      'gen_ai.usage.input_tokens': 5,
      'gen_ai.usage.output_tokens': 7,
      'gen_ai.usage.cache_read.input_tokens': 2,
    },
    ...{
      'gen_ai.response.time_to_first_chunk': 0.25,
      'gen_ai.response.finish_reasons': ['stop'],
      'convoke.attempt': 2,
    },
  });
  const said = JSON.stringify([spans.map(({ attributes }) => attributes), told]);
  for (const text of ['secret', 'hi', '4111', 'paid']) expect(said.includes(text)).toBe(withContent);
  if (withContent)
    expect(chat?.attributes['gen_ai.output.messages']).toBe(
      '[{"role":"assistant","parts":[{"type":"text","content":"secret"}]}]',
    );
  expect(told).toHaveLength(2);
});

test('a failure has its code; without a trace nothing is recorded, and it is still told', () => {
  const failed = scene(false);
  const step = failed.way(CALL);
  step.began(1);
  step.heard({ ...HEARD, failed: { error: new RunnerError('agent_timeout', 'late', { retryable: true }) } });
  step.ended('agent_timeout');
  expect(failed.spans.map(({ error }) => error)).toEqual(['agent_timeout', 'agent_timeout']);
  const cut = scene(false);
  const stopped = cut.way(CALL);
  stopped.began(1);
  stopped.heard({ ...HEARD, failed: { error: new Error('aborted') }, stopped: 'cancelled' });
  stopped.heard({ ...HEARD, failed: { error: new Error('aborted') }, stopped: 'drained' });
  // It goes on at another worker: no failure, and what is below it has a parent.
  stopped.left('drained');
  expect(cut.spans.map(({ error }) => error)).toEqual(['cancelled', undefined, undefined]);
  expect(cut.spans.map(({ attributes }) => attributes['convoke.stopped'])).toEqual([
    'cancelled',
    'drained',
    'drained',
  ]);
  expect(cut.spans[1]?.parent).toBe(cut.spans[2]?.id);
  expect(cut.told).toEqual([]);
  const none = scene(true, '');
  const other = none.way(CALL);
  other.began(1);
  other.heard(HEARD);
  other.ended('completed');
  expect([none.spans.length, none.told.length]).toEqual([0, 1]);
  expect(traceparentFor(none.host, 't1.1', 1)).toBeUndefined();
});

test('of long texts the newest, as far as there is room', () => {
  const long = 'x'.repeat(LIMITS.spanTextChars - 10);
  const told = JSON.parse(
    messages(['old', 'y'.repeat(50), long].map((text) => ({ role: 'user', text }))),
  ) as {
    readonly parts: readonly { readonly content: string }[];
  }[];
  expect(told.map(({ parts }) => parts[0]?.content.length)).toEqual([10, long.length]);
});
