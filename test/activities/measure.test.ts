/** What a worker tells of turns and steps. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { StepMeasure } from '../../activities/step/measure.ts';
import { TurnMeasures } from '../../activities/turn/measure.ts';
import type { StepCall } from '../../activities/turn/step-call.ts';
import { TurnStopped } from '../../activities/turn/stops.ts';
import type { EventDraft, LoggedEvent, TurnInput, TurnResult } from '../../src/contracts/index.ts';
import { counting, type Counted } from '../support/counted.ts';

const CALL = { step: 't1.1', path: '1', agent: 'a' } as unknown as StepCall; // safety: its kind is all that is read
const TOOL = { ...CALL, use: { id: 'c1', tool: 'clock', input: {} } } as unknown as StepCall; // safety: as above
const OPEN = { attempt: 1, failures: 0 };

let counted: Counted;
beforeEach(() => {
  counted = counting();
});
afterEach(() => counted.metrics.close());

describe('a step', () => {
  test('tells why each attempt is made', async () => {
    const step = new StepMeasure(counted.metrics, 'acme', CALL);
    step.began(1, undefined);
    step.began(2, { ...OPEN, reason: 'It is busy.', code: 'agent_rate_limited' });
    step.began(3, { ...OPEN, reason: 'The worker that ran it was stopped.' });
    step.began(4, undefined);
    step.began(5, { ...OPEN, reason: '' });
    const attempts = (cause: string): Promise<number | undefined> =>
      counted.value('convoke_attempts_total', { kind: 'agent', cause });
    expect(await attempts('first')).toBe(1);
    expect(await attempts('agent_rate_limited')).toBe(1);
    expect(await attempts('handed_over')).toBe(1);
    expect(await attempts('worker_lost')).toBe(2);
  });

  test('tells of tokens what the provider has counted, also of an attempt without a first token', async () => {
    const step = new StepMeasure(counted.metrics, 'acme', CALL);
    const usage = { inputTokens: 100, outputTokens: 20 };
    const began = performance.now() - 3_000;
    step.heard(began, { usage, firstAt: began + 1_000 });
    step.heard(began, { usage, firstAt: undefined });
    step.heard(began, { usage: undefined, firstAt: undefined });
    expect(await counted.value('convoke_tokens_total', { tenant: 'acme', direction: 'input' })).toBe(200);
    expect(await counted.value('convoke_tokens_total', { tenant: 'acme', direction: 'output' })).toBe(40);
    expect(await counted.value('convoke_first_token_seconds_sum')).toBeCloseTo(1);
    expect(await counted.value('convoke_tokens_per_second_count')).toBe(1);
    expect(await counted.value('convoke_tokens_per_second_sum')).toBeCloseTo(10, 0);
  });

  test('tells how it ends; one that goes on elsewhere has not ended', async () => {
    const step = new StepMeasure(counted.metrics, 'acme', TOOL);
    const common = { step: 't1.1', agent: 'a', text: '' };
    await step.of(async () => ({ ...common, status: 'completed', calls: [] }));
    await step.of(async () => ({ ...common, status: 'failed', code: 'tool_failed', message: 'No.' }));
    for (const kind of ['cancelled', 'drained'] as const) {
      const stopped = step.of(async () => {
        throw new TurnStopped(kind);
      });
      await expect(stopped).rejects.toThrow(TurnStopped);
    }
    for (const outcome of ['completed', 'tool_failed', 'cancelled'])
      expect(await counted.value('convoke_steps_total', { kind: 'tool', outcome })).toBe(1);
    expect(await counted.value('convoke_steps_total')).toBe(3);
  });
});

describe('a run of a turn', () => {
  const place = { tenant: 'acme', session: 's', turn: 't1', causes: ['m1'], attempts: 0 };
  const input = (lead: readonly object[], more: object = {}): TurnInput =>
    ({ ...place, lead, ...more }) as unknown as TurnInput; // safety: no more of it is read
  const started = (at: number): Partial<EventDraft> => ({ type: 'turn.started', turn: 't1', at });
  const accepted = (ingest: number, queued: boolean): object => ({
    ...{ type: 'message.accepted', turn: 't1', at: ingest, stamps: { ingest } },
    data: { messageId: 'm1', parts: [], queued },
  });
  const runOf = (status: TurnResult['status'], end?: LoggedEvent['type']) => ({
    run: async () => ({ status }) as TurnResult, // safety: no more of it is read
    log: { turnEnd: end && ({ type: end } as LoggedEvent) }, // safety: as above
  });
  const outcome = (stage: string, each: string): Promise<number | undefined> =>
    counted.value('convoke_stage_total', { stage, tenant: 'acme', outcome: each });

  test('tells what came of it', async () => {
    const turns = new TurnMeasures(counted.metrics);
    await turns.of(runOf('done', 'turn.completed'), input([]), 1);
    await turns.of(runOf('done', 'turn.failed'), input([]), 1);
    await turns.of(runOf('suspended'), input([]), 1);
    for (const error of [new TurnStopped('superseded'), new Error('A fault')]) {
      const failing = { ...runOf('done'), run: () => Promise.reject(error) };
      await expect(turns.of(failing, input([]), 1)).rejects.toBe(error);
    }
    for (const each of ['ok', 'failed', 'suspended', 'superseded', 'fault'])
      expect([each, await outcome('execute', each)]).toEqual([each, 1]);
    expect(await counted.value('convoke_turns_running')).toBe(0);
  });

  test('ends the orchestration of its message the first time, and not again', async () => {
    const turns = new TurnMeasures(counted.metrics);
    const now = Date.now();
    const once = [accepted(now - 2_000, false), started(now - 500)];
    await turns.of(runOf('done'), input(once), 1);
    // Another attempt, another activity of the turn, and one that began in another.
    await turns.of(runOf('done'), input(once), 2);
    await turns.of(runOf('done'), input(once, { ranMs: 5 }), 1);
    await turns.of(runOf('done'), input([]), 1);
    expect(await outcome('orchestrate', 'ok')).toBe(1);
    expect(await counted.value('convoke_stage_seconds_sum', { stage: 'orchestrate' })).toBeCloseTo(2, 0);
  });

  test('does not count how long its message waited behind other turns', async () => {
    const turns = new TurnMeasures(counted.metrics);
    const now = Date.now();
    await turns.of(runOf('done'), input([accepted(now - 60_000, true), started(now - 1_000)]), 1);
    expect(await counted.value('convoke_stage_seconds_sum', { stage: 'orchestrate' })).toBeCloseTo(1, 0);
  });
});
