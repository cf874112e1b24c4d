/** A session for tests, and what comes in. */
import type { Message, SessionInput, TurnInput } from '../../../src/contracts/index.ts';

export const INPUT: SessionInput = {
  tenant: 'acme',
  session: 's',
  info: {
    team: { name: 'sequence' },
    agents: [
      { name: 'a', runner: 'scripted' },
      { name: 'b', runner: 'scripted' },
    ],
    metadata: {},
    createdAt: 1,
  },
};

export function message(messageId: string, text = 'hello', more: Partial<Message> = {}): Message {
  return { messageId, parts: [{ type: 'text', text }], receivedAt: 1, ...more };
}

/** The journal that a turn goes on with has each call once, and all that it had before. `before`: their paths. */
export function checkJournal({ journal }: TurnInput, before: readonly string[]): void {
  const calls = journal.entries.filter(({ kind }) => kind !== 'steer');
  const paths = new Set(calls.map(({ path }) => path));
  if (paths.size < calls.length) throw new Error('a call is in the journal twice');
  const forgotten = before.find((path) => !paths.has(path));
  if (forgotten !== undefined) throw new Error(`the journal has forgotten ${forgotten}`);
}
