/** What every archive promises of erased sessions: nothing is there, and nothing comes back. */
import { describe, expect, test } from '@jest/globals';
import type { SharedArchive } from '../../src/archive/index.ts';
import type { SessionRef, StoredSession } from '../../src/contracts/index.ts';
import { eventsAt, INFO } from '../archive/events.ts';

const stateAt = (seq: number, generation: number, status: 'closed' | 'hibernated'): StoredSession => ({
  ...{ status, generation, requestHash: 'hash', info: INFO },
  carried: {
    ...{ status: 'open', closeReason: '', known: { epoch: 1, seq }, archivedTo: seq, turns: 1 },
    ...{ inbox: [], outbox: [], receipts: [], events: [], reconcile: false, release: [] },
  },
});

interface Subject {
  readonly archive: SharedArchive;
  reopen(): Promise<SharedArchive>;
  fresh(): SessionRef;
}

export function erasingSuite(subject: () => Subject): void {
  describe('erasing', () => {
    const gone = async (archive: SharedArchive, ref: SessionRef): Promise<void> => {
      expect(await archive.session(ref)).toBeNull();
      expect(await archive.stored(ref)).toBeNull();
      expect(await archive.read(ref, 0, 10)).toEqual([]);
      expect(await archive.isErased(ref)).toBe(true);
    };

    test('removes all of a session, tells what there was, and leaves others', async () => {
      const { archive, fresh } = subject();
      const [ref, other] = [fresh(), fresh()];
      for (const each of [ref, other]) await archive.write(each, INFO, eventsAt(1, 3));
      await archive.store(ref, stateAt(3, 10, 'hibernated'));
      expect(await archive.isErased(ref)).toBe(false);
      expect(await archive.erase(ref)).toEqual({ events: 3, states: 1 });
      await gone(archive, ref);
      expect(await archive.erase(ref)).toEqual({ events: 0, states: 0 });
      expect(await archive.read(other, 0, 10)).toHaveLength(3);
    });

    test('writers that come late write nothing, also those that write at that moment', async () => {
      const { archive, reopen, fresh } = subject();
      const [ref, parent] = [fresh(), fresh()];
      const another = await reopen();
      await archive.write(parent, INFO, eventsAt(1, 2));
      const late = Array.from({ length: 20 }, (_, n) =>
        another.write(ref, INFO, eventsAt(n * 10 + 1, n * 10 + 9)),
      );
      await archive.erase(ref);
      await Promise.all(late);
      await archive.write(ref, INFO, eventsAt(1, 3));
      await archive.store(ref, stateAt(3, 10, 'closed'));
      await archive.copy(parent, ref, INFO, 2);
      await gone(archive, ref);
      await gone(another, ref);
    });

    test('tells the sessions of a tenant, and which were closed before', async () => {
      const { archive, fresh } = subject();
      const tenant = fresh().session;
      for (const [session, at] of [
        ['b', 200],
        ['a', 100],
        ['c', 300],
      ] as const) {
        const ref = { tenant, session };
        await archive.write(ref, INFO, eventsAt(1, 1));
        await archive.store(ref, stateAt(1, at, session === 'c' ? 'hibernated' : 'closed'));
      }
      expect(await archive.sessionsOf(tenant, '', 2)).toEqual(['a', 'b']);
      expect(await archive.sessionsOf(tenant, 'b', 2)).toEqual(['c']);
      expect(await archive.closedBefore(tenant, 400, 10)).toEqual(['a', 'b']);
      expect(await archive.closedBefore(tenant, 200, 10)).toEqual(['a']);
      // It was reopened: what it was closed with counts no longer.
      await archive.write({ tenant, session: 'a' }, INFO, eventsAt(2, 3));
      expect(await archive.closedBefore(tenant, 400, 10)).toEqual(['b']);
    });
  });
}
