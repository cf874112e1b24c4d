/** What is said stands in the turn that it belongs to. */
import { expect, test } from '@jest/globals';
import { groupsOf } from '../../console/src/pages/session/groups.ts';
import type { Entry } from '../../src/contracts/index.ts';
import { FakeLog } from '../client/fake-log.ts';

const nameOf = (entry: Entry): string => (entry.kind === 'message' ? entry.messageId : entry.step);
const told = ({ view }: FakeLog): readonly (readonly string[])[] =>
  groupsOf(view.entries).map(({ id, entries }) => [id, ...entries.map(nameOf)]);

const queue = (log: FakeLog, messageId: string, turn: string): void => {
  log.append(
    'message.accepted',
    { messageId, parts: [{ type: 'text', text: 'And?' }], queued: true },
    { turn },
  );
};

function answer(log: FakeLog, turn: string, step: string): void {
  log.start(turn, step);
  log.say(step, 'Yes.');
  log.complete(turn, step);
}

test('an answer does not stand under a message that was queued behind it', () => {
  const log = new FakeLog();
  log.message('m1', 't1');
  queue(log, 'm2', 't2');
  queue(log, 'm3', 't3');
  answer(log, 't1', 't1.1');
  expect(told(log)).toEqual([
    ['t1', 'm1', 't1.1'],
    ['t2', 'm2'],
    ['t3', 'm3'],
  ]);
  log.append('turn.completed', {}, { turn: 't1' });
  log.append('turn.started', { messageIds: ['m2'] }, { turn: 't2' });
  answer(log, 't2', 't2.1');
  expect(told(log)).toEqual([
    ['t1', 'm1', 't1.1'],
    ['t2', 'm2', 't2.1'],
    ['t3', 'm3'],
  ]);
});

test('turns side by side are apart; a message that joins a turn stands where it joined', () => {
  const log = new FakeLog();
  log.message('m1', 't1');
  log.message('m2', 't2');
  answer(log, 't1', 't1.1');
  answer(log, 't2', 't2.1');
  queue(log, 'm3', 't3');
  log.append(
    'turn.merged',
    { into: 't1', messageIds: ['m3'], reason: { code: 'joined', message: 'It joined the turn.' } },
    { turn: 't3' },
  );
  answer(log, 't1', 't1.2');
  expect(told(log)).toEqual([
    ['t1', 'm1', 't1.1', 'm3', 't1.2'],
    ['t2', 'm2', 't2.1'],
  ]);
});

test('a turn whose message the view has not any more stands before later ones; what has no turn stands alone', () => {
  const log = new FakeLog();
  log.message('m1', 't1');
  log.append('message.rejected', { messageId: 'm2', code: 'rate_limited' }, {});
  queue(log, 'm3', 't2');
  answer(log, 't1', 't1.1');
  log.append('message.rejected', { messageId: 'm4', code: 'rate_limited' }, {});
  expect(told(log)).toEqual([
    ['t1', 'm1', 't1.1'],
    ['', 'm2'],
    ['t2', 'm3'],
    ['', 'm4'],
  ]);
  const { entries } = log.view;
  expect(groupsOf(entries.slice(1)).map(({ id }) => id)).toEqual(['', 't1', 't2', '']);
});
