/** Whatever happens in whatever order: nothing is lost, nothing is doubled, everything ends. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { endsStep, endsTurn, LIMITS } from '../../src/contracts/index.ts';
import { Simulation, turnEnds } from './simulation.ts';

type Act = (simulation: Simulation) => void;

const acts: fc.Arbitrary<{ name: string; act: Act }> = fc.oneof(
  named('send', fc.integer({ min: 1, max: 12 }), (s, n) => {
    s.send(`m${n}`);
  }),
  named('cancel', fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }), (s, n) => {
    s.cancel(n === undefined ? undefined : `t${n}`);
  }),
  named('loop', fc.constant(null), (s) => {
    s.act();
  }),
  named('publish lands', fc.constant(null), (s) => {
    s.publishLands();
  }),
  named('publish reports', fc.constant(null), (s) => {
    s.publishReports();
  }),
  named('step lands', fc.boolean(), (s, commits) => {
    s.stepLands(commits);
  }),
  named('step reports', fc.constant(null), (s) => {
    s.stepReports();
  }),
  named('step lost', fc.constant(null), (s) => {
    s.stepLost();
  }),
  named('log lost', fc.constant(null), (s) => {
    s.loseLog();
  }),
  named('continue as new', fc.constant(null), (s) => {
    s.continueAsNew();
  }),
  {
    weight: 1,
    arbitrary: fc.constant({
      name: 'close',
      act: (s: Simulation) => {
        s.close();
      },
    }),
  },
);

function named<T>(
  name: string,
  values: fc.Arbitrary<T>,
  act: (simulation: Simulation, value: T) => void,
): { weight: number; arbitrary: fc.Arbitrary<{ name: string; act: Act }> } {
  const arbitrary = values.map((value) => ({
    name: `${name} ${String(value)}`,
    act: (simulation: Simulation): void => {
      act(simulation, value);
    },
  }));
  return { weight: 6, arbitrary };
}

function check(simulation: Simulation): void {
  const events = simulation.archive;
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
  const ids = events.map((event) => event.id);
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);

  const ends = turnEnds(events);
  for (const messageId of simulation.accepted) {
    const receipt = simulation.machine.receipt(messageId);
    expect(ids).toContain(`message:${messageId}`);
    expect([messageId, ends.get(receipt?.turn ?? '')]).toEqual([messageId, 1]);
    expect(['consumed', 'rejected']).toContain(receipt?.status);
    expect(receipt?.turnStatus).not.toBe('running');
  }
  expect(ends.size).toBe(simulation.accepted.size);
  for (const turn of ends.keys()) {
    const facts = events.filter((event) => event.turn === turn).map((event) => event.type);
    expect(facts[0]).toBe('message.accepted');
    expect(facts.findIndex(endsTurn)).toBe(facts.length - 1);
  }

  const started = events.filter((event) => event.type === 'step.started').map((event) => event.step);
  const ended = events.filter((event) => endsStep(event.type)).map((event) => event.step);
  expect([...ended].sort()).toEqual([...started].sort());
  expect(simulation.machine.carry().receipts.length).toBeLessThanOrEqual(LIMITS.receiptsKept);
}

test('every accepted message gets one turn end and one fate; the transcript has each fact once, without a gap', () => {
  fc.assert(
    fc.property(fc.array(acts, { maxLength: 60 }), (sequence) => {
      const simulation = new Simulation();
      for (const { act } of sequence) act(simulation);
      simulation.drain();
      check(simulation);
    }),
    { numRuns: 3_000 },
  );
});
