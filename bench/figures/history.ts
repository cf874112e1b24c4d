/** What a turn adds to a session's history in Temporal. */
import { setTimeout as pause } from 'node:timers/promises';
import { workflowId } from '../../src/contracts/index.ts';
import type { Engine, Shape } from '../engine.ts';
import type { NamedFigure } from '../figure.ts';
import { historyLength } from '../history.ts';
import { median } from '../sample.ts';
import type { Stage } from '../stage.ts';

/** Between turns, ms: the server has seen the end of one before the next begins. */
const SPACE_MS = 250;
/** The most that a turn may add, by its number of agents. */
const MOST = 10;
const MOST_QUICK = 5;
const AGENTS = [1, 2, 4, 8];

type IdOf = (session: string) => string;

/** Of each turn, once its session is at rest. */
async function eventsPerTurn(
  { temporal }: Stage,
  engine: Engine,
  idOf: IdOf,
  { shape, turns }: { readonly shape: Shape; readonly turns: number },
): Promise<number> {
  const talk = await engine.open(shape);
  // The first turn opens the history, and its events with it.
  await talk.ask();
  const added: number[] = [];
  let before = await historyLength(temporal, idOf(talk.session));
  for (let turn = 0; turn < turns; turn += 1) {
    await talk.ask();
    await pause(SPACE_MS);
    const now = await historyLength(temporal, idOf(talk.session));
    added.push(now - before);
    before = now;
  }
  talk.close();
  return median(added);
}

export async function measureHistory(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const turns = short ? 2 : 6;
  const ours: IdOf = (session) => workflowId({ tenant: 'dev', session });
  const theirs: IdOf = (session) => `bare:${session}`;
  const product = (shape: Shape) => eventsPerTurn(stage, stage.product, ours, { shape, turns });
  const bare = (shape: Shape) => eventsPerTurn(stage, stage.bare, theirs, { shape, turns });
  // Side by side: the sessions have nothing to do with each other, and spend most of the time at rest.
  const shapes = AGENTS.map((agents): Shape => ({ agents, tokens: 20 }));
  const floors = await Promise.all(shapes.map(bare));
  const values = await Promise.all(shapes.map(product));
  const quick = await product({ agents: 2, tokens: 20, quick: true });
  const figure = (title: string, value: number, floor: number, most: number): Omit<NamedFigure, 'name'> => ({
    ...{ title, value, bare: floor, ratio: value / floor, goal: `≤ ${most}`, ok: value <= most },
  });
  return [
    ...AGENTS.map((agents, index) => ({
      name: `historyEvents${agents}`,
      ...figure(
        `Temporal history events of a spaced turn, ${agents} × 20 tokens`,
        values[index] ?? Number.NaN,
        floors[index] ?? Number.NaN,
        MOST,
      ),
    })),
    {
      name: 'historyEventsQuick',
      ...figure('the same, 2 × 20 tokens, quick', quick, floors[AGENTS.indexOf(2)] ?? Number.NaN, MOST_QUICK),
    },
  ];
}
