/** The place of a turn: what its run tells, how it ends without one, and when it gives one back. */
import { describe, expect, test } from '@jest/globals';
import { TurnPlace, type Places } from '../../../activities/turn/place.ts';
import type { TurnEnd } from '../../../activities/turn/turn-driver.ts';
import {
  EMPTY_JOURNAL,
  type EventDraft,
  type TurnInput,
  type TurnResult,
  type TurnStatus,
  type Entered,
} from '../../../src/contracts/index.ts';

const INPUT: TurnInput = {
  ...{ tenant: 'acme', session: 's', turn: 't1', causes: ['m1'], known: { epoch: 1, seq: 1 } },
  ...{ lead: [], release: [], journal: EMPTY_JOURNAL, attempts: 0, closing: false },
};
const WAITS: Entered = { status: 'waiting', since: 7, most: 2, used: 2, place: 3, againInMs: 5_000 };
const DONE: TurnEnd = { status: 'completed', last: true };

interface Scene {
  readonly place: TurnPlace;
  /** What was done with the place. */
  readonly done: readonly string[];
  readonly told: readonly EventDraft[];
  enter(): Promise<TurnEnd>;
}

function scene(entered: Entered, input: Partial<TurnInput> = {}): Scene {
  const done: string[] = [];
  const told: EventDraft[] = [];
  const places: Places = {
    async enter({ turn }, since) {
      done.push(`enter ${turn}${since === undefined ? '' : ` since ${since}`}`);
      return entered;
    },
    leave: ({ turn }, goesOn) => void done.push(`leave ${turn}${goesOn ? ', goes on' : ''}`),
    forget: ({ turn }) => void done.push(`forget ${turn}`),
  };
  const place = new TurnPlace(places, { ...INPUT, ...input });
  const run = {
    log: { append: async (drafts: readonly EventDraft[]) => void told.push(...drafts) },
    patiently: <T>(call: () => Promise<T>): Promise<T> => call(),
  };
  const enter = (): Promise<TurnEnd> =>
    place.enter(run as never, async () => {
      done.push('team');
      return DONE;
    }); // safety: nobody reads what an append answers
  return { place, done, told, enter };
}

const result = (status: TurnStatus): TurnResult => ({
  ...{ status, report: { position: { epoch: 1, seq: 1 }, placed: [], events: [] } },
  ...{ entries: [], open: {}, waits: [], unplaced: [], attempts: 1 },
});

describe('a turn without a place', () => {
  test('tells where it stands, once, and leaves the wait to its workflow', async () => {
    const first = scene(WAITS);
    const before = Date.now();
    expect(await first.enter()).toMatchObject({
      status: 'suspended',
      waits: [{ path: '', kind: 'retry', since: 7 }],
    });
    const data = { limit: 'runningTurns', most: 2, used: 2, place: 3 };
    expect(first.told).toMatchObject([
      { id: 'quota:t1:7:waiting', type: 'quota.waiting', turn: 't1', cause: 'm1', data },
    ]);
    const again = scene(WAITS, { placeSince: 7 });
    const end = await again.enter();
    expect(end.status === 'suspended' && end.waits[0]?.until).toBeGreaterThanOrEqual(before + 5_000);
    expect(again.told).toEqual([]);
    expect(again.done).toEqual(['enter t1 since 7']);
  });

  test('fails if its session closes: that waits for nothing', async () => {
    const { place, done, told, enter } = scene(WAITS, { closing: true });
    expect(await enter()).toMatchObject({ status: 'failed', code: 'quota_exceeded' });
    await place.during(async () => result('done'));
    expect(done).toEqual(['enter t1', 'forget t1']);
    expect(told).toEqual([]);
  });
});

describe('a turn with a place', () => {
  test('tells that it goes on if it has waited, and nothing else', async () => {
    const waited = scene({ status: 'entered', since: 7 });
    expect(await waited.enter()).toBe(DONE);
    expect(waited.told).toMatchObject([
      { id: 'quota:t1:7:cleared', type: 'quota.cleared', data: { limit: 'runningTurns' } },
    ]);
    const fresh = scene({ status: 'entered' });
    expect(await fresh.enter()).toBe(DONE);
    expect(fresh.told).toEqual([]);
  });

  test.each([
    ['done', 'leave t1'],
    ['cancelled', 'leave t1'],
    // It waits for people, or for a time.
    ['suspended', 'leave t1'],
    ['yielded', 'leave t1, goes on'],
  ] as const)('whose run is %s: %s', async (status, left) => {
    const { place, done, enter } = scene({ status: 'entered' });
    await place.during(async () => {
      await enter();
      return result(status);
    });
    expect(done.at(-1)).toBe(left);
  });

  test('keeps it for the next attempt if its run is cut off', async () => {
    const { place, done, enter } = scene({ status: 'entered' });
    const cut = place.during(async () => {
      await enter();
      throw new Error('lost');
    });
    await expect(cut).rejects.toThrow('lost');
    expect(done.at(-1)).toBe('leave t1, goes on');
  });
});

test('a place that comes when the run was stopped already is given back', async () => {
  const { place, done, enter } = scene({ status: 'entered' });
  const late = Promise.withResolvers<null>();
  let entering: Promise<TurnEnd> | undefined;
  await place.during(async () => {
    entering = late.promise.then(enter);
    return result('cancelled');
  });
  late.resolve(null);
  await entering;
  expect(done).toEqual(['forget t1', 'enter t1', 'leave t1']);
});

test('where nobody counts turns, the team runs', async () => {
  const place = new TurnPlace(undefined, INPUT);
  const end = await place.during(async () => {
    await place.enter({} as never, async () => DONE); // safety: not used without places
    return result('done');
  });
  expect(end.status).toBe('done');
});
