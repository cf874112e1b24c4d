/** Part of `log.suite.ts`: any interleaving of two executions of a step, cancels, lost answers and losses, against a model. */
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Position } from '../../src/contracts/index.ts';
import type { SessionLog } from '../../src/log/index.ts';
import {
  all,
  beginning,
  cancelled,
  completed,
  create,
  INFO,
  logged,
  message,
  STEP,
  stepStarted,
} from '../log/drafts.ts';
import { ModelLog } from '../log/model.ts';
import type { LogSubject } from './log.suite.ts';

/** One thing that happens. `lost`: its answer is lost, so it is done again. `number`: the writer, or the message. */
interface Action {
  readonly kind: 'begin' | 'commit' | 'cancel' | 'say' | 'hole' | 'fact' | 'rebuild' | 'ahead';
  readonly number: number;
  readonly lost: boolean;
}

const WORDS = ['Hel', 'lo ', '👩‍👩', '\n%1', 'ß"\\'];

const often: readonly Action['kind'][] = ['begin', 'begin', 'say', 'say', 'say', 'fact'];
const seldom: readonly Action['kind'][] = ['commit', 'cancel', 'hole', 'rebuild', 'ahead'];

const action: fc.Arbitrary<Action> = fc.record({
  kind: fc.constantFrom(...often, ...often, ...seldom),
  number: fc.nat(2),
  lost: fc.boolean(),
});

/** What an execution of the step remembers. */
class Writer {
  readonly name: string;
  readonly order: number;
  attempt = 1;
  said = 0;
  constructor(who: number) {
    this.name = `writer ${who}`;
    this.order = who;
  }
}

/** Does one action on a log and answers what the log said, for comparison. */
async function act(
  log: SessionLog,
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
    return log.rebuild(ref, { expected: known, epoch: 1, info: INFO, events: logged(1, 2) });
  }
  const writer = writers[what.number]!;
  const { name: owner, order, attempt } = writer;
  if (what.kind === 'begin') {
    const lead = [stepStarted(), message(`of ${owner}`)];
    return log.begin(ref, beginning(known, { owner, order, atLeast: attempt, lead, since: known }));
  }
  if (what.kind === 'cancel') return log.append(ref, { known, drafts: [cancelled()] });
  if (what.kind === 'commit') {
    return log.commit(ref, { known, step: STEP, attempt, ends: [completed(`by ${owner}`, STEP, attempt)] });
  }
  const offset = writer.said + (what.kind === 'hole' ? 3 : 0);
  return log.delta(ref, { step: STEP, attempt, offset, text: WORDS[writer.said % WORDS.length]! });
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
    if (said.attempt !== writer.attempt) writer.said = 0;
    writer.attempt = said.attempt!;
  }
  if (said.status === 'offset') writer.said = said.offset!;
  if (said.status === 'ok' && what.kind === 'say') writer.said += WORDS[writer.said % WORDS.length]!.length;
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
