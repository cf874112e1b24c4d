/** Attempts of a step against a real Redis log: whatever happens, one end, and the text of one attempt. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ConvokeError, endsStep, endsTurn, eventId, LIMITS } from '../../src/contracts/index.ts';
import type { LoggedEvent, Report, SessionRef } from '../../src/contracts/index.ts';
import { RunnerError } from '../../activities/agents/runner.ts';
import { StepRunner } from '../../activities/step-runner.ts';
import { eventually } from '../support/process.ts';
import { FakeSource, INFO, lead, newSession, Puppet, startLog, stepCall, stepInput } from './support.ts';
import type { TestLog } from './support.ts';

let server: TestLog;
let source: FakeSource;
let agent: Puppet;
let ref: SessionRef;
let runner: StepRunner;

beforeAll(async () => {
  server = await startLog();
});

afterAll(async () => {
  await server.stop();
});

beforeEach(() => {
  source = new FakeSource();
  source.tells(lead());
  agent = new Puppet();
  ref = newSession();
  runner = new StepRunner({ log: server.log, source, runners: { scripted: agent } });
});

async function logged(): Promise<readonly LoggedEvent[]> {
  const slice = await server.log.read(ref, { after: 0, limit: 100 });
  return slice?.events ?? [];
}

const types = (events: readonly LoggedEvent[]): string[] => events.map((event) => event.type);

/** Resolves once the log has this text of the open step. */
function streamed(text: string): Promise<void> {
  return eventually(`the log has "${text}"`, async () => {
    const slice = await server.log.read(ref, { limit: 1 });
    return slice?.open[0]?.text === text;
  });
}

const COMPLETED = [
  'session.created',
  'message.accepted',
  'turn.started',
  'step.started',
  'step.completed',
  'turn.completed',
];

describe('an attempt', () => {
  test('streams, commits the end with that of the turn, and reports what the workflow does not hold', async () => {
    const run = runner.run(stepInput(ref), stepCall());
    agent.say('Good ');
    await streamed('Good ');
    agent.say('day');
    agent.count(3, 2);
    agent.end();
    const report = await run;
    expect(types(await logged())).toEqual(COMPLETED);
    expect(report.placed.map((placed) => placed.seq)).toEqual([1, 2, 3, 4]);
    expect(report.events).toMatchObject([
      {
        type: 'step.completed',
        seq: 5,
        data: { text: 'Good day', usage: { inputTokens: 3, outputTokens: 2 } },
      },
      { type: 'turn.completed', seq: 6 },
    ]);
    expect(report.position.seq).toBe(6);
  });

  test('of a step that has ended calls no model and reports the stored end', async () => {
    agent.say('first');
    agent.end();
    const first = await runner.run(stepInput(ref), stepCall());
    const again = await runner.run(stepInput(ref, { known: first.position }), stepCall(2));
    expect(again.events).toEqual(first.events);
    expect(agent.requests).toHaveLength(1);
  });

  test('that is superseded stops its agent; only the text of the newer one stays', async () => {
    const old = runner.run(stepInput(ref), stepCall(1));
    const stopped = expect(old).rejects.toMatchObject({ code: 'worker_lost' });
    agent.say('old');
    await streamed('old');
    const other = new Puppet();
    const elsewhere = new StepRunner({ log: server.log, source, runners: { scripted: other } });
    const run = elsewhere.run(stepInput(ref), stepCall(2));
    await eventually('the newer one speaks', () => other.requests.length === 1);
    agent.say(' more');
    await stopped;
    expect(agent.requests[0]?.signal.aborted).toBe(true);
    other.say('new');
    other.end();
    const report = await run;
    expect(report.events).toMatchObject([
      { type: 'step.restarted', attempt: 2, data: { reason: 'the worker of the attempt before was lost' } },
      { type: 'step.completed', attempt: 2, data: { text: 'new' } },
      { type: 'turn.completed' },
    ]);
    expect(types(await logged()).filter(endsStep)).toHaveLength(1);
  });

  test('that comes late is fenced before it calls a model', async () => {
    const run = runner.run(stepInput(ref), stepCall(2));
    await eventually('it speaks', () => agent.requests.length === 1);
    await expect(runner.run(stepInput(ref), stepCall(1))).rejects.toMatchObject({ code: 'worker_lost' });
    agent.say('x');
    agent.end();
    await run;
    expect(agent.requests).toHaveLength(1);
  });

  test('whose step somebody cancels stops at the next word and reports the cancel with the text so far', async () => {
    const run = runner.run(stepInput(ref), stepCall());
    agent.say('half');
    await streamed('half');
    const { position } = (await server.log.read(ref, { limit: 1 })) ?? {};
    if (!position) throw new Error('no log');
    const place = { at: 5, turn: 't1', cause: 'm1' };
    const reason = 'cancelled on request';
    await server.log.append(ref, {
      known: position,
      drafts: [
        {
          ...place,
          id: eventId.stepEnded('t1.1'),
          type: 'step.cancelled',
          step: 't1.1',
          data: { reason, text: '' },
        },
        { ...place, id: eventId.turnEnded('t1'), type: 'turn.cancelled', data: { reason } },
      ],
    });
    agent.say(' never seen');
    const report = await run;
    expect(report.events).toMatchObject([
      { type: 'step.cancelled', data: { text: 'half' } },
      { type: 'turn.cancelled' },
    ]);
    expect(agent.requests[0]?.signal.aborted).toBe(true);
    expect(types(await logged()).filter(endsTurn)).toHaveLength(1);
  });

  test('that its caller stops throws, and stops its agent', async () => {
    const caller = new AbortController();
    const run = runner.run(stepInput(ref), stepCall(1, caller.signal));
    agent.say('half');
    await streamed('half');
    caller.abort(new Error('the caller stops'));
    await expect(run).rejects.toThrow('the caller stops');
    expect(agent.requests[0]?.signal.aborted).toBe(true);
    expect(types(await logged()).some(endsStep)).toBe(false);
  });
});

