/** A message that is sent again and again: what of it reaches Temporal, whose history keeps every signal. */
import { expect, test } from '@jest/globals';
import { ConvokeError, eventId } from '../../src/contracts/index.ts';
import type { LoggedEvent, Receipt } from '../../src/contracts/index.ts';
import { createAuthenticator, createIntake, type Intake } from '../../src/ingest/index.ts';
import type { Admitted } from '../../src/ingest/admit.ts';
import { waiting } from '../../src/log/assemble.ts';
import type { SessionCalls } from '../../src/temporal/index.ts';
import { OPEN_DOOR } from '../support/admission.ts';

const dev = { tenant: 'dev' };
const RECEIPT: Receipt = { session: 's', messageId: 'm', status: 'queued' };

/** An intake whose admission says this, and which calls these. */
function intakeWith(calls: Partial<SessionCalls>, ...admitted: readonly Admitted[]): Intake {
  const answers = [...admitted];
  return createIntake({
    ...OPEN_DOOR,
    authenticator: createAuthenticator({ keys: new Map(), devKey: true }),
    calls: calls as SessionCalls, // safety: nothing else is called
    defaultAgents: [],
    storedOf: async () => null,
    isArchived: async () => false,
    admission: {
      admit: async () => answers.shift() ?? admitted.at(-1) ?? 'ok',
      giveBack: async () => undefined,
    },
    agentsOf: async () => null,
    reopen: async () => undefined,
  });
}

/** How often a message is signalled. */
async function signals(admitted: Admitted, known: Receipt | null): Promise<number> {
  let sent = 0;
  const send = async (): Promise<void> => {
    sent += 1;
  };
  const intake = intakeWith({ send, receipt: async () => known }, admitted);
  const receipt = await intake.send(dev, 's', { messageId: 'm', text: 'x' });
  expect(receipt).toEqual({ session: 's', messageId: 'm', status: 'accepted' });
  return sent;
}

test.each<[string, Admitted, Receipt | null, number]>([
  ['has room', 'ok', null, 1],
  ['is in the log', 'held', null, 0],
  ['was sent often, and the workflow has it', 'again', RECEIPT, 0],
  ['was sent often, and the workflow lacks it', 'again', null, 1],
])('a message that %s', async (_, admitted, known, times) => {
  expect(await signals(admitted, known)).toBe(times);
});

test('those that wait have their place and no turn yet', () => {
  const event = (seq: number, draft: object): LoggedEvent => ({ seq, at: 1, ...draft }) as LoggedEvent;
  const accepted = (messageId: string, turn: string, text = 'x'): object => ({
    ...{ id: eventId.message(messageId), type: 'message.accepted', turn },
    data: { messageId, parts: [{ type: 'text', text }], queued: true },
  });
  const events = [
    event(1, accepted('runs', 't1')),
    event(2, { id: 's', type: 'turn.started', turn: 't1', data: { messageIds: ['runs'] } }),
    event(3, accepted('waits', 't2', 'é')),
    event(4, accepted('cancelled', 't3')),
    event(5, { id: 'e', type: 'turn.cancelled', turn: 't3', data: { reason: 'x' } }),
  ];
  const bytes = Buffer.byteLength(JSON.stringify([{ type: 'text', text: 'é' }]));
  expect(waiting(events)).toEqual([{ messageId: 'waits', bytes }]);
});

test('sent many times at once, it is signalled once, and all get its receipt', async () => {
  const started = Promise.withResolvers<undefined>();
  let sent = 0;
  const intake = intakeWith({
    send: async () => {
      sent += 1;
      await started.promise;
    },
  });
  const sends = Array.from({ length: 50 }, () => intake.send(dev, 's', { messageId: 'm', text: 'x' }));
  started.resolve(undefined);
  expect(new Set((await Promise.all(sends)).map(({ status }) => status))).toEqual(new Set(['accepted']));
  expect(sent).toBe(1);
});

test('a workflow that cannot be asked now is asked again, and not if the log has heard of the message by then', async () => {
  let asked = 0;
  const receipt = async (): Promise<Receipt | null> => {
    asked += 1;
    throw new ConvokeError('overloaded');
  };
  const intake = intakeWith({ receipt }, 'again', 'again', 'held');
  expect(await intake.send(dev, 's', { messageId: 'm', text: 'x' })).toMatchObject({ status: 'accepted' });
  expect(asked).toBe(2);
});
