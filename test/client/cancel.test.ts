/** A cancel is carried out once, for the turn that was meant, whatever happens to the answer. */
import { expect, test } from '@jest/globals';
import type { Session } from '../../src/client/index.ts';
import { FakeLog } from './fake-log.ts';
import { refuse } from './scripted-gateway.ts';
import type { Script } from './scripted-gateway.ts';
import { startClient, startGateway } from './setup.ts';

/** A session whose first cancels are answered as told; `asked`: which turns were named, each time. */
async function cancelling(
  log: FakeLog,
  ...answers: ReturnType<Script>[]
): Promise<{ readonly session: Session; readonly asked: unknown[] }> {
  const gateway = await startGateway(log);
  const asked: unknown[] = [];
  gateway.script = (name, request) => {
    if (name !== 'cancel') return undefined;
    asked.push(request['turn']);
    return answers.shift();
  };
  const session = startClient(gateway.url, { requestTimeoutMs: 1_500 }).session(log.session);
  await session.ready();
  return { session, asked };
}

test('without a turn it names the one that runs, so it may be sent again', async () => {
  const log = new FakeLog();
  log.message('m1', 't1');
  log.append('message.accepted', { messageId: 'm2', parts: [], queued: true }, { turn: 't2' });
  const { session, asked } = await cancelling(log, refuse('worker_unavailable', 1));
  expect(await session.cancel()).toEqual({ status: 'cancelling', turn: 't1' });
  expect(asked).toEqual(['t1', 't1']);
});

test('without a turn it names the next one that waits', async () => {
  const log = new FakeLog();
  log.message('m1', 't1');
  log.append('turn.completed', {}, { turn: 't1' });
  log.append('message.accepted', { messageId: 'm2', parts: [], queued: true }, { turn: 't2' });
  const { session, asked } = await cancelling(log);
  await session.cancel();
  expect(asked).toEqual(['t2']);
});

test.each([
  ['a refusal for now', refuse('worker_unavailable', 1), 'worker_unavailable'] as const,
  ['no answer', 'silence', 'timeout'] as const,
])('where no turn is known it is sent once: %s', async (_, answer, code) => {
  const { session, asked } = await cancelling(new FakeLog(), answer);
  await expect(session.cancel()).rejects.toMatchObject({ code });
  expect(asked).toEqual([undefined]);
});
