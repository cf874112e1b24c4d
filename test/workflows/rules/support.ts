/** A session for tests, and what comes in. */
import type { Message, SessionInput } from '../../../src/contracts/index.ts';

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
