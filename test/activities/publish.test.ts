/** Activities that no turn carries: bringing facts to the log, and copying them to the archive. */
import { describe, expect, test } from '@jest/globals';
import { createActivities } from '../../activities/index.ts';
import type { Archive } from '../../src/archive/index.ts';
import {
  eventId,
  LIMITS,
  START,
  type EventDraft,
  type LoggedEvent,
  type SessionActivities,
} from '../../src/contracts/index.ts';
import { ActivityServer } from './activity-server.ts';
import { useScene } from './scene.ts';
import { INFO, lead } from './support.ts';

const scene = useScene();

/** What has been written to the archive. */
let archived: LoggedEvent[] = [];

const archive = {
  async write(_ref: unknown, _info: unknown, events: readonly LoggedEvent[]): Promise<void> {
    archived = [...archived, ...events];
  },
} as unknown as Archive; // safety: these activities only write

function call<T>(activity: (activities: SessionActivities) => Promise<T>): Promise<T> {
  const { source, server } = scene;
  const activities = createActivities({ log: server.log, source, archive, runners: {} });
  return new ActivityServer().as({}, () => activity(activities));
}

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
    events: held.slice(0, 3),
  });
  const cancelled = { ...said(2), type: 'step.cancelled', data: { reason: 'x', text: 'half' } } as EventDraft;
  await scene.server.log.append(scene.ref, { known: START, drafts: [cancelled] });
  scene.source.tells([], held, known);
  const input = { ...scene.ref, known: START, drafts: [], release: [], reconcile: true };
  const report = await call((activities) => activities.publish(input));
  expect(report.placed).toHaveLength(held.length);
  // The one that is another one in the log is told.
  expect(report.events).toMatchObject([{ id: cancelled.id, type: 'step.cancelled' }]);
});

describe('to archive', () => {
  const events = lead().map((draft, index) => ({ ...draft, seq: index + 1 }));
  const input = (seq: number, epoch = 7) => ({ ...scene.ref, known: { epoch, seq }, archivedTo: 0 });
  const upTo = (seq: number) => call((activities) => activities.archive(input(seq)));

  test('copies what the log has, and nothing that the workflow has not heard of', async () => {
    archived = [];
    await scene.server.log.rebuild(scene.ref, { expected: null, epoch: 7, info: INFO, events });
    expect(await upTo(2)).toEqual({ archivedTo: 2 });
    expect(archived).toEqual(events.slice(0, 2));
  });

  test('copies what the workflow holds if the log is lost, unless the workflow has gone on: there may be holes', async () => {
    archived = [];
    scene.source.tells([], events, { epoch: 7, seq: 3 });
    expect(await upTo(2)).toEqual({ archivedTo: 0 });
    expect(archived).toEqual([]);
    expect(await upTo(3)).toEqual({ archivedTo: 3 });
    expect(archived).toEqual(events);
  });
});
