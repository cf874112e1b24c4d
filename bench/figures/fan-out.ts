/** What a gateway's CPU costs a token that it delivers. */
import { setTimeout as pause } from 'node:timers/promises';
import { BareClient, many } from '../client.ts';
import type { Shape, Talk } from '../engine.ts';
import { atMost, type NamedFigure } from '../figure.ts';
import { cpuMs, median } from '../sample.ts';
import { KEY, sidesOf, type Side } from '../sides.ts';
import type { Stage } from '../stage.ts';

const PACE_MS = 10;

interface Scene {
  readonly talks: readonly Talk[];
  readonly watchers: readonly BareClient[];
}

async function scene(side: Side, shape: Shape, sessions: number, watchers: number): Promise<Scene> {
  const talks = await Promise.all(Array.from({ length: sessions }, () => side.engine.open(shape)));
  const clients = await many(sessions * watchers, 20, async (index) => {
    const client = await BareClient.connect(side.url, KEY);
    await side.follow(client, talks[index % sessions]?.session ?? '');
    return client;
  });
  await Promise.all(talks.map((talk) => talk.ask()));
  return { talks, watchers: clients };
}

/** µs of the gateway's CPU for one token at one client. */
async function cost(side: Side, { talks, watchers }: Scene, tokens: number): Promise<number> {
  const before = cpuMs(side.gateway.pid);
  await Promise.all(talks.map((talk) => talk.ask()));
  await pause(100);
  const used = cpuMs(side.gateway.pid) - before;
  // Whoever asks has a connection, too.
  return (used * 1_000) / (tokens * (talks.length + watchers.length));
}

async function compared(
  stage: Stage,
  { rounds, tokens, sessions, watchers }: Record<'rounds' | 'tokens' | 'sessions' | 'watchers', number>,
): Promise<Pick<NamedFigure, 'value' | 'bare'> & { readonly ratio: number }> {
  const shape: Shape = { agents: 1, tokens, paceMs: PACE_MS };
  const { product, bare } = sidesOf(stage);
  const scenes = {
    bare: await scene(bare, shape, sessions, watchers),
    product: await scene(product, shape, sessions, watchers),
  };
  const of = { product: [] as number[], bare: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    of.bare.push(await cost(bare, scenes.bare, tokens));
    of.product.push(await cost(product, scenes.product, tokens));
  }
  for (const { talks, watchers: clients } of Object.values(scenes))
    for (const each of [...talks, ...clients]) each.close();
  const ratio = median(of.product.map((each, round) => each / (of.bare[round] ?? NaN)));
  return { value: median(of.product), bare: median(of.bare), ratio };
}

export async function measureFanOut(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const [rounds, tokens] = short ? [1, 50] : [5, 300];
  const single = await compared(stage, { rounds, tokens, sessions: 40, watchers: 0 });
  const crowd = await compared(stage, { rounds, tokens, sessions: 1, watchers: 49 });
  const title = 'CPU of the gateway, µs a token at a client';
  return [
    atMost(
      { name: 'cpuPerToken', title: `${title}, 40 sessions with one each`, ...single },
      single.ratio,
      1.2,
    ),
    atMost({ name: 'cpuPerTokenCrowd', title: `${title}, a session with 50`, ...crowd }, crowd.ratio, 1.2),
  ];
}
