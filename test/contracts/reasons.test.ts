import { expect, test } from '@jest/globals';
import { envelope, reason, reasonOf } from '../../src/contracts/index.ts';
import type { LoggedEvent } from '../../src/contracts/index.ts';

const ref = { tenant: 'acme', session: 's' };
const closed = (given: LoggedEvent['data']): LoggedEvent =>
  ({ id: 'session:closed', type: 'session.closed', at: 1, seq: 1, data: given }) as LoggedEvent;

test.each([
  ['requested', reason('close_requested')],
  ['cancelled on request', reason('cancel_requested')],
  ['something else', { code: 'unspecified', message: 'something else' }],
  [
    { code: 'agent_failed', message: 'No.' },
    { code: 'agent_failed', message: 'No.' },
  ],
])('clients get the reason %j as an object', (given, expected) => {
  expect(reasonOf(given)).toEqual(expected);
  expect(envelope(ref, 7, closed({ reason: given })).data).toEqual({ reason: expected });
});

test('an event without a reason is passed on as it is', () => {
  const event: LoggedEvent = {
    id: 'turn:t1:end',
    type: 'turn.completed',
    at: 1,
    turn: 't1',
    seq: 2,
    data: {},
  };
  expect(envelope(ref, 7, event)).toEqual({ v: 1, ...ref, epoch: 7, ...event });
});
