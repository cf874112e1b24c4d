/** A worker is killed in the middle of an answer: when does the client hear more? */
import { setTimeout as pause } from 'node:timers/promises';
import { workflowId } from '../../src/contracts/index.ts';
import type { Shape } from '../engine.ts';
import type { NamedFigure } from '../figure.ts';
import { msSince, nowUs } from '../clock.ts';
import { median } from '../sample.ts';
import type { Service } from '../service.ts';
import type { Stage } from '../stage.ts';

const SHAPE: Shape = { agents: 1, tokens: 100, paceMs: 20 };
/** When the kill comes, ms after the first token. Uneven, so that it meets different moments between heartbeats. */
const AFTER_MS = [300, 470, 640, 810, 980, 390];
const GOAL_MS = 1_500;

/** Which of two workers runs the session's step: Temporal knows it by its process id. */
async function ownerOf(stage: Stage, session: string): Promise<Service> {
  const handle = stage.temporal.workflow.getHandle(workflowId({ tenant: 'dev', session }));
  const { raw } = await handle.describe();
  const identity = raw.pendingActivities?.[0]?.lastWorkerIdentity ?? '';
  const found = [stage.productWorker, stage.secondWorker].find(({ pid }) => identity.startsWith(`${pid}@`));
  if (!found) throw new Error(`No worker of ours runs the step: "${identity}"`);
  return found;
}

async function productKill(stage: Stage, afterMs: number): Promise<number> {
  const talk = await stage.product.open(SHAPE);
  const turn = talk.ask();
  await Promise.all([talk.nextToken(1), pause(afterMs)]);
  const owner = await ownerOf(stage, talk.session);
  const again = talk.nextToken(2);
  const killed = nowUs();
  await owner.end('SIGKILL');
  await again;
  const took = msSince(killed);
  await turn;
  talk.close();
  await owner.start();
  return took;
}

/** The one worker is started again at once. */
async function bareKill(stage: Stage, afterMs: number): Promise<number> {
  const talk = await stage.bare.open(SHAPE);
  const turn = talk.ask();
  await Promise.all([talk.nextToken(1), pause(afterMs)]);
  const again = talk.nextToken(2);
  const killed = nowUs();
  await stage.bareWorker.end('SIGKILL');
  await stage.bareWorker.start();
  await again;
  const took = msSince(killed);
  await turn;
  talk.close();
  return took;
}

export async function measureCrash(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const product: number[] = [];
  const bare: number[] = [];
  await stage.secondWorker.start();
  try {
    for (const afterMs of short ? AFTER_MS.slice(0, 1) : AFTER_MS)
      product.push(await productKill(stage, afterMs));
  } finally {
    await stage.secondWorker.end('SIGTERM');
  }
  for (const afterMs of short ? AFTER_MS.slice(0, 1) : AFTER_MS.slice(0, 3))
    bare.push(await bareKill(stage, afterMs));
  const [worst, floor] = [Math.max(...product), median(bare)];
  const title = `worker killed, another alive: next token, worst of ${product.length}, ms (median ${median(product).toFixed(0)}; bare: its one worker restarted, median)`;
  return [
    {
      ...{ name: 'workerKilled', title, value: worst, bare: floor, ratio: worst / floor },
      ...{ goal: `≤ ${GOAL_MS} ms`, ok: worst <= GOAL_MS },
    },
  ];
}
