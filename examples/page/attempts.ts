/** What earlier attempts of steps had said when they ended, and why they ended: a view has only the newest attempt. */
import { reasonOf } from '../../src/contracts/public.ts';
import type { SessionEvent, SessionView, StepEntry } from '../../src/contracts/public.ts';
import { becauseOf } from './words.ts';

export interface EndedAttempt {
  readonly attempt: number;
  /** Empty if this page has not seen it. */
  readonly text: string;
  /** Absent until its end is told. */
  readonly because?: string;
  /** From the beginning of its step or the end of the attempt before, ms. */
  readonly lastedMs?: number;
}

/** Attempts that are remembered for one step: a step that fails for hours is told by its newest ones. */
const MOST = 5;

/** … and of so much of what each had said, characters: more than is shown of it. */
const TEXT_CHARS = 2_000;
/** Steps that are remembered, the newest ones. */
const STEPS = 200;

/** Lists are never changed in place. */
export class Attempts {
  readonly #ended = new Map<string, readonly EndedAttempt[]>();
  /** The steps that ran in the view before this one. */
  #running = new Map<string, StepEntry>();
  /** When the newest attempt of a step began, ms since the Unix epoch. */
  readonly #began = new Map<string, number>();

  of(step: string): readonly EndedAttempt[] | undefined {
    return this.#ended.get(step);
  }

  /** To be called with each view: what a step had said is gone in the next one. */
  seen(view: SessionView): void {
    const running = new Map<string, StepEntry>();
    for (const entry of view.entries) {
      if (entry.kind !== 'step') continue;
      const before = this.#running.get(entry.step);
      if (before && entry.attempt > before.attempt)
        this.#note(entry.step, { attempt: before.attempt, text: before.text });
      if (entry.status === 'running') running.set(entry.step, entry);
    }
    this.#running = running;
  }

  /** To be called with each event, before its view. */
  heard(event: SessionEvent): void {
    const { step = '', attempt = 1, at } = event;
    if (event.type === 'step.started') this.#began.set(step, at);
    if (event.type.startsWith('turn.')) this.#began.clear();
    if (event.type !== 'step.restarted') return;
    const began = this.#began.get(step) ?? this.#running.get(step)?.at;
    this.#began.set(step, at);
    const text = this.#ended.get(step)?.find((each) => each.attempt === attempt - 1)?.text;
    this.#note(step, {
      attempt: attempt - 1,
      text: text ?? this.#running.get(step)?.text ?? '',
      because: becauseOf(reasonOf(event.data.reason)),
      ...(began === undefined ? {} : { lastedMs: Math.max(at - began, 0) }),
    });
  }

  #note(step: string, ended: EndedAttempt): void {
    const others = (this.#ended.get(step) ?? []).filter(({ attempt }) => attempt !== ended.attempt);
    const before = this.#ended.get(step)?.find(({ attempt }) => attempt === ended.attempt);
    const text = ended.text.slice(0, TEXT_CHARS);
    this.#ended.set(step, [...others, { ...before, ...ended, text }].slice(-MOST));
    for (const oldest of this.#ended.keys()) {
      if (this.#ended.size <= STEPS) break;
      this.#ended.delete(oldest);
    }
  }
}
