/** Events of the application in a session: no agent answers them, and they are as durable as messages. On real servers. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isConvokeError, LIMITS } from '../../src/contracts/index.ts';
import type { LoggedEvent, Receipt } from '../../src/contracts/index.ts';
import { startEngine } from '../support/worker.ts';
import type { Engine, TestSession } from '../support/worker.ts';
import { agent, faults, slow } from './agents.ts';
import { echoes, goesOn, hibernated } from './hibernating.ts';

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine({ hibernateAfterMs: 700, admitDeadlineMs: 60_000 });
  await engine.startWorker();
});

afterAll(async () => {
  await engine.stop();
});

const publish = (session: TestSession, messageId: string, more: object = {}): Promise<Receipt> =>
  engine.intake.send(session, session.session, { messageId, channel: 'orders', text: messageId, ...more });

const isOf = (id: string) => (event: LoggedEvent) => event.id === `message:${id}`;
const published = (events: readonly LoggedEvent[]): string[] =>
  events.flatMap(({ type, cause = '' }) => (type === 'channel.published' ? [cause] : []));

test('a flood while a turn runs: all that fits, each once; what does not is refused, and messages still get in', async () => {
  const session = await engine.open([slow('a')]);
  await session.send('m1');
  await session.until('a step runs', ({ type }) => type === 'step.started');
  const length = async (): Promise<number> => (await session.handle().describe()).historyLength;
  const a = await length();
  for (let n = 0; n < 20; n += 1) { await publish(session, `l${n}`); await session.until('x', isOf(`l${n}`)); }
  const b = await length();
  console.log('lone', (b - a) / 20);
  const began = Date.now();
  let sent = 0; let refused = 0;
  let stop = false;
  await Promise.all(Array.from({ length: 40 }, async (_, w) => {
    for (let n = 0; !stop; ) {
      try { await publish(session, `w${w}_${n}`); n += 1; sent += 1; } catch (error) {
        if (!isConvokeError(error)) throw error;
        refused += 1;
        await new Promise((r) => setTimeout(r, 20));
      }
      if (Date.now() - began > 8_000) stop = true;
    }
  }));
  console.log('flood', sent, refused, await length(), published(await session.events()).length);
  await session.handle().describe();
  const t = Date.now();
  await engine.submitter.cancel(session);
  await session.turnEnded('t1');
  console.log('cancelled', Date.now() - t);
  await publish(session, 'afterwards');
  await session.until('after', isOf('afterwards'));
  console.log('after', Date.now() - t, await length(), published(await session.events()).length);
}, 60_000);
