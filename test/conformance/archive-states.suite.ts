/** What every archive promises of the states that it stores. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Archive } from '../../src/archive/index.ts';
import type { SessionRef, StoredSession } from '../../src/contracts/index.ts';
import { eventsAt, INFO } from '../archive/events.ts';

interface Subject {
  readonly archive: Archive;
  reopen(): Promise<Archive>;
  /** A session that no other test has touched. */
  fresh(): SessionRef;
}

export function statesSuite(subject: () => Subject): void {
  describe('states', () => {
    let archive: Archive;
    let fresh: () => SessionRef;
    beforeAll(() => {
      ({ archive, fresh } = subject());
    });

    const stateAt = (seq: number, generation: number, more: Partial<StoredSession> = {}): StoredSession => ({
      ...{ status: 'hibernated', generation, requestHash: 'hash', info: INFO },
      carried: {
        ...{ status: 'open', closeReason: '', known: { epoch: 7, seq }, archivedTo: seq, turns: 1 },
        ...{ inbox: [], outbox: [], receipts: [], events: [], reconcile: false, release: [] },
      },
      ...more,
    });

    test('are there as they were stored, with what the session is by now; there is none before', async () => {
      const ref = fresh();
      await archive.write(ref, INFO, eventsAt(1, 3));
      expect(await archive.stored(ref)).toBeNull();
      const info = { ...INFO, roster: { revision: 2, members: [], agents: [] } };
      await archive.store(ref, stateAt(3, 10, { info }));
      const again = await subject().reopen();
      expect(await again.stored(ref)).toEqual(stateAt(3, 10, { info }));
      const stored = { status: 'hibernated', known: { epoch: 7, seq: 3 } };
      expect(await again.session(ref)).toEqual({ info, lastSeq: 3, stored });
      expect(await archive.stored({ ...ref, tenant: 'other' })).toBeNull();
    });

    test('give way to one of a higher generation only', async () => {
      const ref = fresh();
      await archive.write(ref, INFO, eventsAt(1, 3));
      await archive.store(ref, stateAt(3, 10));
      await archive.store(ref, stateAt(3, 12, { status: 'closed' }));
      await archive.store(ref, stateAt(3, 11));
      await archive.store(ref, stateAt(3, 12));
      expect(await archive.stored(ref)).toEqual(stateAt(3, 12, { status: 'closed' }));
    });

    test('do not count while the session has events that they do not know', async () => {
      const ref = fresh();
      await archive.write(ref, INFO, eventsAt(1, 3));
      await archive.store(ref, stateAt(3, 10));
      await archive.write(ref, INFO, eventsAt(4, 4));
      expect(await archive.stored(ref)).toBeNull();
      expect(await archive.session(ref)).toEqual({ info: INFO, lastSeq: 4 });
      await archive.store(ref, stateAt(4, 11));
      expect(await archive.stored(ref)).toEqual(stateAt(4, 11));
    });

    test('are not copied with the events', async () => {
      const [from, to] = [fresh(), fresh()];
      await archive.write(from, INFO, eventsAt(1, 3));
      await archive.store(from, stateAt(3, 10));
      await archive.copy(from, to, INFO, 3);
      expect(await archive.stored(to)).toBeNull();
    });
  });
}
