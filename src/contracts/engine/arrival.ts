import type { EventDraft } from '../events/envelope.ts';
import type { Message } from '../message.ts';

/** What the fact of a message tells of its way in. */
export type Arrival = Pick<EventDraft, 'stamps' | 'by' | 'waits' | 'trace'>;

/** `orchestrate`: when the session took it, ms since the Unix epoch; absent: it has not. */
export function arrivalOf(
  { receivedAt, admittedAt, by, waits, trace }: Message,
  orchestrate?: number,
): Arrival {
  const admit = admittedAt === undefined ? {} : { admit: admittedAt };
  return {
    stamps: { ingest: receivedAt, ...admit, ...(orchestrate === undefined ? {} : { orchestrate }) },
    ...(by === undefined ? {} : { by }),
    ...(waits === undefined ? {} : { waits }),
    ...(trace === undefined ? {} : { trace }),
  };
}
