/** The fact that a message is an event of its channel, or feedback. Pure. */
import type { EventDraft } from '../events/envelope.ts';
import { arrivalOf } from './arrival.ts';
import { eventId } from '../ids.ts';
import { DIRECT_CHANNEL, type Message } from '../message.ts';

/** `at`: when it got its place, ms since the Unix epoch. Its id is that of a message: a `messageId` counts once, whatever it was sent as. */
export function publishedFact(message: Message, at: number): EventDraft {
  const { messageId, channel = DIRECT_CHANNEL, from, to, parts, feedback } = message;
  const data = {
    ...{ messageId, channel, parts },
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
  const place = { cause: messageId, ...arrivalOf(message, at) };
  if (feedback)
    return {
      ...{ id: eventId.message(messageId), type: 'feedback.given', at, ...place },
      data: { messageId, ...feedback },
    };
  return { id: eventId.message(messageId), type: 'channel.published', at, ...place, data };
}
