/** A messageId that is sent again: the same message, or another one that would be lost without a word. */
import { ConvokeError, eventId } from '../contracts/index.ts';
import type { LoggedEvent, Message, SessionRef } from '../contracts/index.ts';
import type { SessionLog } from '../log/index.ts';
import { requestHash } from './open-session.ts';

export type ToldLog = Pick<SessionLog, 'placeOf' | 'read'>;

type Compared = Pick<Message, 'parts' | 'from' | 'channel' | 'to'>;

/**
 * Throws `message_id_reused` if the log has told of a message under this id that somebody else has sent, or that says something else. Passes if
 * that cannot be seen: the log is away, has trimmed the event, or does not tell of the message yet.
 */
export async function refuseReused(log: ToldLog, ref: SessionRef, message: Message): Promise<void> {
  const told = await toldOf(log, ref, message.messageId).catch(() => null);
  if (told && saidOf(told) !== saidOf(message)) throw reused();
}

export function reused(): ConvokeError {
  const sentence =
    'The session has a message of this messageId with another sender or content: send this one under an id of its own.';
  return new ConvokeError('message_id_reused', sentence);
}

/** The same for the same message: who says what to whom. base64url. */
export function saidOf({ parts, from, channel, to }: Compared): string {
  return requestHash({ parts, from: from ?? null, channel: channel ?? null, to: to ?? null });
}

async function toldOf(log: ToldLog, ref: SessionRef, messageId: string): Promise<Compared | null> {
  const seq =
    (await log.placeOf(ref, eventId.message(messageId))) ??
    (await log.placeOf(ref, eventId.messageScheduled(messageId)));
  if (seq === null) return null;
  const slice = await log.read(ref, { after: seq - 1, limit: 1 });
  const event: LoggedEvent | undefined = slice?.events[0];
  const isIt = event?.seq === seq;
  if (!isIt) return null;
  const { type, data } = event;
  return type === 'message.accepted' || type === 'message.scheduled' || type === 'channel.published'
    ? data
    : null;
}
