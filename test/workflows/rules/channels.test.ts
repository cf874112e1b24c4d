/** Messages that no agent answers: they have their place at once, and leave the turns alone. */
import { describe, expect, test } from '@jest/globals';
import { LIMITS, type EventDraft, type Message } from '../../../src/contracts/index.ts';
import { SessionMachine } from '../../../workflows/rules/machine.ts';
import { Simulation } from './simulation.ts';
import { INPUT, message } from './support.ts';

const order: Partial<Message> = { channel: 'orders' };
const direct: Partial<Message> = { channel: 'direct', from: 'Ada', to: ['Bob'] };

const pending = (session: Simulation): readonly EventDraft[] => session.machine.facts.pending();
const types = (drafts: readonly EventDraft[]): string[] => drafts.map(({ type }) => type);

/** A session whose first turn runs, with nothing left to publish. */
function running(): Simulation {
  const session = new Simulation();
  session.send('m1');
  session.act();
  session.turn?.begin();
  return session;
}

describe('a channel event', () => {
  test('has its place at once, and starts no turn', () => {
    const session = new Simulation();
    session.settle();
    session.send('e1', 'two', { ...order, from: 'shop' });
    expect(pending(session)).toMatchObject([
      {
        ...{ id: 'message:e1', type: 'channel.published', cause: 'e1', stamps: { ingest: 1 } },
        data: { messageId: 'e1', channel: 'orders', from: 'shop', parts: [{ type: 'text', text: 'two' }] },
      },
    ]);
    expect(session.machine.receipt('e1')).toEqual({ session: 's', messageId: 'e1', status: 'published' });
    expect(session.move).toBe('publish');
    session.settle();
    expect(session.machine.state(0)).toMatchObject({ turns: 0, queued: 0 });
    expect([...session.log.counted]).toEqual([]);
  });

  test('has a receipt that tells whose it is only if it is direct', () => {
    const session = new Simulation();
    session.settle();
    session.send('e1', 'one', { ...order, from: 'Ada' });
    session.send('e2', 'two', direct);
    session.send('e3', 'three', { channel: 'direct', to: ['Bob'] });
    const receipts = ['e1', 'e2', 'e3'].map((id) => session.machine.receipt(id));
    expect(receipts.map((receipt) => receipt?.direct)).toEqual([undefined, { from: 'Ada' }, {}]);
  });

  test('counts once, whatever is sent again under its id', () => {
    const session = new Simulation();
    session.settle();
    session.send('e1', 'one', order);
    session.send('e1', 'another', direct);
    session.send('e1', 'a message');
    expect(pending(session)).toHaveLength(1);
    session.settle();
    session.send('e1', 'one', order);
    expect(pending(session)).toEqual([]);
    expect(session.machine.state(0)).toMatchObject({ turns: 0, queued: 0 });
  });

  test.each(['interrupt', 'rollback', 'steer', 'latest', 'reject'] as const)(
    'leaves alone what runs and waits, also in a session whose messages %s',
    (policy) => {
      const session = new Simulation();
      session.machine = new SessionMachine({ ...INPUT, info: { ...INPUT.info, policy } }, 0);
      session.send('m1');
      session.act();
      session.send('m2', 'next', { policy: 'queue' });
      const before = types(pending(session));
      session.send('e1', 'one', order);
      expect(types(pending(session))).toEqual([...before, 'channel.published']);
      expect(session.turn?.result).toBeNull();
      expect(session.machine.receipt('m2')).toMatchObject({ status: 'queued', turn: 't2' });
      expect(session.move).toBe('publish');
    },
  );

  test('rides along with a turn that is about to start, in the order in which it came', () => {
    const session = new Simulation();
    session.settle();
    session.send('e1', 'one', order);
    session.send('m1');
    session.send('e2', 'two', order);
    expect(session.move).toBe('run');
    session.act();
    expect(types(session.turn?.input.lead ?? [])).toEqual([
      ...['channel.published', 'message.accepted', 'channel.published', 'turn.started'],
    ]);
  });

  test('is refused by a session that closes, and while too much waits for the log', () => {
    const session = running();
    for (let n = 0; session.machine.facts.pendingBytes <= LIMITS.outboxBytes; n += 1)
      session.send(`e${n}`, 'x'.repeat(30_000), order);
    session.send('late', 'one', order);
    expect(session.machine.receipt('late')).toMatchObject({ status: 'rejected', code: 'inbox_full' });
    session.settle();
    session.send('late', 'one', order);
    expect(session.machine.receipt('late')).toMatchObject({ status: 'published' });
    session.close();
    session.send('too-late', 'one', order);
    expect(session.machine.receipt('too-late')).toMatchObject({ status: 'rejected', code: 'session_closed' });
  });
});

test('however many there are, messages are remembered as long as without them', () => {
  const session = running();
  for (let n = 0; n < LIMITS.receiptsKept + LIMITS.publishedKept; n += 1) {
    session.send(`e${n}`, 'one', order);
    if (n % 100 === 0) session.settle();
  }
  session.settle();
  const { machine } = session;
  expect(machine.receipt('m1')).toMatchObject({ status: 'consumed' });
  expect(machine.receipt(`e${LIMITS.receiptsKept - 1}`)).toBeNull();
  const oldest = `e${LIMITS.receiptsKept}`;
  expect(machine.receipt(oldest)).toMatchObject({ status: 'published' });
  const next = new SessionMachine({ ...INPUT, carried: machine.carry() }, 0);
  expect(next.receipt('m1')).toMatchObject({ status: 'consumed' });
  expect(next.receipt(oldest)).toMatchObject({ status: 'published' });
});

describe('a direct message', () => {
  test('that is refused is told of by its receipt alone', () => {
    const session = running();
    session.close();
    const before = types(pending(session));
    session.send('d1', 'psst', direct);
    expect(types(pending(session))).toEqual(before);
    expect(session.machine.receipt('d1')).toMatchObject({ status: 'rejected', code: 'session_closed' });
  });
});

describe('while the history of a run is at its limit', () => {
  test('admission is told of no more room; the next run tells at once', () => {
    const { machine } = running();
    machine.accept(message('e1', 'one', order), 5, true);
    expect(machine.receipt('e1')).toMatchObject({ status: 'published' });
    const { drafts, release } = machine.takePublish();
    expect(drafts.at(-1)?.id).toBe('message:e1');
    expect(release).toEqual([]);

    const carried = machine.carry();
    expect(carried).toMatchObject({ release: ['e1'], heldBack: true });
    const next = new Simulation();
    next.log.counted.add('e1');
    const { turn: _turn, ...rest } = carried;
    next.machine = new SessionMachine({ ...INPUT, carried: { ...rest, outbox: [] } }, 6);
    expect(next.move).toBe('publish');
    next.act();
    next.publishLands();
    expect([...next.log.counted]).toEqual([]);
    expect(next.machine.carry()).not.toHaveProperty('heldBack');
  });

  test('it is told of messages as always', () => {
    const { machine } = new Simulation();
    machine.accept(message('m1'), 5, true);
    expect(machine.runTurn(6).release).toEqual(['m1']);
  });
});
