/**
 * One session whose next message comes as soon as it was answered; beside the bare engine, and beside an engine of another make, because a
 * fault of the server that both of ours share shows in neither ratio.
 */
import type { Asked, Talk } from '../engine.ts';
import { atMost, stated, type NamedFigure } from '../figure.ts';
import { median } from '../sample.ts';
import type { Stage } from '../stage.ts';
import { startPeer } from '../peer/engine.ts';

const SHAPE = { agents: 2, tokens: 20 } as const;

/** What a pause before the round has saved up (a rate limiter's burst) is used up by its first turns, which do not count. */
async function turns(talk: Talk, warm: number, counted: number): Promise<readonly Asked[]> {
  const asked: Asked[] = [];
  for (let turn = 0; turn < warm + counted; turn += 1) asked.push(await talk.ask());
  return asked.slice(warm);
}

type Rounds = readonly (readonly Asked[])[];
type Time = 'firstMs' | 'lastMs';

const timeOf = (asked: readonly Asked[], of: Time): number => median(asked.map((each) => each[of]));
const middle = (rounds: Rounds, of: Time): number => median(rounds.map((asked) => timeOf(asked, of)));
const ratio = (rounds: Rounds, bare: Rounds, of: Time): number =>
  median(rounds.map((asked, index) => timeOf(asked, of) / timeOf(bare[index] ?? [], of)));

export async function measureClosed(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const [rounds, warm, counted] = short ? [1, 5, 15] : [7, 25, 60];
  const peer = await startPeer(stage.redisServer.url);
  const of = {
    bare: [] as (readonly Asked[])[],
    product: [] as (readonly Asked[])[],
    peer: [] as (readonly Asked[])[],
  };
  try {
    const talks = {
      bare: await stage.bare.open(SHAPE),
      product: await stage.product.open(SHAPE),
      peer: await peer.engine.open(SHAPE),
    };
    for (let round = 0; round < rounds; round += 1) {
      for (const name of ['bare', 'product', 'peer'] as const) {
        of[name].push(await turns(talks[name], warm, counted));
      }
    }
    for (const talk of Object.values(talks)) talk.close();
  } finally {
    await peer.stop();
  }
  const bare = (time: Time): number => middle(of.bare, time);
  const loop = 'one session in a closed loop, 2 × 20 tokens';
  const first = { name: 'closedFirstToken', title: `${loop}: send → first token, ms` };
  return [
    atMost(
      { ...first, value: middle(of.product, 'firstMs'), bare: bare('firstMs') },
      ratio(of.product, of.bare, 'firstMs'),
      1.25,
    ),
    stated('closedLastToken', 'the same → last token, ms', middle(of.product, 'lastMs'), bare('lastMs')),
    stated(
      'peerFirstToken',
      'DBOS on PostgreSQL, the same → first token, ms',
      middle(of.peer, 'firstMs'),
      bare('firstMs'),
    ),
    stated(
      'peerLastToken',
      'DBOS on PostgreSQL, the same → last token, ms',
      middle(of.peer, 'lastMs'),
      bare('lastMs'),
    ),
  ];
}
