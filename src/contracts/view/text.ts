/** The text of running steps: the one rule for deltas. */
import type { StepCursor } from '../cursor.ts';
import type { Delta, OpenStep } from '../events/delta.ts';
import { editStep } from './edit.ts';
import type { SessionView, StepEntry } from './types.ts';

/** How a delta fits a view. */
export type DeltaTaken =
  /** `delta`: the part that was new. */
  | { readonly fit: 'new'; readonly view: SessionView; readonly delta: Delta }
  /** `old`: it adds nothing. `hole`: the text before it is missing. `stranger`: the view has no such step. */
  | { readonly fit: 'old' | 'hole' | 'stranger' };

/** A higher attempt withdraws what was said before it; deltas of a lower one, and of a step that has ended, are `old`. */
export function takeDelta(view: SessionView, delta: Delta): DeltaTaken {
  const entry = view.entries.findLast((each) => each.kind === 'step' && each.step === delta.step);
  if (entry?.kind !== 'step') return { fit: 'stranger' };
  if (entry.status !== 'running' || delta.attempt < entry.attempt) return { fit: 'old' };
  const { step, attempt } = delta;
  const open = attempt > entry.attempt ? { step, attempt, text: '' } : openStep(entry);
  const have = (delta.part === 'reasoning' ? open.reasoning : open.text) ?? '';
  if (delta.offset > have.length) return { fit: 'hole' };
  // Cut from the piece, not from the whole: slicing the whole would copy it for every token.
  const more = delta.text.slice(have.length - delta.offset);
  if (more === '') return { fit: 'old' };
  const said = delta.part === 'reasoning' ? { reasoning: have + more } : { text: have + more };
  return {
    fit: 'new',
    view: editStep(view, step, ({ waiting: _waiting, ...rest }) => say(rest, { ...open, ...said })),
    delta: { ...delta, offset: have.length, text: more },
  };
}

/** The view with a running step's text and reasoning replaced. */
export function withOpenStep(view: SessionView, open: OpenStep): SessionView {
  return editStep(view, open.step, (entry) => say(entry, open));
}

function say(entry: StepEntry, { attempt, text, reasoning }: OpenStep): StepEntry {
  const { reasoning: _reasoning, ...rest } = entry;
  return { ...rest, attempt, text, ...(reasoning ? { reasoning } : {}) };
}

function openStep({ step, attempt, text, reasoning }: StepEntry): OpenStep {
  return { step, attempt, text, ...(reasoning === undefined ? {} : { reasoning }) };
}

/** The deltas that a reader at `have` is missing of a running step; at most one of its reasoning and one of its text. */
export function deltasAfter(session: string, open: OpenStep, have?: StepCursor): readonly Delta[] {
  const { step, attempt, text, reasoning = '' } = open;
  // The reader is at a newer attempt, whose events are on their way here.
  if (have && have.attempt > attempt) return [];
  const at: StepCursor = have?.attempt === attempt ? have : { attempt, offset: 0 };
  const piece = (whole: string, offset: number): Omit<Delta, 'part'>[] =>
    offset < whole.length ? [{ session, step, attempt, offset, text: whole.slice(offset) }] : [];
  const thoughts = piece(reasoning, at.reasoning ?? 0).map((delta) => ({
    ...delta,
    part: 'reasoning' as const,
  }));
  return [...thoughts, ...piece(text, at.offset)];
}

/** How much of a running step there is, as a cursor. */
export function stepCursor({ attempt, text, reasoning }: OpenStep): StepCursor {
  return { attempt, offset: text.length, ...(reasoning ? { reasoning: reasoning.length } : {}) };
}

/** The running steps of a view. */
export function openSteps(view: SessionView): readonly OpenStep[] {
  return view.entries
    .filter((entry) => entry.kind === 'step')
    .filter((entry) => entry.status === 'running')
    .map(openStep);
}
