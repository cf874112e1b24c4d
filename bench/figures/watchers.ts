/** One session with many watchers on three gateways. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Shape } from '../engine.ts';
import { bounded, stated, type NamedFigure } from '../figure.ts';
import { Herd } from '../herd/herd.ts';
import { cpuMs, percentile } from '../sample.ts';
import type { Stage } from '../stage.ts';

const TOKENS = 300;
const SHAPE: Shape = { agents: 1, tokens: TOKENS, paceMs: 25, stamped: true };

export async function measureWatchers(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const count = short ? 90 : 999;
  const { productWorker, stampingWorker, productGateway, secondGateway, thirdGateway } = stage;
  await productWorker.end('SIGTERM');
  await Promise.all([stampingWorker.start(), secondGateway.start(), thirdGateway.start()]);
  const gateways = [productGateway, secondGateway, thirdGateway];
  const talk = await stage.product.open(SHAPE);
  const urls = [stage.productUrl, stage.secondUrl, stage.thirdUrl];
  const sessions = [talk.session];
  const herd = await Herd.gather(
    urls.map((url) => ({ engine: 'product', url, sessions, clients: count / urls.length })),
  );
  try {
    await talk.ask();
    await herd.tell();
    const cpu = (): number => gateways.reduce((sum, { pid }) => sum + cpuMs(pid), 0);
    const before = cpu();
    await talk.ask();
    await pause(200);
    const used = cpu() - before;
    const told = await herd.tell();
    const tokens = told.reduce((sum, each) => sum + each.tokens, 0);
    const faults = told.reduce((sum, each) => sum + each.faults, 0);
    const lags = told.flatMap((each) => each.lags);
    const [channel = ''] = (await stage.redis.call(
      'PUBSUB',
      'SHARDCHANNELS',
      `*${talk.session}*`,
    )) as string[]; // safety: Redis answers so
    const [, subscriptions] = (await stage.redis.call('PUBSUB', 'SHARDNUMSUB', channel)) as [string, number]; // safety: as above
    const title = `${count} watchers of one session on 3 gateways: CPU of the gateways, µs a delivered token`;
    return [
      stated('watchersCpu', title, (used * 1_000) / tokens),
      stated('watchersLag', 'agent → the last watcher of a process, p95, ms', percentile(lags, 0.95)),
      bounded('watchersLost', 'tokens that did not arrive', count * TOKENS - tokens, 0),
      bounded('watchersFaults', 'gaps and repetitions of events', faults, 0),
      bounded('watchersSubscriptions', 'subscriptions in Redis', subscriptions, gateways.length),
    ];
  } finally {
    herd.end();
    talk.close();
    await Promise.all([
      secondGateway.end('SIGKILL'),
      thirdGateway.end('SIGKILL'),
      stampingWorker.end('SIGTERM'),
    ]);
    await productWorker.start();
  }
}
