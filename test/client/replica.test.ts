/** Whatever the network repeats, loses and cuts: the client's view comes to the fold of everything that happened. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Replica } from '../../src/client/replica.ts';
import type { Outcome } from '../../src/client/replica.ts';
import { openSteps } from '../../src/contracts/index.ts';
import { FakeLog } from './fake-log.ts';
import type { Frame } from './fake-log.ts';

const OPS = [
  'message',
  'start',
  'say',
  'say',
  'say',
  'think',
  'restart',
  'complete',
  'turn',
  'epoch',
] as const;
const FATES = ['deliver', 'deliver', 'lose', 'twice', 'again', 'reconnect'] as const;

interface Step {
  readonly op: (typeof OPS)[number];
  readonly fate: (typeof FATES)[number];
  readonly pick: number;
  readonly text: string;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    op: fc.constantFrom(...OPS),
    fate: fc.constantFrom(...FATES),
    pick: fc.nat(99),
    text: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }),
  }),
  { maxLength: 60 },
);

/** Does one thing to the session, if it is possible now; the frames that a gateway would send. */
function happen(log: FakeLog, { op, pick, text }: Step): Frame[] {
  const turns = log.view.turns.filter((each) => each.status === 'running').map((each) => each.turn);
  const turn = turns[pick % Math.max(turns.length, 1)];
  const open = openSteps(log.view);
  const step = open[pick % Math.max(open.length, 1)]?.step;
  const number = log.events.length + 1;
  switch (op) {
    case 'message':
      return log.message(`m${number}`, `t${number}`, text);
    case 'start':
      return turn === undefined ? [] : [log.start(turn, `${turn}.${number}`)];
    case 'say':
      return step === undefined ? [] : [log.say(step, text)];
    case 'think':
      return step === undefined ? [] : [log.think(step, text)];
    case 'restart':
      return step === undefined ? [] : [log.restart(step.split('.')[0]!, step)];
    case 'complete':
      return step === undefined ? [] : [log.complete(step.split('.')[0]!, step)];
    case 'turn':
      return turn === undefined ? [] : [log.append('turn.completed', {}, { turn })];
    case 'epoch':
      // Open text does not survive the log, and neither does the gateway's notice of it.
      if (pick > 20 || open.length > 0) return [];
      log.newEpoch();
      return [];
  }
}

/** A client without a connection: takes frames, subscribes when it must, and checks what listeners would be told. */
class Reader {
  readonly replica = new Replica();
  subscribes = 0;
  #last = 0;
  readonly #log: FakeLog;

  constructor(log: FakeLog) {
    this.#log = log;
    this.subscribe();
  }

  take(frame: Frame): void {
    if (this.#apply(frame) === 'behind') this.subscribe();
  }

  subscribe(): void {
    this.subscribes++;
    const missed = this.#log.since(this.replica.cursor);
    if (missed) for (const frame of missed) this.#apply(frame);
    else {
      this.replica.replace(this.#log.view);
      this.#last = this.#log.position.seq;
    }
    expect(this.replica.settle()).toBe(true);
  }

  #apply(frame: Frame): Outcome {
    if (frame.kind === 'delta') return this.replica.delta(frame.delta).outcome;
    const outcome = this.replica.event(frame.event);
    // Each event once and in order.
    if (outcome === 'applied') expect(frame.event.seq).toBe(++this.#last);
    return outcome;
  }
}

describe('the replica', () => {
  test('comes to the fold of the whole sequence', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const log = new FakeLog();
        const reader = new Reader(log);
        const sent: Frame[] = [];
        for (const step of all) {
          const frames = happen(log, step);
          sent.push(...frames);
          if (step.fate === 'lose') continue;
          for (const frame of frames) reader.take(frame);
          if (step.fate === 'twice') for (const frame of frames) reader.take(frame);
          // A gateway that starts over a little earlier.
          if (step.fate === 'again')
            for (const frame of sent.slice(-(step.pick % 10) - 1)) reader.take(frame);
          if (step.fate === 'reconnect') reader.subscribe();
        }
        reader.subscribe();
        expect(reader.replica.view).toEqual(log.view);
      }),
      { numRuns: 300 },
    );
  });

  test('asks for nothing while nothing is missing', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const log = new FakeLog();
        const reader = new Reader(log);
        for (const step of all) {
          if (step.op === 'epoch') continue;
          const frames = happen(log, step);
          for (const frame of step.fate === 'twice' ? [...frames, ...frames] : frames) reader.take(frame);
          expect(reader.replica.view).toEqual(log.view);
        }
        expect(reader.subscribes).toBe(1);
      }),
      { numRuns: 200 },
    );
  });

  test('the frames after a loss show it: one event, and one delta of each part of each open step', () => {
    fc.assert(
      fc.property(steps, fc.nat(), (all, cut) => {
        const log = new FakeLog();
        const reader = new Reader(log);
        const frames = all.filter((step) => step.op !== 'epoch').flatMap((step) => happen(log, step));
        for (const frame of frames.slice(0, frames.length && cut % frames.length)) reader.take(frame);
        reader.take(log.append('session.recovered', {}));
        for (const { step } of openSteps(log.view)) {
          reader.take(log.say(step, 'more'));
          reader.take(log.think(step, 'more'));
        }
        expect(reader.replica.view).toEqual(log.view);
      }),
      { numRuns: 200 },
    );
  });
});
