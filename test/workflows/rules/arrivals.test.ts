/** Whatever is sent as a signal: what is no message is told apart, and nothing throws. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isMessage, LIMITS, type Json, type Message } from '../../../src/contracts/index.ts';
import { SessionMachine } from '../../../workflows/rules/machine.ts';
import { INPUT, message } from './support.ts';

/** JSON that is nested as deep. */
function nested(levels: number): Json {
  let value: Json = {};
  for (let n = 1; n < levels; n += 1) value = { in: value };
  return value;
}

const data = (value: Json): unknown => ({ ...message('m1'), parts: [{ type: 'data', data: value }] });

describe('a message', () => {
  test.each<[string, unknown]>([
    ['of text', message('m1')],
    ['of data', data({ a: [1, 'b', null] })],
    ['with everything', message('m1', 'hi', { from: 'ann', policy: 'queue', ended: 't1' })],
    ['with fields of a later version', { ...message('m1'), later: { a: 1 } }],
    ['that is nested as deep as the gateway allows', data(nested(LIMITS.jsonDepth - 3))],
    ['that is as long as the gateway allows', message('m1', '\u0000'.repeat(LIMITS.messageChars))],
  ])('%s is one', (_, value) => {
    expect(isMessage(value)).toBe(true);
  });
});

describe('what is no message', () => {
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a word', 'message'],
    ['a list', [message('m1')]],
    ['without an id', { ...message('m1'), messageId: undefined }],
    ['with an id that is none', message('a b')],
    ['without parts', { ...message('m1'), parts: undefined }],
    ['with parts that are no list', { ...message('m1'), parts: { 0: { type: 'text', text: 'x' } } }],
    ['with a part that is null', { ...message('m1'), parts: [null] }],
    ['with a text that is a number', { ...message('m1'), parts: [{ type: 'text', text: 1 }] }],
    ['with a part of an unknown kind', { ...message('m1'), parts: [{ type: 'image', data: {} }] }],
    ['with data that are a list', { ...message('m1'), parts: [{ type: 'data', data: [] }] }],
    ['from a number', { ...message('m1'), from: 1 }],
    ['received at no time', { ...message('m1'), receivedAt: null }],
    ['after a turn that is a number', { ...message('m1'), ended: 1 }],
    ['longer than an inbox', message('m1', 'x'.repeat(LIMITS.inboxChars))],
  ])('%s', (_, value) => {
    expect(isMessage(value)).toBe(false);
  });
});

test('one that is nested deeper than JSON can be written is no message', () => {
  const deep = data(nested(10_000));
  expect(() => JSON.stringify(deep)).toThrow(RangeError);
  expect(isMessage(deep)).toBe(false);
});

/** Anything that JSON can say, and messages with something wrong in them. */
const signals = fc.oneof(
  fc.jsonValue({ maxDepth: 6 }),
  fc.anything(),
  fc.record(
    {
      messageId: fc.oneof(fc.constant('m1'), fc.jsonValue()),
      parts: fc.oneof(
        fc.jsonValue(),
        fc.array(
          fc.record(
            {
              type: fc.oneof(fc.constantFrom('text', 'data'), fc.jsonValue()),
              text: fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue()),
              data: fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue()),
            },
            { requiredKeys: [] },
          ),
        ),
      ),
      from: fc.oneof(fc.string(), fc.jsonValue()),
      receivedAt: fc.oneof(fc.double(), fc.jsonValue()),
      ended: fc.oneof(fc.constantFrom('t1', 't2'), fc.jsonValue()),
    },
    { requiredKeys: [] },
  ),
);

test('a signal of any shape throws nothing; one that counts as a message is taken', () => {
  fc.assert(
    fc.property(signals, (signal) => {
      const session = new SessionMachine(INPUT, 1);
      if (!isMessage(signal)) return;
      const taken: Message = signal;
      session.accept(taken, 2);
      expect(session.receipt(taken.messageId)).toMatchObject({ status: 'accepted' });
      session.runTurn(3);
    }),
    { numRuns: 2_000 },
  );
});
