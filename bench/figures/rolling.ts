/** Two gateways and two workers are restarted one after the other, as by a deploy, while people talk: what they notice of it. */
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../test/support/process.ts';
import { many } from '../client.ts';
import type { Shape } from '../engine.ts';
import { bounded, stated, type NamedFigure } from '../figure.ts';
import { eventsOf, Follower, type Differences } from '../product/follower.ts';
import { median } from '../sample.ts';
import type { Stage } from '../stage.ts';

/** Answers of 2 s, and such as last longer than a stopping worker waits for them. */
const SHORT: Shape = { agents: 1, tokens: 80, paceMs: 25 };
const LONG: Shape = { agents: 1, tokens: 520, paceMs: 25 };
/** Of the sessions, so many have long answers. */
const LONG_SHARE = 0.25;
/** Between two restarts, ms. */
const GAP_MS = 1_000;
/** Until everybody has what the log has, ms. */
const CAUGHT_UP_MS = 60_000;

interface Talk {
  readonly asking: Follower;
  readonly watching: Follower;
}

async function open({ product, productUrl, secondUrl }: Stage, index: number, shape: Shape): Promise<Talk> {
  const { session, close } = await product.open(shape).then((talk) => ({
    session: talk.session,
    close: () => talk.close(),
  }));
  close();
  const urls = index % 2 === 0 ? [productUrl, secondUrl] : [secondUrl, productUrl];
  const talk = { asking: new Follower(urls, session), watching: new Follower([...urls].reverse(), session) };
  await Promise.all([talk.asking.session.ready(), talk.watching.session.ready()]);
  return talk;
}

async function restarted(stage: Stage): Promise<void> {
  const { productGateway, secondGateway, productWorker, secondWorker } = stage;
  for (const service of [productGateway, secondGateway, productWorker, secondWorker]) {
    await pause(GAP_MS);
    await service.end('SIGTERM');
    await service.start();
  }
}

/** Everybody asks again as soon as they were answered, until it is over. */
async function meanwhile(talks: readonly Talk[], act: () => Promise<void>): Promise<number> {
  let over = false;
  let turns = 0;
  const talking = talks.map(async ({ asking }) => {
    while (!over) {
      await asking.ask();
      turns += 1;
    }
  });
  await act().finally(() => {
    over = true;
  });
  await Promise.all(talking);
  return turns;
}

async function differences(url: string, { asking, watching }: Talk): Promise<readonly Differences[]> {
  const log = await eventsOf(url, asking.session.id);
  const last = log.at(-1)?.seq ?? 0;
  const both = [asking, watching];
  const caughtUp = (): boolean => both.every(({ position }) => position >= last);
  await eventually('all have what the log has', caughtUp, CAUGHT_UP_MS).catch(() => undefined);
  return both.map((follower) => follower.compare(log));
}

export async function measureRolling(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const count = short ? 8 : 40;
  await Promise.all([stage.secondGateway.start(), stage.secondWorker.start()]);
  const talks = await many(count, 8, (index) =>
    open(stage, index, index < count * LONG_SHARE ? LONG : SHORT),
  );
  try {
    const turns = await meanwhile(talks, () => restarted(stage));
    const found = (await Promise.all(talks.map((talk) => differences(stage.productUrl, talk)))).flat();
    const all = talks.flatMap(({ asking, watching }) => [asking, watching]);
    const errors = all.flatMap((each) => each.errors);
    if (errors.length > 0) console.error(errors.slice(0, 10));
    const sum = (of: keyof Differences): number => found.reduce((total, each) => total + each[of], 0);
    const silences = all.map(({ longestMs }) => longestMs);
    const title = `2 gateways and 2 workers restarted under ${all.length} clients (${turns} turns)`;
    return [
      bounded('rollingLost', `${title}: events lost`, sum('lost'), 0),
      bounded('rollingDoubled', 'events told twice', sum('doubled'), 0),
      bounded('rollingDisordered', 'events out of order', sum('disordered'), 0),
      bounded('rollingErrors', 'errors that an application hears of', errors.length, 0),
      stated('rollingSilence', 'longest silence of a stream, ms, median of the clients', median(silences)),
      bounded('rollingSilenceWorst', 'the same, worst', Math.max(...silences), 3_000),
    ];
  } finally {
    for (const { asking, watching } of talks) for (const each of [asking, watching]) each.close();
    await Promise.all([stage.secondGateway.end('SIGKILL'), stage.secondWorker.end('SIGTERM')]);
  }
}
