/** Members of a session whose workflow has ended: what its history says of them is what the next run begins with. */
import { expect, test } from '@jest/globals';
import { carryOver, eventId, interruptedState, RunRecord } from '../../src/contracts/index.ts';
import type { SessionInput } from '../../src/contracts/index.ts';

const INPUT: SessionInput = {
  ...{ tenant: 'acme', session: 's' },
  info: {
    team: { name: 'sequence' },
    agents: [{ name: 'a', runner: 'scripted' }],
    metadata: {},
    createdAt: 1,
  },
};

test('also changes that only a local activity carried, and those that nobody has carried yet', () => {
  const record = new RunRecord(INPUT);
  record.report(
    { position: { epoch: 7, seq: 1 }, placed: [{ id: eventId.sessionCreated(), seq: 1 }], events: [] },
    1,
  );
  record.members({ type: 'join', person: 'Anna' }, 3);
  record.members({ type: 'pause', name: 'a' }, 4);
  record.members({ type: 'pause', name: 'nobody' }, 4);
  record.report(
    { position: { epoch: 7, seq: 2 }, placed: [{ id: eventId.sessionMembers(1), seq: 2 }], events: [] },
    4,
  );
  record.close('requested');
  record.members({ type: 'resume', name: 'a' }, 5);
  const known = record.ended({ run: 'r1', reason: 'terminated', at: 9, historyEvents: 20, running: [] });
  expect(known.events.at(-1)).toMatchObject({ seq: 2, data: { name: 'Anna', change: 'joined' } });
  expect(known.pending.map(({ id }) => id)).toEqual([eventId.sessionMembers(2)]);
  expect(known.info.roster).toMatchObject({ revision: 2, members: [{ status: 'paused' }, { name: 'Anna' }] });
  expect(interruptedState(known).members).toEqual(known.info.roster!.members);
  const { roster } = carryOver(known.interrupted, known.events, { head: known.known, at: 10 });
  expect(roster).toEqual(known.info.roster);
});
