/** The trace of a message is that of its facts, and of its turn: in later runs of its session, too. */
import { expect, test } from '@jest/globals';
import type { EventDraft } from '../../../src/contracts/index.ts';
import { isMessage } from '../../../src/contracts/index.ts';
import { Ledger } from '../../../src/contracts/engine/ledger.ts';
import { SessionMachine } from '../../../workflows/rules/machine.ts';
import { INPUT, message } from './support.ts';

const [ONE, TWO] = ['1'.repeat(32), '2'.repeat(32)] as const;

const tracesOf = (facts: readonly EventDraft[]): (string | undefined)[] =>
  facts.filter(({ cause }) => cause !== undefined).map(({ type, trace }) => `${type} ${trace?.[0]}`);

test('of messages that run, wait, come later, and have none', () => {
  const first = new SessionMachine(INPUT, 0);
  first.accept({ ...message('m1', 'x'), trace: ONE }, 1);
  const input = first.runTurn(2);
  expect(input.trace).toBe(ONE);
  expect(tracesOf(input.lead)).toEqual(['message.accepted 1', 'turn.started 1']);
  first.accept({ ...message('m2', 'x'), trace: TWO }, 3);
  first.accept(message('m3', 'x'), 3);
  first.accept({ ...message('m4', 'x', { deliverAt: 1_000 }), trace: TWO }, 3);

  const next = new SessionMachine({ ...INPUT, carried: first.carry() }, 4);
  next.cancel('t1', 5);
  next.cancel('t2', 5);
  next.deliver(2_000);
  expect(tracesOf(next.facts.pending().slice(-3))).toEqual([
    'turn.cancelled 1',
    'turn.cancelled 2',
    'message.accepted 2',
  ]);
  expect(next.carry().turn?.trace).toBe(ONE);
  expect(next.carry().inbox.map(({ trace }) => trace)).toEqual([undefined, TWO]);
});

test('a turn that is merged names the trace of the one that answers, if that is another one', () => {
  const session = new SessionMachine(INPUT, 0);
  session.accept({ ...message('m1', 'x'), trace: ONE }, 1);
  session.runTurn(2);
  session.accept({ ...message('m2', 'x'), trace: ONE }, 3);
  for (const [id, trace] of [
    ['m3', TWO],
    ['m4', ONE],
    ['m5', undefined],
  ] as const)
    session.accept({ ...message(id, 'x', { policy: 'merge' }), ...(trace && { trace }) }, 4);
  const merged = session.facts.pending().filter(({ type }) => type === 'turn.merged');
  expect(merged.map(({ trace, data }) => [trace, data])).toEqual([
    [TWO, expect.objectContaining({ into: 't2', intoTrace: ONE })],
    [ONE, expect.not.objectContaining({ intoTrace: expect.anything() })],
    [undefined, expect.not.objectContaining({ intoTrace: expect.anything() })],
  ]);
});

test('anybody can send a signal: what is no trace makes it no message', () => {
  expect(isMessage({ ...message('m', 'x'), trace: ONE })).toBe(true);
  for (const trace of ['x'.repeat(1_000), '0'.repeat(32), 7])
    expect(isMessage({ ...message('m', 'x'), trace })).toBe(false);
});

test('an interrupted session knows the traces of the messages that wait', () => {
  const session = new SessionMachine(INPUT, 0);
  for (const id of ['m1', 'm2']) session.accept({ ...message(id, 'x'), trace: TWO }, 1);
  const before = new Ledger(INPUT.session, { receipts: [], inbox: [], turns: 0, open: [] });
  for (const fact of session.facts.pending()) before.note(fact);
  const after = new Ledger(INPUT.session, before.state());
  expect(after.state().inbox.map(({ trace }) => trace)).toEqual([TWO, TWO]);
});
