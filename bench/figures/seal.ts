/** What it costs a turn that everything is stored encrypted: the product with keys beside the product without. */
import { disperse, gather, pick, productCrowd, ratioOf, round, type Round } from '../crowd.ts';
import { atMost, type NamedFigure } from '../figure.ts';
import { measureSealedLog } from './sealed-log.ts';
import type { Stage } from '../stage.ts';

const SHAPE = { agents: 2, tokens: 20 } as const;
const MOST = 1.25;

const costOf = ({ workerMs, gatewayMs, serverMs }: Round): number => workerMs + gatewayMs + serverMs;

export async function measureSeal(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const [rounds, ms, sessions] = short ? [1, 1_000, 4] : [5, 3_000, 16];
  const { sealedGateway: gateway, sealedWorker: worker } = stage;
  await Promise.all([gateway.start(), worker.start()]);
  const of = { plain: [] as Round[], sealed: [] as Round[] };
  try {
    const plain = await productCrowd(stage, SHAPE, sessions);
    const sealed = await gather(stage.sealed, SHAPE, sessions, { worker, gateway });
    for (let count = 0; count < rounds; count += 1) {
      of.plain.push(await round(stage, plain, ms));
      of.sealed.push(await round(stage, sealed, ms));
    }
    disperse(plain, sealed);
  } finally {
    await Promise.all([gateway.end('SIGTERM'), worker.end('SIGTERM')]);
  }
  const figure = {
    name: 'sealedCpu',
    title: `CPU of server, worker and gateway, ms a turn, sealed; beside it (as "bare") the product without keys`,
    value: pick(of.sealed, costOf),
    bare: pick(of.plain, costOf),
  };
  return [
    atMost(figure, ratioOf(of.sealed, of.plain, costOf), MOST),
    ...(await measureSealedLog(stage, short)),
  ];
}
