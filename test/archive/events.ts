/** Events and an info to archive. Imports types only, so that a child process can load it. */
import type { LoggedEvent, SessionInfo } from '../../src/contracts/index.ts';

export const INFO: SessionInfo = {
  team: { name: 'sequence' },
  agents: [{ name: 'writer', runner: 'scripted', script: { say: 'Hello {{message}}' } }],
  metadata: { plan: 'pro', nested: { list: [1, null, true] } },
  createdAt: 1_750_000_000_000,
};

/** An event at `seq` that says `text`. */
export function eventAt(seq: number, text = `text ${seq}`): LoggedEvent {
  const parts = [{ type: 'text' as const, text }];
  const data = { messageId: `m${seq}`, parts, queued: false };
  return { id: `message.accepted:m${seq}`, type: 'message.accepted', at: 1_750_000_000_000 + seq, seq, data };
}

/** Events at `from` to `to`, both included. */
export function eventsAt(from: number, to: number, text?: string): LoggedEvent[] {
  return Array.from({ length: to - from + 1 }, (_, index) => eventAt(from + index, text));
}
