/** The activities as Temporal calls them, against a real Redis log. */
import { describe, expect, test } from '@jest/globals';
import { asyncLocalStorage, Context } from '@temporalio/activity';
import type { Info } from '@temporalio/activity';
import { createActivities } from '../../activities/index.ts';
import type { AgentRunner } from '../../activities/agents/runner.ts';
import type { Archive } from '../../src/archive/index.ts';
import { ASK_OUTSIDE, eventId, LIMITS, START } from '../../src/contracts/index.ts';
import type { EventDraft, LoggedEvent, SessionActivities } from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';
import { types, useScene } from './scene.ts';
import { INFO, lead, Puppet, stepInput } from './support.ts';

const scene = useScene();

/** What has been written to the archive. */
let archived: LoggedEvent[] = [];

const archive = {
  async write(_ref: unknown, _info: unknown, events: readonly LoggedEvent[]): Promise<void> {
    archived = [...archived, ...events];
  },
} as unknown as Archive; // safety: these activities only write

function activitiesOf(agent: AgentRunner): SessionActivities {
  const { source, server } = scene;
  return createActivities({ log: server.log, source, archive, runners: { scripted: agent } });
}

/** Calls as a worker does. */
function as<T>(info: Partial<Info>, call: () => Promise<T>): Promise<T> {
  const { signal } = new AbortController();
  const never = new Promise<never>(() => undefined);
  const unused = undefined as never; // safety: neither logger nor metrics are asked for
  const beat = (): void => {
    if (info.isLocal) throw new Error('a local activity has no heartbeat');
  };
  const context = new Context(
    { attempt: 1, ...info } as Info,
    never,
    signal,
    beat,
    undefined,
    unused,
    unused,
    {},
  );
  return asyncLocalStorage.run(context, call);
}

test('a quick step that runs in two places is left by the one that comes first: none takes it back', async () => {
  const [first, second] = [new Puppet(), new Puppet()];
  const run = (agent: Puppet): ReturnType<SessionActivities['runStep']> =>
    as({ isLocal: true }, () => activitiesOf(agent).runStep(stepInput(scene.ref)));
  const old = expect(run(first)).rejects.toMatchObject({ type: ASK_OUTSIDE, nonRetryable: true });
  await eventually('the first speaks', () => first.requests.length === 1);
  const young = run(second);
  await eventually('the second speaks', () => second.requests.length === 1);
  first.say('never seen');
  await old;
  second.say('said');
  second.end();
  expect((await young).events.at(-2)).toMatchObject({ type: 'step.completed', data: { text: 'said' } });
  // What the first asks for instead finds the step ended.
  const outside = await as({ isLocal: false }, () => activitiesOf(first).runStep(stepInput(scene.ref)));
  expect(outside.events).toMatchObject([{ data: { text: 'said' } }, { type: 'turn.completed' }]);
  expect(types(await scene.logged()).filter((type) => type === 'step.restarted')).toHaveLength(1);
});

/** A step's end of the greatest length. */
function said(n: number): EventDraft {
  const step = `t1.${n}`;
  const data = { text: String(n % 10).repeat(LIMITS.stepChars) };
  return { id: eventId.stepEnded(step), type: 'step.completed', at: 1, turn: 't1', step, agent: 'a', data };
}

test('to bring all that a workflow holds to the log reports where it is, not what it is', async () => {
  const held = [...lead(), said(1), said(2)].map((draft, index) => ({ ...draft, seq: index + 1 }));
  const known = { epoch: 1, seq: held.length };
  await scene.server.log.rebuild(scene.ref, {
    expected: null,
    epoch: 7,
    info: INFO,
    events: held.slice(0, 4),
  });
  const cancelled = { ...said(2), type: 'step.cancelled', data: { reason: 'x', text: 'half' } } as EventDraft;
  await scene.server.log.append(scene.ref, { known: START, drafts: [cancelled] });
  scene.source.tells([], held, known);
  const input = { ...scene.ref, known: START, drafts: [], reconcile: true };
  const report = await as({ isLocal: false }, () => activitiesOf(scene.agent).publish(input));
  expect(report.placed).toHaveLength(held.length);
  // The one that is another one in the log is told.
  expect(report.events).toMatchObject([{ id: cancelled.id, type: 'step.cancelled' }]);
});

describe('to archive', () => {
  const events = lead().map((draft, index) => ({ ...draft, seq: index + 1 }));
  const input = (seq: number, epoch = 7) => ({ ...scene.ref, known: { epoch, seq }, archivedTo: 0 });
  const call = (seq: number): ReturnType<SessionActivities['archive']> =>
    as({ isLocal: false }, () => activitiesOf(scene.agent).archive(input(seq)));

  test('copies what the log has, and nothing that the workflow has not heard of', async () => {
    archived = [];
    await scene.server.log.rebuild(scene.ref, { expected: null, epoch: 7, info: INFO, events });
    expect(await call(3)).toEqual({ archivedTo: 3 });
    expect(archived).toEqual(events.slice(0, 3));
  });

  test('copies what the workflow holds if the log is lost, unless the workflow has gone on: there may be holes', async () => {
    archived = [];
    scene.source.tells([], events, { epoch: 7, seq: 4 });
    expect(await call(3)).toEqual({ archivedTo: 0 });
    expect(archived).toEqual([]);
    expect(await call(4)).toEqual({ archivedTo: 4 });
    expect(archived).toEqual(events);
  });
});
