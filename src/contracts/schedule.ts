/** Schedules: messages that are sent again and again, at the times of a cron expression. */
import type { DisclosedOpening } from './events/disclosure.ts';
import type { OpenRequest, SendRequest } from './wire.ts';

/** What a firing sends. `policy` says what happens if a turn runs then: `reject` skips the firing, `queue` waits, `latest` replaces. */
export type ScheduledSend = Omit<SendRequest, 'messageId' | 'deliverAt' | 'answers'>;

/** Body of `POST /v1/schedules`; exactly one of `session` and `open`. */
export interface ScheduleRequest {
  readonly id: string;
  /** Five fields: minute, hour, day of the month, month, day of the week. */
  readonly cron: string;
  /** Name of a time zone (IANA); absent: UTC. */
  readonly zone?: string;
  /** The session that gets each message. */
  readonly session?: string;
  /** Each firing opens a session of its own like this. */
  readonly open?: Omit<OpenRequest, 'id'>;
  readonly message: ScheduledSend;
}

/** What a schedule was created with, agents and team of the sessions that it opens by their names, and when it fires. */
export interface ScheduleSummary extends Omit<ScheduleRequest, 'open'> {
  readonly open?: DisclosedOpening;
  readonly paused: boolean;
  /** The next firings, ms since the Unix epoch. */
  readonly next: readonly number[];
}

/** `next` is null at the end. */
export interface SchedulePage {
  readonly data: readonly ScheduleSummary[];
  readonly next: string | null;
}

/** Which schedules: `cursor` is the `next` of the page before. */
export interface SchedulesRequest {
  readonly cursor?: string;
  readonly limit?: number;
}

/** `trigger`: it fires now, also if it is paused. */
export type ScheduleAct = 'pause' | 'resume' | 'remove' | 'trigger';

/** One firing, as the workflow hands it to the activity. */
export interface Firing extends Pick<ScheduleRequest, 'session' | 'open' | 'message'> {
  readonly tenant: string;
  /** Names the firing: the same in every attempt. */
  readonly firing: string;
}
