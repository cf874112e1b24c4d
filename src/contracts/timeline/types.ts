/** The timeline of a message: when it passed which stage, where it waited, and why. */
import type { SpanName } from './spans.ts';
import type { Stage, WaitReason } from './waits.ts';

/** One stretch of the way. */
export interface TimelineSpan {
  readonly stage: Stage;
  readonly name: SpanName;
  /** `gap`: nothing was recorded for it. */
  readonly kind: 'work' | 'wait' | 'gap';
  /** ms since the Unix epoch, by the clock of the host where it began. */
  readonly startedAt: number;
  /** By the clock of the host where it ended; absent: it goes on, or its end is not known. */
  readonly endedAt?: number;
  /** How long, up to now if it goes on; never below 0. */
  readonly ms: number;
  readonly reason?: WaitReason;
  readonly cause?: { readonly code: string; readonly message?: string };
  readonly turn?: string;
  readonly step?: string;
  readonly agent?: string;
  readonly tool?: string;
  readonly attempt?: number;
  /** Where it ended, or goes on: `pid@host` of a gateway or a worker. */
  readonly process?: string;
  /** A connection that was sent the newest event of the timeline. */
  readonly connection?: TracedConnection;
  /** The turns that it waited for; those that still run come last. */
  readonly behind?: readonly string[];
  /** What these did meanwhile, as far as the log that was read tells: those that were in front longest. */
  readonly front?: readonly TurnInFront[];
  /** Who decided. */
  readonly by?: readonly string[];
  readonly limit?: string;
  /** The limit itself, and what was in use when it began to wait. */
  readonly most?: number;
  readonly used?: number;
  /** Turns of the tenant that hold the places for which it waits now, at most `LIMITS.timelineHolders`; absent: not known, or it waits no more. */
  readonly holders?: readonly PlaceHolder[];
  readonly times?: number;
  /** What a worker must have for it: `agent.<name>`, `team.<name>`, `model.<provider>` or the kind of the agent. */
  readonly needs?: string;
  /** The model endpoint that was asked, as the configuration names it, and the model. */
  readonly provider?: string;
  readonly model?: string;
  /** A connection that the answer was not late for: it came after the answer, or is somebody else's and took less than the answer. */
  readonly aside?: true;
  /** Its two ends were read from clocks of different hosts: `ms` is as exact as these agree. */
  readonly crossesHosts?: true;
  /** The clocks are at least so far apart: by them it would have ended before it began. */
  readonly clampedMs?: number;
}

/** A turn that has one of the places of its tenant. */
export interface PlaceHolder {
  readonly session: string;
  readonly turn: string;
}

/** A turn that was in front of a message. */
export interface TurnInFront {
  readonly turn: string;
  /** For so long, while the message waited. */
  readonly ms: number;
  /** What it did or waited for longest in that time, and for how long; absent: the log that was read does not tell. */
  readonly by?: Pick<
    TimelineSpan,
    | 'name'
    | 'kind'
    | 'ms'
    | 'reason'
    | 'cause'
    | 'step'
    | 'agent'
    | 'tool'
    | 'limit'
    | 'most'
    | 'used'
    | 'holders'
    | 'needs'
    | 'provider'
    | 'model'
    | 'process'
  >;
}

/** Why a turn failed: a code of the error table, what that means, and what it was this time. */
export interface TimelineFailure {
  readonly code: string;
  readonly title: string;
  readonly detail: string;
}

/** A connection that follows the session, as its gateway knows it. Times are ms since the Unix epoch. */
export interface TracedConnection {
  readonly id: string;
  readonly kind: 'socket' | 'stream';
  /** Of a session token. */
  readonly subject?: string;
}

/** What one gateway knows of an event and the connections that it was sent to. */
export interface GatewayTrace {
  readonly gateway: string;
  /** When Temporal had persisted the message, if it came in here. */
  readonly acceptedAt?: number;
  /** When it sent the event to those that followed the session. */
  readonly pushedAt?: number;
  readonly connections: readonly (TracedConnection & {
    /** It subscribed, and left. */
    readonly since: number;
    readonly until?: number;
    /** Its client had the event by then. */
    readonly acknowledgedAt?: number;
  })[];
  /** Further connections that are not listed. */
  readonly more?: number;
}

/** As in receipts, with the status of its turn in the place of `consumed`. */
export type TimelineStatus =
  | 'accepted'
  | 'scheduled'
  | 'queued'
  | 'published'
  | 'superseded'
  | 'rejected'
  | 'running'
  | 'completed'
  | 'failed'
  | 'cancelled';

export interface Timeline {
  readonly session: string;
  readonly messageId: string;
  readonly status: TimelineStatus;
  /** The turn that answers it. */
  readonly turn?: string;
  /** Why that turn failed, or the message was rejected. */
  readonly failure?: TimelineFailure;
  /** Received, and the newest that is known of it: ms since the Unix epoch. */
  readonly from: number;
  readonly until: number;
  readonly ms: number;
  /** In the order in which they began, by `seq` where clocks differ. Those of steps side by side overlap. */
  readonly spans: readonly TimelineSpan[];
  /** What took longest, as an index of `spans`, other than connections `aside`; absent: there are none. */
  readonly longest?: number;
  /** More happened than a timeline holds. */
  readonly truncated?: true;
  /** Gateways that were asked about delivery, and that have answered in time. Absent: nobody was asked. */
  readonly gateways?: { readonly asked: number; readonly answered: number };
  /** The connection that has asked; absent over HTTP. */
  readonly you?: string;
}
