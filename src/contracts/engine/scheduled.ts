/** The facts that a message is to be delivered later, and that it will not be after all. Pure. */
import type { EventDraft } from '../events/envelope.ts';
import { arrivalOf } from './arrival.ts';
import { eventId } from '../ids.ts';
import type { Message } from '../message.ts';

/** `at`: ms since the Unix epoch. */
export function scheduledFact(message: Message, at: number): EventDraft {
  const { messageId, parts, from, policy, deliverAt = at } = message;
  const data = {
    ...{ messageId, parts, deliverAt },
    ...(from === undefined ? {} : { from }),
    ...(policy === undefined ? {} : { policy }),
  };
  const place = { cause: messageId, ...arrivalOf(message) };
  return { id: eventId.messageScheduled(messageId), type: 'message.scheduled', at, ...place, data };
}

export function unscheduledFact(messageId: string, code: string, at: number): EventDraft {
  const data = { messageId, code };
  return { id: eventId.messageUnscheduled(messageId), type: 'message.rejected', at, cause: messageId, data };
}

/** The message that the fact is about. */
export function scheduledMessage(fact: Extract<EventDraft, { type: 'message.scheduled' }>): Message {
  const { trace } = fact;
  const receivedAt = fact.stamps?.ingest ?? fact.at;
  return { ...fact.data, receivedAt, ...(trace === undefined ? {} : { trace }) };
}