describe('a failing agent', () => {
  test('is tried again if that may help, when it says', async () => {
    const limit = { retryable: true, retryAfterMs: 1_234 };
    agent.fail(new RunnerError('agent_rate_limited', 'too many', limit));
    await expect(runner.run(stepInput(ref), stepCall(1))).rejects.toMatchObject({
      code: 'agent_rate_limited',
      retryAfterMs: 1_234,
    });
    expect(types(await logged()).some(endsStep)).toBe(false);
  });

  test.each<[string, string, (agent: Puppet) => void]>([
    [
      'has failed for the last time',
      'agent_failed',
      (a) => {
        a.fail(new Error('broken'));
      },
    ],
    [
      'refuses',
      'agent_refused',
      (a) => {
        a.fail(new RunnerError('agent_refused', 'no', { retryable: false }));
      },
    ],
    [
      'says nothing',
      'agent_empty',
      (a) => {
        a.end();
      },
    ],
    [
      'says too much',
      'agent_output_too_large',
      (a) => {
        a.say('x'.repeat(LIMITS.stepChars + 1));
      },
    ],
  ])('that %s ends its step and its turn', async (_, code, misbehave) => {
    misbehave(agent);
    const report = await runner.run(stepInput(ref), stepCall(3));
    expect(report.events).toMatchObject([
      { type: 'step.failed', data: { code } },
      { type: 'turn.failed', data: { code } },
    ]);
  });

  test.each([
    ['silent', { idleMs: 50 }, 'agent_stalled'],
    ['slow', { timeoutMs: 50 }, 'agent_timeout'],
  ])('that is %s ends in time, with what it said', async (_, bounds, code) => {
    agent.say('half');
    const report = await runner.run(stepInput(ref, bounds), stepCall(3));
    expect(report.events[0]).toMatchObject({ type: 'step.failed', data: { code, text: 'half' } });
    expect(agent.requests[0]?.signal.aborted).toBe(true);
  });

  test('that this worker cannot run is not tried again', async () => {
    const report = await runner.run(stepInput(ref, { agent: 'm' }), stepCall());
    expect(report.events[0]).toMatchObject({ type: 'step.failed', data: { code: 'agent_unknown' } });
  });

  test('of which others are to speak does not end the turn', async () => {
    agent.end();
    const report = await runner.run(stepInput(ref, { fatal: false }), stepCall());
    expect(report.events.map((event) => event.type)).toEqual(['step.failed']);
  });
});

describe('when the log fails in the middle', () => {
  /** Says half, lets `fault` happen, says the rest. */
  async function interrupted(fault: () => Promise<void>): Promise<Report> {
    const run = runner.run(stepInput(ref), stepCall());
    agent.say('one ');
    await streamed('one ');
    await fault();
    agent.say('three');
    agent.end();
    return run;
  }

  async function expectWhole(report: Report): Promise<void> {
    expect(report.events).toMatchObject([
      { type: 'step.completed', attempt: 1, data: { text: 'one two three' } },
      { type: 'turn.completed' },
    ]);
    expect(types(await logged())).toEqual(COMPLETED);
    expect(agent.requests).toHaveLength(1);
  }

  test('a lost log is built anew and the same attempt goes on', async () => {
    const report = await interrupted(async () => {
      await server.flush();
      agent.say('two ');
    });
    await expectWhole(report);
    expect(source.asked).toBe(1);
  });

  test('a Redis that is away for a while, and comes back empty, is waited for', async () => {
    const report = await interrupted(async () => {
      await server.redis.kill();
      agent.say('two ');
      await server.redis.start();
    });
    await expectWhole(report);
  });

  test('a workflow that cannot be asked for a moment is asked again: the agent is not to blame', async () => {
    const report = await interrupted(async () => {
      source.fault = new ConvokeError('worker_unavailable');
      await server.flush();
      agent.say('two ');
      await eventually('it asks again', () => source.asked === 2);
    });
    await expectWhole(report);
    expect(source.asked).toBe(2);
  });

  test('its caller can still stop', async () => {
    await server.redis.kill();
    const caller = new AbortController();
    const run = runner.run(stepInput(ref), stepCall(1, caller.signal));
    caller.abort(new Error('the caller stops'));
    await expect(run).rejects.toThrow();
    await server.redis.start();
    await eventually('Redis is back', async () => (await server.log.heads([ref]))[0] === null);
  });
});

test('a log of another life than the workflow knew gets what the workflow holds before the agent reads it', async () => {
  const before = await (async () => {
    agent.say('said by a');
    agent.end();
    return runner.run(stepInput(ref, { last: false }), stepCall());
  })();
  // Somebody built the log anew from what the workflow knew before that report.
  await server.flush();
  await server.log.rebuild(ref, {
    ...{ expected: null, epoch: before.position.epoch + 1, info: INFO },
    events: lead().map((draft, index) => ({ ...draft, seq: index + 1 })),
  });
  const held = [...lead().map((draft, index) => ({ ...draft, seq: index + 1 })), ...before.events];
  source.tells([], held, before.position);
  agent.say('said by b');
  agent.end();
  const step = { step: 't1.2', agent: 'b', lead: [], known: before.position };
  const report = await runner.run(stepInput(ref, step), stepCall());
  expect(agent.requests[1]?.conversation.map((said) => said.text)).toEqual(['hello', 'said by a']);
  expect(types(await logged())).toEqual([...COMPLETED.slice(0, 5), 'step.completed', 'turn.completed']);
  expect(report.position.epoch).toBe(before.position.epoch + 1);
});
