/** Part of `log.suite.ts`: any interleaving of two executions of a step, cancels, lost answers and losses, against a model. */
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Position } from '../../src/contracts/index.ts';
import {
  all,
  beginning,
  CANCEL,
  cancelled,
  completed,
  create,
  INFO,
  logged,
  message,
  STEP,
  stepStarted,
  TURN,
  turnCancelled,
  turnCompleted,
} from '../log/drafts.ts';
import { ModelLog, type ModelledLog } from '../log/model.ts';
import type { LogSubject } from './log.suite.ts';

type Kind =
  'begin' | 'commit' | 'cancel' | 'say' | 'think' | 'hole' | 'fact' | 'close' | 'end' | 'rebuild' | 'ahead';

/** One thing that happens. `lost`: its answer is lost, so it is done again. `number`: the writer, or the message. */
interface Action {
  readonly kind: Kind;
  readonly number: number;
  readonly lost: boolean;
}

const CLOSES = { turn: TURN, end: CANCEL };
const WORDS = ['Hel', 'lo ', '👩‍👩', '\n%1', 'ß"\\'];

const often: readonly Kind[] = ['begin', 'begin', 'say', 'say', 'think', 'fact'];
const seldom: readonly Kind[] = ['commit', 'cancel', 'hole', 'rebuild', 'ahead', 'close', 'end'];

const action: fc.Arbitrary<Action> = fc.record({
  kind: fc.constantFrom(...often, ...often, ...often, ...seldom),
  number: fc.nat(2),
  lost: fc.boolean(),
});

/** What an execution remembers. The first two are of one step, the third is of another in the same turn. */
class Writer {
  readonly name: string;
  readonly order: number;
  readonly step: string;
  attempt = 1;
  said = 0;
  thought = 0;
  constructor(who: number) {
    this.name = `writer ${who}`;
    this.order = who;
    this.step = who === 2 ? 't1.2' : STEP;
  }
}

/** Does one action on a log and answers what the log said, for comparison. */
async function act(
  log: ModelledLog,
  scene: Scene,
  writers: readonly Writer[],
  what: Action,
): Promise<unknown> {
  const { ref, known } = scene;
  if (what.kind === 'fact')
    return log.append(ref, { known, drafts: [message(`m${what.number}`), message('m0')] });
  if (what.kind === 'ahead') {
    return log.append(ref, { known: { epoch: known.epoch, seq: 999 }, drafts: [message('never')] });
  }
  if (what.kind === 'rebuild') {
    const started = what.number === 1 ? [stepStarted()] : [];
    return log.rebuild(ref, { expected: known, epoch: 1, info: INFO, events: logged(1, 2), started });
  }
  if (what.kind === 'close' || what.kind === 'end') {
    const drafts = what.kind === 'end' ? [message('m1'), turnCancelled()] : [];
    return log.append(ref, { known, drafts, closes: CLOSES });
  }
  const writer = writers[what.number]!;
  const { name: owner, order, step, attempt } = writer;
  if (what.kind === 'begin') {
    const lead = [stepStarted(step), message(`of ${owner}`)];
    return log.begin(ref, beginning(known, { step, owner, order, atLeast: attempt, lead, since: known }));
  }
  if (what.kind === 'cancel') return log.append(ref, { known, drafts: [cancelled(writer.step)] });
  if (what.kind === 'commit') {
    const end = completed(`by ${owner}`, step, attempt);
    // The second writer has the last word of its turn.
    const last = what.number === 1;
    const ends = last ? [end, turnCompleted()] : [end];
    return log.commit(ref, { known, step, attempt, ends, ...(last ? { closes: CLOSES } : {}) });
  }
  if (what.kind === 'think') {
    const text = WORDS[writer.thought % WORDS.length]!;
    return log.delta(ref, { step, attempt, offset: writer.thought, text, part: 'reasoning' });
  }
  const offset = writer.said + (what.kind === 'hole' ? 3 : 0);
  return log.delta(ref, { step, attempt, offset, text: WORDS[writer.said % WORDS.length]! });
}

interface Scene {
  readonly ref: { readonly tenant: string; readonly session: string };
  known: Position;
}

/** What a writer learns from an answer. */
function learn(scene: Scene, writers: readonly Writer[], what: Action, reply: unknown): void {
  const said = reply as {
    status?: string;
    attempt?: number;
    offset?: number;
    position?: Position;
    epoch?: number;
  };
  if (said.position) scene.known = said.position;
  if (said.epoch !== undefined) scene.known = reply as Position; // safety: only a rebuild answers a position itself
  const writer = writers[what.number]!;
  if (said.status === 'begun') {
    if (said.attempt !== writer.attempt) writer.said = writer.thought = 0;
    writer.attempt = said.attempt!;
  }
  const part = what.kind === 'think' ? 'thought' : 'said';
  if (said.status === 'offset') writer[part] = said.offset!;
  if (said.status === 'ok' && (what.kind === 'say' || what.kind === 'think')) {
    writer[part] += WORDS[writer[part] % WORDS.length]!.length;
  }
}

export function modelSuite(subject: LogSubject): void {
  test('the log and its model answer the same, each call also when repeated, and hold the same', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 40 }), async (actions) => {
        const scene: Scene = { ref: subject.fresh(), known: { epoch: 0, seq: 0 } };
        scene.known = await create(subject.log, scene.ref);
        const model = new ModelLog(await subject.log.read(scene.ref, { after: 0, limit: 10 }));
        const writers = [0, 1, 2].map((who) => new Writer(who));
        for (const what of actions) {
          const expected = await act(model, scene, writers, what);
          const reply = await act(subject.log, scene, writers, what);
          expect(reply).toEqual(expected);
          if (what.lost) expect(await act(subject.other, scene, writers, what)).toEqual(reply);
          learn(scene, writers, what, reply);
          expect(await subject.log.read(scene.ref, { after: 0, limit: 1_000 })).toEqual(model.slice());
        }
        const seqs = (await all(subject.log, scene.ref)).map(({ seq }) => seq);
        expect(seqs).toEqual(seqs.map((_, index) => index + 1));
      }),
      { numRuns: 150 },
    );
  });
}
