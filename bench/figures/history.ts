/** What a turn adds to a session's history in Temporal. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { workflowId } from '../../src/contracts/index.ts';
import type { Engine, Shape } from '../engine.ts';
import type { NamedFigure } from '../figure.ts';
import { median } from '../sample.ts';
import type { Stage } from '../stage.ts';

/** Between turns, ms: the server has seen the end of one before the next begins. */
const SPACE_MS = 250;
const TURNS = 6;
/** A history that has not grown for this long is at rest, ms. */
const REST_MS = 200;

/** Events in a workflow's history, once it is at rest. */
export async function historyLength(temporal: Client, id: string): Promise<number> {
  for (let length = -1; ;) {
    const { historyLength: now } = await temporal.workflow.getHandle(id).describe();
    if (now === length) return now;
    length = now;
    await pause(REST_MS);
  }
}

async function eventsPerTurn(
  temporal: Client,
  engine: Engine,
  idOf: (session: string) => string,
  shape: Shape,
): Promise<number> {
  const talk = await engine.open(shape);
  // The first turn opens the history, and its events with it.
  await talk.ask();
  const added: number[] = [];
  let before = await historyLength(temporal, idOf(talk.session));
  for (let turn = 0; turn < TURNS; turn += 1) {
    await talk.ask();
    await pause(SPACE_MS);
    const now = await historyLength(temporal, idOf(talk.session));
    added.push(now - before);
    before = now;
  }
  talk.close();
  return median(added);
}

export async function measureHistory(stage: Stage): Promise<readonly NamedFigure[]> {
  const { temporal } = stage;
  const ours = (session: string): string => workflowId({ tenant: 'dev', session });
  const theirs = (session: string): string => `bare:${session}`;
  const product = (agents: number) => eventsPerTurn(temporal, stage.product, ours, { agents, tokens: 20 });
  const bare = (agents: number) => eventsPerTurn(temporal, stage.bare, theirs, { agents, tokens: 20 });
  const [one, two, bareOne, bareTwo] = [await product(1), await product(2), await bare(1), await bare(2)];
  const figure = (
    name: string,
    title: string,
    [value, floor]: readonly [number, number],
    goal: number,
  ): NamedFigure => ({
    ...{ name, title, value, bare: floor, ratio: value / floor },
    ...{ goal: `≤ ${goal}`, ok: value <= goal },
  });
  return [
    figure('historyEventsPerTurn', 'Temporal history events of a one-agent turn, spaced', [one, bareOne], 10),
    figure('historyEventsPerAgent', 'and of each further agent', [two - one, bareTwo - bareOne], 6),
  ];
}
