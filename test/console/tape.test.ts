/** A replay ends as the session is, and every moment of it is one that there was. */
import { describe, expect, test } from '@jest/globals';
import { clockAt, playedAt, tapeOf, viewAfter, viewAt } from '../../console/src/pages/session/replay/tape.ts';
import { FakeLog } from '../client/fake-log.ts';

function talk(turns: number): FakeLog {
  const log = new FakeLog();
  for (let turn = 1; turn <= turns; turn += 1) {
    log.message(`m${turn}`, `t${turn}`);
    log.start(`t${turn}`, `t${turn}.1`);
    log.say(`t${turn}.1`, `Answer ${turn}.`);
    log.complete(`t${turn}`, `t${turn}.1`);
    log.append('turn.completed', {}, { turn: `t${turn}` });
  }
  return log;
}

test('its end is the session itself, and any event can be gone to', () => {
  const log = talk(200);
  const tape = tapeOf(log.events, log.view);
  const { createdAt: _, ...end } = viewAt(tape, tape.ms);
  expect(end).toEqual({ ...log.view, createdAt: undefined, members: end.members });
  for (const played of [1, 199, 200, 201, 617]) {
    expect(playedAt(tape, tape.moments[played - 1]!)).toBe(played);
    expect(viewAfter(tape, played).position.seq).toBe(played);
  }
});

test('of the newest events alone it ends as the session does, with its agents', () => {
  const log = talk(60);
  const tape = tapeOf(log.events.slice(-100), { ...log.view, agents: ['ann', 'ben'] });
  const end = viewAt(tape, tape.ms);
  expect(end.agents).toEqual(['ann', 'ben']);
  expect(end.entries.at(-1)).toEqual(log.view.entries.at(-1));
  expect(end.position).toEqual(log.view.position);
});

test('a log that was built anew is one tape', () => {
  const log = talk(2);
  const before = log.events.slice(0, 6);
  log.newEpoch();
  const tape = tapeOf([...before, ...log.events.slice(6)], log.view);
  expect(viewAt(tape, tape.ms).position.seq).toBe(log.events.length);
});

describe('time', () => {
  const log = new FakeLog();
  log.append(
    'message.accepted',
    { messageId: 'm1', parts: [], queued: false },
    { turn: 't1', at: 1_000_000 },
  );
  log.append('turn.started', { messageIds: ['m1'] }, { turn: 't1', at: 1_000_000 });
  const step = { turn: 't1', step: 't1.1', attempt: 1, agent: 'ann' };
  log.append('step.started', {}, { ...step, at: 1_000_000 });
  const stamps = { first: 1_002_000, last: 1_006_000 };
  log.append('step.completed', { text: '0123456789' }, { ...step, at: 1_008_000, stamps } as object);
  const tape = tapeOf(log.events, log.view);
  const began = tape.moments[3]!;
  const said = (ms: number): string => {
    const entry = viewAt(tape, began + ms).entries.at(-1)!;
    return entry.kind === 'step' ? entry.text : '';
  };

  test('silences are short, speech is not', () => {
    expect(tape.moments[1]! - tape.moments[0]!).toBe(2_000);
    expect(tape.ms - began).toBe(8_000);
    expect(clockAt(tape, 4, began + 4_000)).toBe(1_004_000);
  });

  test('text grows between its first and its last token', () => {
    expect([0, 1_999, 4_000, 5_000, 7_000, 8_000].map(said)).toEqual([
      '',
      '',
      '01234',
      '01234567',
      '0123456789',
      '0123456789',
    ]);
  });
});
