/** Same inputs, same prompt: whatever a process remembers, and wherever log, archive and workflow hold what was said. */
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  endsStep,
  isSummaryStep,
  turnNumber,
  type EventDraft,
  type LoggedEvent,
} from '../../../src/contracts/index.ts';
import { Conversations } from '../../../activities/conversation/index.ts';
import type { Sees } from '../../../activities/conversation/index.ts';
import { Transcript } from '../../../activities/conversation/transcript.ts';
import { windowOf } from '../../../activities/conversation/window.ts';
import type { Utterance } from '../../../activities/agents/runner.ts';
import * as say from './scripted.ts';
import { ScriptedSession } from './scripted.ts';

interface TurnPlan {
  /** Messages that are accepted while the turn runs. */
  readonly arrivals: number;
  readonly messageChars: number;
  readonly end: 'completed' | 'cancelled' | 'cancelled before it started';
  readonly steps: readonly { readonly end: 'completed' | 'cancelled' | 'failed'; readonly chars: number }[];
  readonly parallel: boolean;
  /** It is at work still when so many later turns start; 0: none. */
  readonly late: number;
  /** It makes a summary first, of so many turns less than there are; 0: none. */
  readonly summary: number;
}

/** Short and long ones: some sessions fit into a window, some turns do not. */
const any = (min: number, max: number): fc.Arbitrary<number> => fc.noBias(fc.integer({ min, max }));
const chars = fc.oneof(any(0, 50), any(5_000, 60_000));
const step = fc.record({ end: fc.constantFrom('completed', 'completed', 'cancelled', 'failed'), chars });
const turnPlan: fc.Arbitrary<TurnPlan> = fc.record({
  arrivals: any(0, 4),
  messageChars: chars,
  end: fc.constantFrom('completed', 'completed', 'completed', 'cancelled', 'cancelled before it started'),
  steps: fc.array(step, { maxLength: 5, size: 'max' }),
  parallel: fc.boolean(),
  late: fc.oneof(fc.constant(0), any(0, 3)),
  summary: any(0, 4),
});

/** A text that tells where it is from. */
const text = (from: string, length: number): string => from + '.'.repeat(Math.max(0, length - from.length));

function script(plans: readonly TurnPlan[]): EventDraft[] {
  const drafts: EventDraft[] = [];
  /** Turns at work, with what they will say. */
  let open: { readonly turn: string; readonly rest: readonly EventDraft[]; readonly until: number }[] = [];
  const goOn = (index: number): void => {
    drafts.push(...open.flatMap(({ rest, until }) => (until <= index ? rest : [])));
    open = open.filter(({ until }) => until > index);
  };
  let arrived = 0;
  const arrive = (upTo: number): void => {
    while (arrived < Math.min(upTo, plans.length)) {
      arrived += 1;
      const turn = `t${arrived}`;
      drafts.push(say.accepted(turn, text(`m-${turn}`, plans[arrived - 1]!.messageChars)));
    }
  };
  for (const [index, plan] of plans.entries()) {
    const turn = `t${index + 1}`;
    arrive(index + 1);
    // The last turn runs.
    if (plan.end === 'cancelled before it started' && index + 1 < plans.length) {
      drafts.push(say.turnCancelled(turn));
      continue;
    }
    goOn(index);
    drafts.push(
      say.turnStarted(
        turn,
        undefined,
        open.map((each) => each.turn),
      ),
    );
    const own: EventDraft[] = [];
    if (plan.summary > 0 && plan.summary <= index && open.length === 0)
      drafts.push(say.summarised(turn, index + 1 - plan.summary, text(`s-${turn}`, plan.messageChars)));
    for (const [place, { end, chars: length }] of plan.steps.entries()) {
      const id = plan.parallel ? `${turn}.1.${place % 2 ? 'a' : 'b'}.${place}` : `${turn}.${place + 1}`;
      own.push(say.stepStarted(id));
      if (place === 0) arrive(index + 1 + plan.arrivals);
      const said = length === 0 && end === 'completed' ? 'x' : length === 0 ? '' : text(id, length);
      if (end === 'completed') own.push(say.completed(id, said));
      else own.push(end === 'failed' ? say.failedStep(id, said) : say.cancelledStep(id, said));
    }
    const ended = plan.end === 'completed' ? say.turnEnded : say.turnCancelled;
    const isLast = index + 1 === plans.length;
    if (!isLast) own.push(ended(turn));
    const now = isLast || plan.late > 0 ? Math.floor(own.length / 2) : own.length;
    drafts.push(...own.slice(0, now));
    open.push({ turn, rest: own.slice(now), until: index + 1 + plan.late });
    if (isLast) goOn(Infinity);
  }
  return drafts;
}

interface Visit {
  /** Where it takes place and what lies where, as parts of what there is. */
  readonly at: number;
  readonly trimmed: number;
  readonly archived: number;
  readonly pending: number;
  readonly rebuilt: boolean;
  readonly lost: boolean;
  readonly forgotten: boolean;
  readonly budgetChars: number;
  readonly behind: boolean;
  /** Bits: which of the steps it may see. */
  readonly mask: number;
}

