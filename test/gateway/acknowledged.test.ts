import { expect, jest, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import { Acknowledged, Acknowledging } from '../../src/gateway/acknowledged.ts';

function scripted() {
  let hear = (): void => undefined;
  const ping = jest.fn();
  const acknowledging = new Acknowledging({ ping, onPong: (given) => (hear = given) });
  return { acknowledging, ping, pong: () => hear() };
}

test('a pong acknowledges what was sent before its ping, and nothing later', () => {
  jest.useFakeTimers();
  try {
    const { acknowledging, ping, pong } = scripted();
    const session = new Acknowledged();
    acknowledging.sent(session, 5);
    acknowledging.sent(session, 9);
    expect(ping).toHaveBeenCalledTimes(1);
    expect(session.at(5)).toBeUndefined();
    pong();
    expect(session.at(5)).toBeDefined();
    expect(session.at(6)).toBeUndefined();
    // The next one is asked for, but not at once.
    expect(ping).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(LIMITS.acknowledgeEveryMs);
    expect(ping).toHaveBeenCalledTimes(2);
    pong();
    expect(session.at(9)).toBeDefined();
    jest.advanceTimersByTime(LIMITS.acknowledgeEveryMs);
    expect(ping).toHaveBeenCalledTimes(2);
  } finally {
    jest.useRealTimers();
  }
});

test('a pong that nobody has asked for acknowledges nothing; what is remembered is bounded', () => {
  const { acknowledging, pong } = scripted();
  const session = new Acknowledged();
  pong();
  expect(session.at(0)).toBeUndefined();
  acknowledging.sent(session, 1);
  acknowledging.stop();
  pong();
  expect(session.at(1)).toBeUndefined();
  for (let seq = 1; seq <= LIMITS.acknowledgedKept + 1; seq += 1) session.note(seq, seq);
  expect(session.at(1)).toBe(2);
});
