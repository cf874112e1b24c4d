/** The turns that were in front of a message while it waited, and what each of them did or waited for. Pure. */
import type { LoggedEvent } from '../events/envelope.ts';
import { endsTurn } from '../events/turn.ts';
import { LIMITS } from '../limits/index.ts';
import { TurnSpans, type Beside } from './turn.ts';
import type { TimelineSpan, TurnInFront } from './types.ts';

export class Front {
  readonly #beside: Beside;
  /** Those that have begun. */
  readonly #turns = new Map<string, TurnSpans>();
  /** They run beside the main lane: nothing waits for them. */
  readonly #aside = new Set<string>();
  /** Turns that have ended while the message waited. */
  readonly #ended: string[] = [];
  #arrived = false;

  constructor(beside: Beside) {
    this.#beside = beside;
  }

  /** From here on the message waits. */
  arrive(): void {
    this.#arrived = true;
  }

  /** An event of another turn, in the order of `seq`. */
  take(turn: string, event: LoggedEvent): void {
    const { type, at } = event;
    if (type === 'turn.started' && event.data.beside) this.#aside.add(turn);
    if (this.#aside.has(turn)) return;
    const isEnd = endsTurn(type) && type !== 'turn.merged';
    if (type === 'turn.started' || (type.startsWith('step.') && !this.#turns.has(turn)))
      this.#turns.set(turn, new TurnSpans(turn, { at }, this.#beside));
    this.#turns.get(turn)?.take(event);
    if (!isEnd) return;
    if (this.#arrived) this.#ended.push(turn);
    else this.#turns.delete(turn);
    this.#turns.get(turn)?.over(event);
  }

  /** Of a message that waited from then until then. */
  told(from: number, until: number): Pick<TimelineSpan, 'behind' | 'front'> {
    const running = [...this.#turns].filter(([, { endedAt }]) => endedAt === undefined).map(([turn]) => turn);
    const behind = [...this.#ended, ...running].slice(-LIMITS.timelineBehind);
    if (behind.length === 0) return {};
    const all = behind.flatMap((turn) => this.#inFront(turn, from, until) ?? []);
    const kept = new Set(all.toSorted((one, other) => other.ms - one.ms).slice(0, LIMITS.timelineFront));
    const front = all.filter((each) => kept.has(each));
    return { behind, ...(front.length > 0 && { front }) };
  }

  #inFront(turn: string, from: number, until: number): TurnInFront | null {
    const spans = this.#turns.get(turn);
    if (!spans) return null;
    const within = (startedAt: number, endedAt: number): number =>
      Math.max(0, Math.min(until, endedAt) - Math.max(from, startedAt));
    const held = spans
      .spans()
      .map((span) => ({ span, ms: within(span.startedAt, span.startedAt + span.ms) }))
      .reduce<{ readonly span: TimelineSpan; readonly ms: number } | null>(
        (most, each) => (each.ms > (most?.ms ?? 0) ? each : most),
        null,
      );
    const ms = within(spans.begun.at, spans.endedAt ?? until);
    return { turn, ms, ...(held && { by: briefly(held.span, held.ms) }) };
  }
}

const TOLD = [
  ...(['name', 'kind', 'reason', 'cause', 'step', 'agent', 'tool', 'limit', 'most', 'used'] as const),
  ...(['holders', 'needs', 'provider', 'model', 'process'] as const),
];

function briefly(span: TimelineSpan, ms: number): NonNullable<TurnInFront['by']> {
  const told = TOLD.filter((field) => span[field] !== undefined).map(
    (field) => [field, span[field]] as const,
  );
  // safety: fields of a span by their names, `name` and `kind` among them
  return { ...Object.fromEntries(told), ms } as NonNullable<TurnInFront['by']>;
}
