/** From an agent's saying a token to the client's having it. */
import type { Asked, Engine, Shape } from '../engine.ts';
import { atMost, stated, type NamedFigure } from '../figure.ts';
import { callsSince, median, percentile, redisCalls } from '../sample.ts';
import type { Stage } from '../stage.ts';

const SHAPE: Shape = { agents: 1, tokens: 100, paceMs: 8, stamped: true };

async function lagsOf(engine: Engine, turns: number): Promise<readonly number[]> {
  const talk = await engine.open(SHAPE);
  const asked: Asked[] = [];
  // The first turn warms up.
  await talk.ask();
  for (let turn = 0; turn < turns; turn += 1) asked.push(await talk.ask());
  talk.close();
  return asked.flatMap(({ lags }) => lags);
}

export async function measureTokens(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const [rounds, turns] = short ? [1, 1] : [5, 3];
  await stage.productWorker.end('SIGTERM');
  await stage.stampingWorker.start();
  const of = { bare: [] as (readonly number[])[], product: [] as (readonly number[])[] };
  let requests = 0;
  try {
    for (let round = 0; round < rounds; round += 1) {
      of.bare.push(await lagsOf(stage.bare, turns));
      const before = await redisCalls(stage.redis);
      of.product.push(await lagsOf(stage.product, turns));
      const after = await redisCalls(stage.redis);
      requests += callsSince(before, after, 'evalsha') + callsSince(before, after, 'eval');
    }
  } finally {
    await stage.stampingWorker.end('SIGTERM');
    await stage.productWorker.start();
  }
  const ratio = median(of.product.map((lags, round) => median(lags) / median(of.bare[round] ?? [])));
  const [ours, theirs] = [of.product.flat(), of.bare.flat()];
  const said = rounds * (turns + 1) * SHAPE.tokens;
  const p50 = {
    name: 'tokenLag',
    title: 'token: agent → client, p50, ms',
    value: median(ours),
    bare: median(theirs),
  };
  return [
    atMost(p50, ratio, 2),
    stated('tokenLagP99', 'token: agent → client, p99, ms', percentile(ours, 0.99), percentile(theirs, 0.99)),
    stated(
      'redisRequestsPerToken',
      'requests to Redis a token, at one token every 8 ms, all else included',
      requests / said,
      1,
    ),
  ];
}
