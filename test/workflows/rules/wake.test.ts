/** The sleep of a team is ended before its time, and nothing else is. */
import { expect, test } from '@jest/globals';
import type { TurnWait } from '../../../src/contracts/index.ts';
import { RunningTurn } from '../../../workflows/rules/turn.ts';
import { wakeSleep } from '../../../workflows/rules/wake.ts';

const sleep = (path: string, until: number): TurnWait => ({ path, kind: 'sleep', key: '5', until });
const paused = (path: string): TurnWait => ({ path, kind: 'retry', key: '', until: 400 });

function running(): RunningTurn {
  const turn = RunningTurn.of({ turn: 't1', messageId: 'm1', chars: 1 });
  turn.run(0);
  return turn;
}

/** A path that ends in `~` is the time-out of branches. */
function waiting(...waits: TurnWait[]): RunningTurn {
  const turn = running();
  const report = { position: { epoch: 1, seq: 1 }, placed: [], events: [] };
  turn.back({ status: 'suspended', report, entries: [], open: {}, waits, unplaced: [], attempts: 1 }, 0);
  return turn;
}

test.each([
  ['of whichever turn it is', undefined],
  ['of the named turn', 't1'],
])('a sleep is ended, %s; other waits are asked for again', (_, named) => {
  const turn = waiting(sleep('1', 300), paused('2'), sleep('3~', 900));
  expect(wakeSleep([turn], named)).toEqual({ status: 'woken', turn: 't1' });
  expect(turn.phase).toBe('ready');
  expect(turn.journal.entries).toMatchObject([{ path: '1', kind: 'sleep', outcome: 'woken' }]);
  expect(wakeSleep([turn], named)).toEqual({ status: 'none' });
});

const cancelled = waiting(sleep('1', 300));
cancelled.cancel();

test.each([
  ['no turn is at work', null, undefined],
  ['its activity runs', running(), undefined],
  ['it waits for something else', waiting(paused('2'), sleep('3~', 900)), undefined],
  ['another turn is named', waiting(sleep('1', 300)), 't2'],
  ['it is cancelled', cancelled, 't1'],
])('nothing is woken: %s', (_, turn, named) => {
  const phase = turn?.phase;
  expect(wakeSleep(turn ? [turn] : [], named)).toEqual({ status: 'none' });
  expect(turn?.phase).toBe(phase);
});
