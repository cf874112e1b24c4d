/** From the events of a session to the timeline of one message. Pure. */
import type { LoggedEvent } from '../events/envelope.ts';
import { endsTurn } from '../events/turn.ts';
import { LIMITS } from '../limits/index.ts';
import { reasonOf } from '../reasons.ts';
import { spanOf, type Moment } from './builder.ts';
import { deliverySpans } from './delivery.ts';
import { longestOf } from './public.ts';
import { Steps } from './steps.ts';
import type { OrderedSpan } from './steps.ts';
import type { GatewayTrace, Timeline, TimelineSpan, TimelineStatus } from './types.ts';

export interface TimelineExtras {
  /** ms since the Unix epoch. */
  readonly now: number;
  /** What gateways remember; absent: they were not asked. */
  readonly gateways?: readonly GatewayTrace[];
  /** Gateways that were asked. */
  readonly asked?: number;
  /** Not all events of the message could be had. */
  readonly truncated?: boolean;
}

/** The event that a message came in with. */
type Arrived = Extract<
  LoggedEvent,
  { type: 'message.accepted' | 'message.rejected' | 'message.scheduled' | 'channel.published' }
>;

/** `events`: in the order of `seq`, those that are not about the message included. Null: it is not among them. */
export function timelineOf(
  session: string,
  events: readonly LoggedEvent[],
  messageId: string,
  extras: TimelineExtras,
): Timeline | null {
  const story = new Story(messageId, extras);
  for (const event of events) story.take(event);
  return story.end(session);
}

class Story {
  readonly #messageId: string;
  readonly #extras: TimelineExtras;
  readonly #spans: TimelineSpan[] = [];
  #arrived: Arrived | null = null;
  #scheduled: Extract<LoggedEvent, { type: 'message.scheduled' }> | null = null;
  /** The turn that it waits for, or is answered in. */
  #turn: string | undefined;
  /** Turns that ended while it waited. */
  readonly #behind: string[] = [];
  #status: TimelineStatus = 'accepted';
  /** The turn, or the joining of it, has begun for this message. */
  #begun: Moment | null = null;
  #steps: Steps | null = null;
  #isTaken = false;
  #newest: Moment = { at: 0 };
  #ended = false;

  constructor(messageId: string, extras: TimelineExtras) {
    this.#messageId = messageId;
    this.#extras = extras;
  }

