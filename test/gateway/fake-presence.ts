/** The door for notes, with small doubles behind it. */
import type { PresenceReply } from '../../src/contracts/index.ts';
import type { Presence } from '../../src/deliver/index.ts';
import { createNotes, Rates } from '../../src/ingest/index.ts';
import type { Notes } from '../../src/ingest/index.ts';
import { known } from './fake-calls.ts';

const NOBODY: PresenceReply = { present: [], count: 0, reads: {} };

/** Nobody is ever present. */
export const NO_PRESENCE: Presence = {
  hear: async () => () => undefined,
  list: async () => NOBODY,
  join: async () => undefined,
  leave: () => undefined,
  read: () => undefined,
  stop: async () => undefined,
};

/** Sessions of Temporal's double; nobody hears what is told. */
export function notesOf(): Notes {
  return createNotes({
    log: { tell: async () => undefined },
    rows: { kick: async () => undefined },
    rates: new Rates({
      limitsOf: () => ({}),
      buckets: { take: async () => 'fresh', giveBack: async () => undefined },
      fleet: { gateways: 1 },
    }),
    stands: async (ref) => {
      known(ref);
      return { epoch: 7, seq: 3 };
    },
    advance: () => undefined,
    agentsOf: async () => ['a'],
    followedAgents: () => null,
    audit: { note: () => undefined },
  });
}
