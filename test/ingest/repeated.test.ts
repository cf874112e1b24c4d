/** A message that is sent again and again: what of it reaches Temporal, whose history keeps every signal. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { ConvokeError, eventId, publishedFact, scheduledFact, START } from '../../src/contracts/index.ts';
import type { LoggedEvent, Receipt } from '../../src/contracts/index.ts';
import { createAuthenticator, createIntake, type Intake } from '../../src/ingest/index.ts';
import { createAdmission, type Admitted } from '../../src/ingest/admit.ts';
import type { IntakeConfig } from '../../src/ingest/intake.ts';
import { messageIdOfKey } from '../../src/ingest/validate.ts';
import { waiting } from '../../src/log/assemble.ts';
import { MemoryLog } from '../../src/log/memory/memory-log.ts';
import type { Principal } from '../../src/tenants/index.ts';
import type { SessionCalls } from '../../src/temporal/index.ts';
import { created } from '../log/drafts.ts';
import { OPEN_DOOR } from '../support/admission.ts';

const dev: Principal = { tenant: 'dev' };
const RECEIPT: Receipt = { session: 's', messageId: 'm', status: 'queued' };

/** An intake whose admission says this, and which calls these. */
function intakeWith(calls: Partial<SessionCalls>, ...admitted: readonly Admitted[]): Intake {
  return intakeOn({}, calls, admitted);
}

function intakeOn(
  more: Partial<IntakeConfig>,
  calls: Partial<SessionCalls>,
  admitted: readonly Admitted[],
): Intake {
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
    ...more,
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

test.each([
  ['another text', { text: 'y', from: 'ana' }],
  ['another sender', { text: 'x', from: 'bob' }],
  ['another channel', { text: 'x', from: 'ana', channel: 'c' }],
])('of two under one id at the same time, the one with %s is refused', async (_, more) => {
  const log = new MemoryLog();
  const sent: string[] = [];
  const send: SessionCalls['send'] = async (_ref, { messageId }) => void sent.push(messageId);
  const intake = intakeOn({ admission: createAdmission(log) }, { send }, []);
  const bodies = [{ text: 'x', from: 'ana' }, more];
  const [first, second] = await Promise.allSettled(
    bodies.map((body) => intake.send(dev, 's', { messageId: 'm', ...body })),
  );
  expect(first).toMatchObject({ value: { status: 'accepted' } });
  expect(second).toMatchObject({ reason: { code: 'message_id_reused' } });
  expect(sent).toEqual(['m']);
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

describe('a messageId that the log has told of', () => {
  const ref = { tenant: 'dev', session: 's' };
  const bob = principalOf('bob');
  let intake: Intake;

  beforeEach(async () => {
    const log = new MemoryLog();
    const parts = [{ type: 'text', text: 'x' }] as const;
    const note = publishedFact({ messageId: 'e', channel: 'c', parts, from: 'ana', receivedAt: 1 }, 1);
    const data = { messageId: 'm', parts, from: 'ana', queued: false };
    const said = { id: eventId.message('m'), type: 'message.accepted', turn: 't1', at: 1, data } as const;
    await log.append(ref, { known: START, drafts: [created(), said, note] });
    const past = { log } as unknown as IntakeConfig['past']; // safety: nothing else of it is read
    intake = intakeOn({ past }, {}, ['held']);
  });

  test.each([
    ['m', {}],
    ['e', { channel: 'c' }],
  ])('is the same message again: %s', async (messageId, more) => {
    const sent = intake.send(principalOf('ana'), 's', { messageId, text: 'x', ...more });
    expect(await sent).toMatchObject({ messageId, status: 'accepted' });
  });

  test.each([
    ['another sender', bob, {}],
    ['another text', principalOf('ana'), { text: 'y' }],
    ['another channel', principalOf('ana'), { channel: 'c' }],
    ['nobody', dev, {}],
  ])('is not that of %s', async (_, principal, more) => {
    const sent = intake.send(principal, 's', { messageId: 'm', text: 'x', ...more });
    await expect(sent).rejects.toMatchObject({ code: 'message_id_reused' });
  });
});

describe('a messageId of a message for later', () => {
  const ref = { tenant: 'dev', session: 's' };
  const deliverAt = Date.now() + 5 * 3_600_000;
  const ana = principalOf('ana');
  let [sent, givenBack]: string[][] = [[], []];
  let intake: Intake;

  beforeEach(async () => {
    [sent, givenBack] = [[], []];
    const log = new MemoryLog();
    const parts = [{ type: 'text', text: 'x' }] as const;
    const later = scheduledFact({ messageId: 'm', parts, from: 'ana', receivedAt: 1, deliverAt }, 1);
    await log.append(ref, { known: START, drafts: [created(), later] });
    const admission = createAdmission(log);
    intake = intakeOn(
      {
        past: { log } as unknown as IntakeConfig['past'], // safety: nothing else of it is read
        admission: {
          ...{ admit: admission.admit.bind(admission) },
          giveBack: async (_ref, { messageId }) => void givenBack!.push(messageId),
        },
      },
      { send: async (_ref, { messageId }) => void sent!.push(messageId) },
      [],
    );
  });

  test('is handed on if it is the same again: its session may have refused it meanwhile', async () => {
    const again = await intake.send(ana, 's', { messageId: 'm', text: 'x', deliverAt });
    expect([again.status, sent]).toEqual(['scheduled', ['m']]);
  });

  test.each([
    ['another text', ana, { text: 'y', deliverAt }],
    ['another text, for now', ana, { text: 'y' }],
    ['another sender', principalOf('bob'), { text: 'x', deliverAt }],
  ])('is not that of %s, hours before its time', async (_, principal, more) => {
    const other = intake.send(principal, 's', { messageId: 'm', ...more });
    await expect(other).rejects.toMatchObject({ code: 'message_id_reused' });
    expect([sent, givenBack]).toEqual([[], ['m']]);
  });
});

test('an Idempotency-Key is its sender’s own; holders of API keys share theirs', () => {
  const ref = { tenant: 'dev', session: 's' };
  const ids = [principalOf('ana'), principalOf('bob'), dev].map((each) => messageIdOfKey(ref, 'k', each));
  expect(new Set(ids).size).toBe(3);
  expect(messageIdOfKey(ref, 'k', { ...dev })).toBe(ids[2]);
});

function principalOf(subject: string): Principal {
  const grant = { subject, sessions: ['*'], scopes: ['send'] as const, roles: [], id: 'j', issuedAt: 0 };
  return { tenant: 'dev', grant: { ...grant, expiresAt: Date.now() + 60_000 } };
}
