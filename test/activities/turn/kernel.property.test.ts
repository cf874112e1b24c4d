/** Whatever cuts a turn into runs, and wherever: its team does what it would have done in one. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { TurnEnd } from '../../../activities/turn/turn-driver.ts';
import { EMPTY_JOURNAL, type Journal, type JournalEntry } from '../../../src/contracts/index.ts';
import { programs, teamOf } from './program.ts';
import { World, WorldRun } from './world.ts';

type Plan = Parameters<typeof teamOf>[0];

interface Whole {
  readonly end: TurnEnd;
  /** All that the code of the team has seen, in order. */
  readonly heard: readonly string[];
  readonly world: World;
}

/** Ends of runs before the turn's; afterwards a turn is left in peace. */
const CUTS = 12;

/** Runs a turn to its end. What happens next is one of the choices: a step ends or pauses, a pause is over, an end is shown, or a cut. */
async function cutUp(plan: Plan, choices: readonly number[]): Promise<Whole> {
  const world = new World();
  const left = [...choices];
  const choose = (count: number): number => (left.shift() ?? 0) % count;
  for (let cuts = 0; ; cuts += 1) {
    const heard: string[] = [];
    const peace = cuts >= CUTS;
    const run = new WorldRun(world, teamOf(plan, heard), !peace && choose(3) === 0 ? 0 : Infinity);
    let entries: readonly JournalEntry[] | null = null;
    for (;;) {
      await run.settle();
      if (run.isOver) entries = run.entries;
      if (entries) break;
      const acts = [
        ...run.unshown.map(({ go }) => go),
        ...run.steps.map(({ go }) => go),
        ...run.sleeps.map(({ go }) => go),
        ...run.questions.map(({ go }) => go),
        ...(peace
          ? []
          : [
              ...run.steps.map((step) => () => run.pause(step)),
              () => run.yieldSoon(),
              () => {
                entries = run.durable;
              },
            ]),
      ];
      const act = acts[choose(acts.length)];
      if (!act) throw new Error(`nothing goes on: ${JSON.stringify({ plan, heard })}`);
      act();
    }
    if (run.error) throw run.error;
    world.add(entries);
    if (run.end?.status === 'suspended') world.wake(run.end.waits.slice(0, 1 + choose(3)));
    else if (run.end && run.end.status !== 'yielded') return { end: run.end, heard, world };
  }
}

const decided = ({ entries }: Journal): readonly JournalEntry[] =>
  entries.filter(({ kind }) => ['ask', 'say', 'sleep', 'members', 'approval'].includes(kind));
const numbers = ({ entries }: Journal): readonly JournalEntry[] =>
  entries.filter(({ kind }) => kind === 'now' || kind === 'random');

/**
 * One run, in which everything ends in the order of that journal, and the clock and the dice say the same. Another one begins only where
 * people decide, which no run sees, and where all else waits for them.
 */
async function inOne(plan: Plan, journal: Journal): Promise<Whole> {
  const world = new World();
  world.add(numbers(journal));
  for (const { kind, path, outcome } of journal.entries) {
    if (kind === 'members') world.revisions.set(path, Number(outcome));
  }
  let heard: string[] = [];
  let run = new WorldRun(world, teamOf(plan, heard));
  await run.settle();
  for (const entry of decided(journal)) {
    const { kind, path, key } = entry;
    if (kind === 'approval' || run.end?.status === 'suspended') {
      world.add([...run.entries, entry]);
      heard = [];
      run = new WorldRun(world, teamOf(plan, heard));
    } else if (kind === 'sleep') {
      const begun = Number(
        journal.entries.find((number) => number.kind === 'now' && number.path === path)?.outcome,
      );
      run.sleeps.find(({ what }) => what.until === begun + Number(key))?.go();
    } else if (kind === 'members') {
      run.questions.find(({ what }) => what.path === path)?.go();
    } else {
      run.steps.find(({ what }) => what.path === path)?.go();
      await run.settle();
      run.unshown.find(({ what }) => what.path === path)?.go();
    }
    await run.settle();
  }
  if (run.error) throw run.error;
  if (!run.end) throw new Error(`the turn has not ended: ${JSON.stringify({ plan, heard })}`);
  world.journal = { ...EMPTY_JOURNAL, entries: run.entries };
  return { end: run.end, heard, world };
}

/** A run against a journal that has it all. */
async function again(plan: Plan, { world }: Whole): Promise<Whole> {
  const heard: string[] = [];
  const copy = new World();
  copy.journal = world.journal;
  for (const [step, end] of world.ends) copy.ends.set(step, end);
  const run = new WorldRun(copy, teamOf(plan, heard));
  await run.settle();
  if (run.error) throw run.error;
  if (!run.end) throw new Error(`the turn has not ended: ${JSON.stringify({ plan, heard })}`);
  return { end: run.end, heard, world: copy };
}

/** The steps that were called, but for those of `withdrawn`: whether they were called before depends on the cuts. */
const asked = ({ world }: Whole, withdrawn: ReadonlySet<string>): unknown[] =>
  [...world.calls.values()]
    .map(({ call }) => call)
    .filter(({ step }) => !withdrawn.has(step))
    .sort((one, other) => (one.path < other.path ? -1 : 1));

const keysOf = (entries: readonly JournalEntry[]): string[] =>
  entries.map(({ path, kind }) => `${kind} ${path}`);

test('a team that is cut up anywhere, any number of times, asks and hears what it would in one run', async () => {
  const sizes = { cuts: 0, steps: 0, withdrawn: 0, approvals: 0 };
  await fc.assert(
    fc.asyncProperty(
      programs,
      fc.array(fc.nat(1_000), { maxLength: 80, size: 'max' }),
      async (plan, choices) => {
        const cut = await cutUp(plan, choices);
        expect(cut.world.wrong).toEqual([]);
        const keys = keysOf(cut.world.journal.entries);
        expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
        const whole = await inOne(plan, cut.world.journal);
        expect(cut.heard).toEqual(whole.heard);
        expect(cut.end).toEqual(whole.end);
        const withdrawn = new Set([...cut.world.withdrawn, ...whole.world.withdrawn]);
        expect(asked(cut, withdrawn)).toEqual(asked(whole, withdrawn));
        sizes.withdrawn += withdrawn.size;
        sizes.steps += cut.world.calls.size;
        sizes.approvals += keys.filter((key) => key.startsWith('approval ')).length;
        for (const { times } of cut.world.calls.values()) sizes.cuts += times - 1;

        const second = await again(plan, cut);
        expect(second.heard).toEqual(cut.heard);
        expect(second.end).toEqual(cut.end);
        expect(second.world.calls.size).toBe(0);
        expect(second.world.journal).toEqual(cut.world.journal);
      },
    ),
    { numRuns: 1_000 },
  );
  // The turns were not all empty, nor all in one piece.
  expect(sizes.steps).toBeGreaterThan(300);
  expect(sizes.cuts).toBeGreaterThan(100);
  expect(sizes.withdrawn).toBeGreaterThan(100);
  expect(sizes.approvals).toBeGreaterThan(100);
}, 120_000);
