/** What a turn asks of people: approvals, and questions. Pure. */
import type { LoggedEvent } from '../events/envelope.ts';
import { spanOf } from './builder.ts';
import type { OrderedSpan } from './steps.ts';
import type { TimelineSpan } from './types.ts';

interface Asked {
  readonly name: 'approval' | 'person';
  readonly at: number;
  readonly step: string | undefined;
  readonly seq: number;
}

export class People {
  readonly #now: number;
  readonly #turn: string;
  /** By the approval or question, with its kind before it. */
  readonly #asked = new Map<string, Asked>();
  readonly #spans: OrderedSpan[] = [];

  constructor(turn: string, now: number) {
    this.#turn = turn;
    this.#now = now;
  }

  /** An event of the turn, in the order of `seq`. */
  take(event: LoggedEvent): void {
    const { type, at, step, seq, data } = event;
    if (type === 'approval.requested')
      this.#asked.set(`approval ${data.approval}`, { name: 'approval', at, step, seq });
    else if (type === 'approval.decided') {
      const { status: code, by, approval } = data;
      this.#answered(`approval ${approval}`, at, { cause: { code }, by });
    } else if (type === 'person.asked')
      this.#asked.set(`person ${data.question}`, { name: 'person', at, step, seq });
    else if (type === 'person.unanswered') this.#answered(`person ${data.question}`, at, { by: [] });
    else if (type === 'message.accepted' && data.answers !== undefined) {
      const by = data.from === undefined ? [] : [data.from];
      this.#answered(`person ${data.answers}`, at, { by });
    }
  }

  /** What is asked of people ends with the turn. */
  over(at: number): void {
    for (const key of this.#asked.keys()) this.#answered(key, at, {});
  }

  spans(): readonly OrderedSpan[] {
    const more = { now: this.#now, turn: this.#turn };
    const open = [...this.#asked.values()].map(({ name, at, seq }) => ({
      ...{ seq, span: spanOf(name, { at }, undefined, more) },
    }));
    return [...this.#spans, ...open];
  }

  #answered(key: string, at: number, told: Pick<TimelineSpan, 'cause' | 'by'>): void {
    const asked = this.#asked.get(key);
    if (!asked) return;
    this.#asked.delete(key);
    const { name, seq, step } = asked;
    const of = { now: this.#now, turn: this.#turn, ...(step !== undefined && told.cause && { step }) };
    this.#spans.push({ seq, span: spanOf(name, { at: asked.at }, { at }, { ...of, ...told }) });
  }
}