const part = any(0, 100).map((percent) => percent / 100);
const visit: fc.Arbitrary<Visit> = fc.record({
  at: part,
  trimmed: part,
  archived: part,
  pending: part,
  rebuilt: fc.boolean(),
  lost: any(0, 7).map((n) => n === 0),
  forgotten: any(0, 7).map((n) => n === 0),
  budgetChars: fc.oneof(any(1, 150_000), any(1, 400_000)),
  behind: fc.boolean(),
  mask: fc.oneof(fc.constant(31), any(0, 31)),
});

/** What the step sees that is next in the newest turn, or in one before it, which may be at work still. */
function seesOf(events: readonly LoggedEvent[], { budgetChars, behind, mask }: Visit): Sees | null {
  const started = events.filter(({ type }) => type === 'turn.started');
  const start = started.at(behind ? -2 : -1);
  const turn = start?.turn;
  if (turn === undefined || start?.type !== 'turn.started') return null;
  const { unseen = [] } = start.data;
  const ended = events.filter((event) => event.turn === turn && endsStep(event.type));
  const steps = ended.flatMap(({ step = '' }) => (isSummaryStep(step) ? [] : [step])).sort();
  const seen = steps.filter((_, index) => (mask >> index) & 1);
  return { ...say.answering(turn, seen, budgetChars), unseen, ...newestSummary(events, turn) };
}

/** The one that the workflow knows of when the turn's steps begin. */
function newestSummary(events: readonly LoggedEvent[], turn: string): Pick<Sees, 'summary'> {
  const made = events.flatMap((event) => {
    if (event.type !== 'step.completed' || !event.data.summarises) return [];
    if (turnNumber(event.turn ?? '') > turnNumber(turn)) return [];
    return [{ step: event.step ?? '', upTo: turnNumber(event.data.summarises.upTo) }];
  });
  const newest = made.reduce((one, other) => (other.upTo >= one.upTo ? other : one), { step: '', upTo: 0 });
  return newest.upTo === 0 ? {} : { summary: newest };
}

const brief = (said: readonly Utterance[]): string[] =>
  said.map(({ text: all, pinned }) => `${pinned ? 'pinned ' : ''}${all.slice(0, 12)} ${all.length}`);

/** For somebody who has read everything and let go of nothing. */
function expected(drafts: readonly EventDraft[], sees: Sees): readonly Utterance[] {
  const transcript = new Transcript({ epoch: 1, seq: 0 }, Infinity);
  transcript.follow(
    { epoch: 1, seq: drafts.length },
    drafts.map((draft, index) => ({ ...draft, seq: index + 1 })),
  );
  const window = windowOf(transcript, sees);
  if (!('shown' in window)) throw new Error('everything is there');
  return window.shown;
}

/** A log that is built anew may have the ends of two branches the other way round. */
function rebuild(session: ScriptedSession): void {
  session.epoch += 1;
  const { events } = session;
  for (let index = session.archivedTo; index + 2 < events.length; index += 1) {
    const [one, other] = [events[index]!, events[index + 2]!];
    if (!endsStep(one.type) || !endsStep(other.type) || one.turn !== other.turn) continue;
    events[index] = { ...other, seq: one.seq };
    events[index + 2] = { ...one, seq: other.seq };
    index += 2;
  }
}

test('same inputs, same prompt', async () => {
  const plans = fc.array(turnPlan, { minLength: 1, maxLength: 16, size: 'max' });
  const visits = fc.array(visit, { minLength: 1, maxLength: 8, size: 'max' });
  await fc.assert(
    fc.asyncProperty(plans, visits, async (turns, stops) => {
      const drafts = script(turns);
      const session = new ScriptedSession();
      let conversations = new Conversations(session.access);
      const ordered = stops.map((stop) => Math.round(stop.at * drafts.length)).sort((a, b) => a - b);
      for (const [index, stop] of stops.entries()) {
        const upTo = Math.max(1, ordered[index]!);
        session.put(...drafts.slice(session.events.length, upTo));
        const head = session.events.length;
        if (stop.rebuilt) rebuild(session);
        session.archivedTo = Math.max(session.archivedTo, Math.floor(stop.archived * head));
        session.first = Math.max(stop.rebuilt ? 1 : session.first, 1 + Math.floor(stop.trimmed * (head - 1)));
        session.lost = stop.lost;
        session.pending.clear();
        const unplaced = Math.floor(stop.pending * (head - session.archivedTo));
        for (const { id, type } of session.events.slice(head - unplaced))
          if (!endsStep(type)) session.pending.add(id);
        if (stop.forgotten) conversations = new Conversations(session.access);
        const sees = seesOf(session.events, stop);
        if (!sees) continue;
        const shown = brief(await session.show(conversations, sees));
        expect(shown).toEqual(brief(expected(drafts.slice(0, head), sees)));
        const hidden = sees.unseen?.flatMap((turn) => [`${turn}.`, `m-${turn}.`]) ?? [];
        expect(shown.filter((line) => hidden.some((start) => line.startsWith(start)))).toEqual([]);
      }
    }),
    { numRuns: 300 },
  );
});
