/** From the events of a session to the timeline of one message. Pure. */
import type { LoggedEvent } from '../events/envelope.ts';
import { endsTurn } from '../events/turn.ts';
import { ERRORS, type ErrorCode } from '../errors.ts';
import { LIMITS } from '../limits/index.ts';
import { reasonOf } from '../reasons.ts';
import { spanOf, type Moment } from './builder.ts';
import { deliverySpans, type Delivered } from './delivery.ts';
import { Front } from './front.ts';
import { longestOf } from './public.ts';
import { TurnSpans, type Beside } from './turn.ts';
import type { GatewayTrace, Timeline, TimelineFailure, TimelineSpan, TimelineStatus } from './types.ts';

export interface TimelineExtras extends Beside {
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
  readonly #front: Front;
  #status: TimelineStatus = 'accepted';
  /** The turn, or the joining of it, has begun for this message. */
  #begun: TurnSpans | null = null;
  #failure: TimelineFailure | null = null;
  #newest: Moment = { at: 0 };
  #ended = false;

  constructor(messageId: string, extras: TimelineExtras) {
    this.#messageId = messageId;
    this.#extras = extras;
    this.#front = new Front(extras);
  }

  take(event: LoggedEvent): void {
    if (this.#isArrival(event)) this.#arrive(event);
    if (this.#ended || event.turn === undefined) return;
    if (event.turn === this.#turn) this.#ofTurn(event);
    else if (!this.#begun) this.#front.take(event.turn, event);
  }

  end(session: string): Timeline | null {
    if (!this.#arrived) return null;
    this.#goesOn();
    const way = [...this.#spans, ...(this.#begun?.spans() ?? [])];
    const from = Math.min(...way.map(({ startedAt }) => startedAt));
    const delivered = this.#delivered(this.#newest.at - from);
    const { spans, cut } = bounded([...way, ...delivered.map(({ span }) => span)]);
    const inTime = [...way, ...delivered.filter(({ later }) => !later).map(({ span }) => span)];
    const until = Math.max(this.#newest.at, ...inTime.map(({ startedAt, ms }) => startedAt + ms));
    const { gateways, asked = gateways?.length ?? 0, truncated } = this.#extras;
    return {
      ...{ session, messageId: this.#messageId, status: this.#status },
      ...(this.#turn !== undefined && { turn: this.#turn }),
      ...(this.#failure && { failure: this.#failure }),
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
    this.#front.arrive();
    this.#turn = event.turn;
    this.#newest = { at: event.at };
    if (event.type === 'message.scheduled') this.#status = 'scheduled';
    else if (event.type === 'message.rejected') {
      this.#status = 'rejected';
      this.#failure = failureOf({ code: event.data.code });
    } else if (event.type === 'channel.published') this.#status = 'published';
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
    this.#begun?.take(event);
    if (endsTurn(type) && type !== 'turn.merged') this.#over(event);
  }

  #begin(at: number, status: TimelineStatus): void {
    if (this.#begun) return;
    const arrived = this.#arrived;
    if (arrived && at > arrived.at) this.#add('queue', arrived, { at }, this.#front.told(arrived.at, at));
    this.#begun = new TurnSpans(this.#turn ?? '', { at }, this.#extras);
    this.#status = status;
  }

  /** Its turn does not start: it is answered in another one. */
  #merged({ at, data }: Extract<LoggedEvent, { type: 'turn.merged' }>): void {
    this.#turn = data.into;
    if (data.reason.code === 'joined') this.#begin(at, 'running');
  }

  #over(event: LoggedEvent): void {
    this.#ended = true;
    this.#begun?.over(event);
    if (event.type === 'turn.completed') this.#status = 'completed';
    else if (event.type === 'turn.failed') {
      this.#status = 'failed';
      this.#failure = failureOf(event.data);
    } else if (event.type === 'turn.cancelled') this.#cancelled(event);
  }

  #cancelled({ at, data }: Extract<LoggedEvent, { type: 'turn.cancelled' }>): void {
    const cause = reasonOf(data.reason);
    if (this.#begun) this.#status = 'cancelled';
    else {
      this.#status = cause.code === 'superseded' ? 'superseded' : 'rejected';
      const { at: since = at } = this.#arrived ?? {};
      if (this.#arrived) this.#add('queue', this.#arrived, { at }, { ...this.#front.told(since, at), cause });
    }
  }

  /** What it waits for by now. */
  #goesOn(): void {
    if (this.#scheduled) this.#add('schedule', this.#scheduled, undefined);
    else if (this.#arrived?.type !== 'message.accepted' || this.#ended) return;
    else if (!this.#begun) {
      const front = this.#front.told(this.#arrived.at, this.#extras.now);
      this.#add('queue', this.#arrived, undefined, front);
    }
  }

  #delivered(took: number): readonly Delivered[] {
    const { gateways, now } = this.#extras;
    const arrived = this.#arrived;
    if (!gateways || !arrived || arrived.type === 'message.scheduled') return [];
    const isLast = this.#ended || arrived.type !== 'message.accepted';
    const sender = 'from' in arrived.data ? arrived.data.from : undefined;
    return deliverySpans({ event: this.#newest, isLast, sender, took }, gateways, now);
  }

  #add(
    name: Parameters<typeof spanOf>[0],
    begins: Moment,
    ends: Moment | undefined,
    more: Partial<Pick<TimelineSpan, 'behind' | 'front' | 'cause'>> = {},
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

function failureOf({
  code,
  message = '',
}: {
  readonly code: string;
  readonly message?: string;
}): TimelineFailure {
  // A newer version may have more of them.
  const title = Object.hasOwn(ERRORS, code) ? ERRORS[code as ErrorCode].title : ''; // safety: it has it
  return { code, title, detail: message };
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
