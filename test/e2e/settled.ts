/** What became of messages, once it is certain. */
import type { Receipt, SessionEvent } from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';
import { allEvents, expectWhole, rest } from './scene.ts';

/** On a slow machine, ms. */
const SETTLED_MS = 60_000;

const isOver = ({ status, turnStatus }: Receipt): boolean =>
  status === 'rejected' || status === 'superseded' || (turnStatus ?? 'running') !== 'running';

function tells(event: SessionEvent, messageId: string): boolean {
  return (
    (event.type === 'message.accepted' || event.type === 'message.rejected') &&
    event.data.messageId === messageId
  );
}

/** All events of a session, once these messages have come to their end and the log tells of each: a receipt may be earlier. */
export async function settledAt(
  url: string,
  id: string,
  messageIds: readonly string[],
): Promise<readonly SessionEvent[]> {
  for (const messageId of messageIds) {
    await eventually(
      `${messageId} has come to its end`,
      async () => {
        const { status, body } = await rest<Receipt>(url, 'GET', `/v1/sessions/${id}/messages/${messageId}`);
        return status === 200 && isOver(body);
      },
      SETTLED_MS,
    );
  }
  let events: readonly SessionEvent[] = [];
  await eventually(
    'the log tells of them',
    async () => {
      events = await allEvents(url, id);
      return messageIds.every((messageId) => events.some((event) => tells(event, messageId)));
    },
    SETTLED_MS,
  );
  expectWhole(events);
  return events;
}