  take(event: LoggedEvent): void {
    if (this.#isArrival(event)) this.#arrive(event);
    if (!this.#arrived || this.#ended) return;
    if (event.turn !== undefined && event.turn === this.#turn) this.#ofTurn(event);
    else if (endsTurn(event.type) && event.type !== 'turn.merged' && !this.#begun && event.turn !== undefined)
      this.#behind.push(event.turn);
  }

  end(session: string): Timeline | null {
    if (!this.#arrived) return null;
    this.#goesOn();
    const steps = this.#steps?.spans() ?? [];
    const turn = [...steps, ...this.#between(steps)].sort((one, other) => one.seq - other.seq);
    const all = [...this.#spans, ...turn.map(({ span }) => span), ...this.#delivered()];
    const { spans, cut } = bounded(all);
    const from = Math.min(...all.map(({ startedAt }) => startedAt));
    const until = Math.max(this.#newest.at, ...all.map(({ startedAt, ms }) => startedAt + ms));
    const { gateways, asked = gateways?.length ?? 0, truncated } = this.#extras;
    return {
      ...{ session, messageId: this.#messageId, status: this.#status },
      ...(this.#turn !== undefined && { turn: this.#turn }),
      ...{ from, until, ms: Math.max(0, until - from), spans },
      ...longestOf(spans),
      ...((truncated === true || cut) && { truncated: true as const }),
      ...(gateways && { gateways: { asked, answered: gateways.length } }),
    };
  }

  #isArrival(event: LoggedEvent): event is Arrived {
    const { type, data } = event;
    return (
      (type === 'message.accepted' ||
        type === 'message.rejected' ||
        type === 'message.scheduled' ||
        type === 'channel.published') &&
      data.messageId === this.#messageId
    );
  }

  #arrive(event: Arrived): void {
    const before = this.#scheduled;
    if (before) this.#add('schedule', before, event);
    else this.#admitted(event);
    this.#scheduled = event.type === 'message.scheduled' ? event : null;
    this.#arrived = event;
    this.#turn = event.turn;
    this.#newest = { at: event.at };
    if (event.type === 'message.scheduled') this.#status = 'scheduled';
    else if (event.type === 'message.rejected') this.#status = 'rejected';
    else if (event.type === 'channel.published') this.#status = 'published';
    else this.#status = event.data.queued ? 'queued' : 'accepted';
  }

  /** Up to where the session has it. A rejection that it was sent again after has its own. */
  #admitted({ at, by: process, stamps = {}, waits = [] }: Arrived): void {
    const { ingest, admit = ingest, orchestrate = at } = stamps;
    const taken = { at: orchestrate };
    if (ingest === undefined || admit === undefined) {
      this.#add('unstamped', taken, taken);
      return;
    }
    for (const { reason, from, until, code, limit, times } of waits)
      this.#spans.push(
        spanOf(
          'refused',
          { at: from, process },
          { at: until, process },
          {
            ...{ now: until, reason },
            ...(code !== undefined && { cause: { code } }),
            ...(limit !== undefined && { limit }),
            ...(times !== undefined && { times }),
          },
        ),
      );
    const acceptedAt = this.#extras.gateways?.find((each) => each.gateway === process)?.acceptedAt;
    const admitted = { at: admit, process };
    this.#add('admission', { at: ingest, process }, admitted);
    const persisted = acceptedAt === undefined ? admitted : { at: acceptedAt, process };
    if (acceptedAt !== undefined) this.#add('signal', admitted, persisted);
    this.#add('task', persisted, taken);
  }

  #ofTurn(event: LoggedEvent): void {
    const { type, at, turn } = event;
    if (type === 'message.accepted' && event === this.#arrived) {
      if (event.data.answers !== undefined) this.#begin(at, 'running');
      return;
    }
    if (type === 'turn.started') this.#begin(at, 'running');
    else if (type === 'turn.merged') this.#merged(event);
    else if (!this.#begun && !endsTurn(type)) return;
    if (this.#turn !== turn) return;
    this.#newest = { at, process: event.by ?? this.#newest.process };
    this.#taken(event);
    this.#steps?.take(event);
    if (endsTurn(type) && type !== 'turn.merged') this.#over(event);
  }

  #begin(at: number, status: TimelineStatus): void {
    if (this.#begun) return;
    const arrived = this.#arrived;
    if (arrived && at > arrived.at) this.#add('queue', arrived, { at }, behind(this.#behind));
    this.#begun = { at };
    this.#status = status;
    this.#steps = new Steps(this.#turn ?? '', this.#extras.now);
  }

  /** Its turn does not start: it is answered in another one. */
  #merged({ at, data }: Extract<LoggedEvent, { type: 'turn.merged' }>): void {
    this.#turn = data.into;
    if (data.reason.code === 'joined') this.#begin(at, 'running');
  }

  /** The first sign of the worker that took the turn up. */
  #taken({ type, at, by: process }: LoggedEvent): void {
    if (this.#isTaken || !this.#begun || (type !== 'step.started' && type !== 'quota.waiting')) return;
    this.#isTaken = true;
    this.#add('start', this.#begun, { at, process });
  }

  #over(event: LoggedEvent): void {
    this.#ended = true;
    this.#steps?.over(event.at);
    if (event.type === 'turn.completed') this.#status = 'completed';
    else if (event.type === 'turn.failed') this.#status = 'failed';
    else if (event.type === 'turn.cancelled') this.#cancelled(event);
  }

  #cancelled({ at, data }: Extract<LoggedEvent, { type: 'turn.cancelled' }>): void {
    const cause = reasonOf(data.reason);
    if (this.#begun) this.#status = 'cancelled';
    else {
      this.#status = cause.code === 'superseded' ? 'superseded' : 'rejected';
      if (this.#arrived) this.#add('queue', this.#arrived, { at }, { ...behind(this.#behind), cause });
    }
  }

  /** What it waits for by now. */
  #goesOn(): void {
    if (this.#scheduled) this.#add('schedule', this.#scheduled, undefined);
    else if (this.#arrived?.type !== 'message.accepted' || this.#ended) return;
    else if (!this.#begun) this.#add('queue', this.#arrived, undefined, behind(this.#behind));
    else if (!this.#isTaken) this.#add('start', this.#begun, undefined);
  }

  /** Where the turn ran and nothing tells what it did. */
  #between(steps: readonly OrderedSpan[]): readonly OrderedSpan[] {
    const { now } = this.#extras;
    const gaps: OrderedSpan[] = [];
    const turn = this.#turn === undefined ? {} : { turn: this.#turn };
    let covered: (Moment & { readonly seq: number }) | null = null;
    const gap = (ends: Moment | undefined): void => {
      if (!covered || (ends?.at ?? now) - covered.at < LIMITS.timelineGapMs) return;
      const { process, seq } = covered;
      const isMoved = ends?.process !== undefined && process !== undefined && ends.process !== process;
      gaps.push({ seq, span: spanOf(isMoved ? 'moved' : 'between', covered, ends, { now, ...turn }) });
    };
    const known = steps.toSorted((one, other) => one.span.startedAt - other.span.startedAt);
    for (const { seq, span } of this.#isTaken ? known : []) {
      const { startedAt, ms, process } = span;
      gap({ at: startedAt, process });
      if (!covered || startedAt + ms > covered.at) covered = { at: startedAt + ms, process, seq };
    }
    gap(this.#ended ? this.#newest : undefined);
    return gaps;
  }

  #delivered(): readonly TimelineSpan[] {
    const { gateways, now } = this.#extras;
    if (!gateways || this.#arrived?.type === 'message.scheduled') return [];
    return deliverySpans(this.#newest, gateways, now);
  }

  #add(
    name: Parameters<typeof spanOf>[0],
    begins: Moment,
    ends: Moment | undefined,
    more: Partial<Pick<TimelineSpan, 'behind' | 'cause'>> = {},
  ): void {
    const turn = this.#turn === undefined || SOLO.includes(name) ? {} : { turn: this.#turn };
    const [one, other] = [moment(begins), ends && moment(ends)];
    this.#spans.push(spanOf(name, one, other, { now: this.#extras.now, ...turn, ...more }));
  }
}

/** Before the message has a turn. */
const SOLO: readonly string[] = ['admission', 'signal', 'task', 'schedule', 'unstamped'];

function moment({ at, process }: Moment): Moment {
  return { at, process };
}

function behind(turns: readonly string[]): Pick<TimelineSpan, 'behind'> {
  return turns.length === 0 ? {} : { behind: turns.slice(-LIMITS.timelineBehind) };
}

/** The longest of them, if there are too many. */
function bounded(spans: readonly TimelineSpan[]): {
  readonly spans: readonly TimelineSpan[];
  readonly cut: boolean;
} {
  if (spans.length <= LIMITS.timelineSpans) return { spans, cut: false };
  const kept = new Set(spans.toSorted((a, b) => b.ms - a.ms).slice(0, LIMITS.timelineSpans));
  return { spans: spans.filter((span) => kept.has(span)), cut: true };
}
