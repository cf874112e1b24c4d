/** What every archive promises (src/archive/archive.ts), run against real databases. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SharedArchive } from '../../src/archive/index.ts';
import type { LoggedEvent, SessionRef } from '../../src/contracts/index.ts';
import { erasingSuite } from './archive-erasing.suite.ts';
import { statesSuite } from './archive-states.suite.ts';
import { eventAt, eventsAt, INFO } from '../archive/events.ts';

export interface ArchiveUnderTest {
  readonly archive: SharedArchive;
  /** Opens the same storage once more, as another process or a later start would. */
  reopen(): Promise<SharedArchive>;
  /** Closes what `open` and `reopen` opened and removes the storage. */
  cleanup(): Promise<void>;
}

const ALL = 1_000;
const seqs = (events: readonly LoggedEvent[]): number[] => events.map((event) => event.seq);

export function archiveSuite(name: string, open: () => Promise<ArchiveUnderTest>): void {
  describe(`archive on ${name}`, () => {
    let subject: ArchiveUnderTest;
    let archive: SharedArchive;
    let sessions = 0;
    /** A session that no other test has touched. */
    const fresh = (): SessionRef => ({ tenant: 'acme', session: `s${++sessions}` });

    beforeAll(async () => {
      subject = await open();
      archive = subject.archive;
    });
    afterAll(() => subject.cleanup());

    statesSuite(() => ({ ...subject, fresh }));
    erasingSuite(() => ({ archive: subject.archive, reopen: () => subject.reopen(), fresh }));

    describe('writing', () => {
      test('an unknown session has no events and no info', async () => {
        const ref = fresh();
        expect(await archive.session(ref)).toBeNull();
        expect(await archive.read(ref, 0, ALL)).toEqual([]);
        expect(await archive.readTail(ref, ALL, ALL)).toEqual([]);
      });

      test('a place is a tenant and a session, whatever else the object holds', async () => {
        const ref = { ...fresh(), more: () => 1 };
        await archive.write(ref, INFO, eventsAt(1, 2));
        expect(seqs(await archive.read(ref, 0, ALL))).toEqual([1, 2]);
        expect(await archive.session(ref)).toMatchObject({ lastSeq: 2 });
      });

      test('a session without events has its info and the last seq 0', async () => {
        const ref = fresh();
        await archive.write(ref, INFO, []);
        expect(await archive.session(ref)).toEqual({ info: INFO, lastSeq: 0 });
      });

      test('events come back as they were, with the info and the highest seq', async () => {
        const ref = fresh();
        await archive.write(ref, INFO, eventsAt(1, 3));
        await archive.write(ref, INFO, eventsAt(4, 5));
        expect(await archive.read(ref, 0, ALL)).toEqual(eventsAt(1, 5));
        expect(await archive.session(ref)).toEqual({ info: INFO, lastSeq: 5 });
      });

      test('writing again changes nothing: the first event at a seq stays, and so does the first info', async () => {
        const ref = fresh();
        await archive.write(ref, INFO, eventsAt(1, 3));
        await archive.write(ref, { ...INFO, metadata: { plan: 'free' } }, eventsAt(2, 5, 'another text'));
        expect(await archive.read(ref, 0, ALL)).toEqual([
          ...eventsAt(1, 3),
          ...eventsAt(4, 5, 'another text'),
        ]);
        expect(await archive.session(ref)).toEqual({ info: INFO, lastSeq: 5 });
      });

      test('a copy has the events up to a seq and an info of its own; copying again changes nothing', async () => {
        const [from, to] = [fresh(), fresh()];
        const info = { ...INFO, parent: { session: from.session, seq: 3 } };
        await archive.write(from, INFO, eventsAt(1, 5));
        await archive.copy(from, to, info, 3);
        await archive.write(to, info, eventsAt(4, 4, 'its own'));
        await archive.copy(from, to, INFO, 5);
        expect(await archive.read(to, 0, ALL)).toEqual([
          ...eventsAt(1, 3),
          ...eventsAt(4, 4, 'its own'),
          ...eventsAt(5, 5),
        ]);
        expect(await archive.session(to)).toEqual({ info, lastSeq: 5 });
        expect(await archive.read(from, 0, ALL)).toEqual(eventsAt(1, 5));
      });

      test('events are found by what they contain, the newest first', async () => {
        const ref = fresh();
        const odd = '100 % "_" \\ of it';
        await archive.write(ref, INFO, [...eventsAt(1, 2, odd), ...eventsAt(3, 4), eventAt(5, odd)]);
        const text = JSON.stringify(odd);
        expect(seqs(await archive.find(ref, text, ALL))).toEqual([5, 2, 1]);
        expect(seqs(await archive.find(ref, text, 4))).toEqual([2, 1]);
        expect(await archive.find(fresh(), text, ALL)).toEqual([]);
        await archive.write(ref, INFO, eventsAt(6, 40, odd));
        expect(seqs(await archive.find(ref, text, ALL))).toHaveLength(16);
      });

      test('a copy of nothing has its info', async () => {
        const to = fresh();
        await archive.copy(fresh(), to, INFO, 3);
        expect(await archive.session(to)).toEqual({ info: INFO, lastSeq: 0 });
      });

      test.each([
        ['no whole number', 3.5],
        ['no number', Number.NaN],
        ['before the first', 0],
      ])('is atomic: with an event whose seq is %s, none is stored, nor the info', async (_, seq) => {
        const ref = fresh();
        await expect(archive.write(ref, INFO, [...eventsAt(1, 2), { ...eventAt(3), seq }])).rejects.toThrow();
        expect(await archive.session(ref)).toBeNull();
        expect(await archive.read(ref, 0, ALL)).toEqual([]);
        await archive.write(ref, INFO, eventsAt(1, 3));
        await expect(archive.write(ref, INFO, [...eventsAt(4, 5), { ...eventAt(6), seq }])).rejects.toThrow();
        expect(await archive.read(ref, 0, ALL)).toEqual(eventsAt(1, 3));
      });

      test('is atomic: with an event that is no JSON, none is stored', async () => {
        const ref = fresh();
        const circular: Record<string, unknown> = {};
        circular['self'] = circular;
        const broken = { ...eventAt(3), data: circular } as unknown as LoggedEvent; // safety: wrong on purpose.
        await expect(archive.write(ref, INFO, [...eventsAt(1, 2), broken])).rejects.toThrow();
        expect(await archive.session(ref)).toBeNull();
      });
    });

    describe('reading', () => {
      test('is in order of seq, whatever the order of writing', async () => {
        const ref = fresh();
        await archive.write(ref, INFO, eventsAt(8, 12));
        await archive.write(ref, INFO, eventsAt(98, 101));
        await archive.write(ref, INFO, eventsAt(1, 3));
        const expected = [1, 2, 3, 8, 9, 10, 11, 12, 98, 99, 100, 101];
        expect(seqs(await archive.read(ref, 0, ALL))).toEqual(expected);
        expect(seqs(await archive.readTail(ref, ALL, ALL))).toEqual(expected);
      });

      test('pages join without a gap or an overlap, whatever their size', async () => {
        const ref = fresh();
        const all = eventsAt(1, 23);
        await archive.write(ref, INFO, all);
        for (const limit of [1, 2, 7, 22, 23, 24]) {
          const joined: LoggedEvent[] = [];
          for (;;) {
            const page = await archive.read(ref, joined.at(-1)?.seq ?? 0, limit);
            expect(page.length).toBeLessThanOrEqual(limit);
            if (page.length === 0) break;
            joined.push(...page);
          }
          expect(joined).toEqual(all);
        }
      });

      test('starts after the given seq and stops at the limit', async () => {
        const ref = fresh();
        await archive.write(ref, INFO, eventsAt(1, 10));
        expect(seqs(await archive.read(ref, 4, 3))).toEqual([5, 6, 7]);
        expect(seqs(await archive.read(ref, 9, 3))).toEqual([10]);
        expect(await archive.read(ref, 10, 3)).toEqual([]);
        expect(await archive.read(ref, 0, 0)).toEqual([]);
      });

      test('the tail is the newest up to the given seq, oldest first', async () => {
        const ref = fresh();
        await archive.write(ref, INFO, eventsAt(1, 10));
        expect(seqs(await archive.readTail(ref, 10, 3))).toEqual([8, 9, 10]);
        expect(seqs(await archive.readTail(ref, 7, 3))).toEqual([5, 6, 7]);
        expect(seqs(await archive.readTail(ref, Number.MAX_SAFE_INTEGER, 2))).toEqual([9, 10]);
        expect(seqs(await archive.readTail(ref, 2, 3))).toEqual([1, 2]);
        expect(await archive.readTail(ref, 0, 3)).toEqual([]);
        expect(await archive.readTail(ref, 10, 0)).toEqual([]);
      });

      test('keeps look-alike tenants and sessions apart', async () => {
        const refs: SessionRef[] = [
          ['look', 'a-b'],
          ['look-a', 'b'],
          ['look', 'a_b'],
          ['look', 'aXb'],
          ['look', 'A-B'],
          ['Look', 'a-b'],
          ['look', 'a-b1'],
          ['a-b', 'look'],
          ['lo', 'oka-b'],
          ['1', '01'],
          ['01', '1'],
        ].map(([tenant = '', session = '']) => ({ tenant, session }));
        const textOf = (ref: SessionRef): string => JSON.stringify(ref);
        for (const [index, ref] of refs.entries()) {
          await archive.write(ref, { ...INFO, createdAt: index }, eventsAt(1, index + 1, textOf(ref)));
        }
        for (const [index, ref] of refs.entries()) {
          const own = eventsAt(1, index + 1, textOf(ref));
          expect(await archive.read(ref, 0, ALL)).toEqual(own);
          expect(await archive.readTail(ref, ALL, ALL)).toEqual(own);
          expect(await archive.session(ref)).toEqual({
            info: { ...INFO, createdAt: index },
            lastSeq: own.length,
          });
        }
      });
    });

    describe('text', () => {
      test.each([
        ['many scripts', 'Grüße, 你好, שלום, नमस्ते, e\u0301 is not é'],
        ['emoji beyond the basic plane', '👩‍👩‍👧‍👦 🏳️‍🌈 𝒳'],
        ['quotes and escapes', `'; DROP TABLE convoke_event; -- "\\" \\u0041 $1 ? {}`],
        ['line ends and controls', 'a\r\nb\u2028c\t\u0007\u007f'],
        ['a NUL', 'before\u0000after'],
        ['half a surrogate pair', 'cut \ud83d here'],
        ['nothing', ''],
      ])('%s is kept', async (_, text) => {
        const ref = fresh();
        await archive.write(ref, { ...INFO, metadata: { text, [`key ${text}`]: 1 } }, [eventAt(1, text)]);
        expect(await archive.read(ref, 0, ALL)).toEqual([eventAt(1, text)]);
        expect((await archive.session(ref))?.info.metadata).toEqual({ text, [`key ${text}`]: 1 });
      });

      test('128 KiB in each of several events is kept', async () => {
        const ref = fresh();
        const text = 'ä🙂'.repeat(131_072 / 6);
        await archive.write(ref, INFO, eventsAt(1, 8, text));
        expect(await archive.read(ref, 0, ALL)).toEqual(eventsAt(1, 8, text));
      });
    });

    describe('several users of one storage', () => {
      test('concurrent writers of the same events all succeed, and each event is there once', async () => {
        const ref = fresh();
        const other = await subject.reopen();
        const writers = Array.from({ length: 8 }, (_, index) => ({
          to: index % 2 === 0 ? archive : other,
          events: eventsAt(1 + index, 40 + index, `writer ${index}`),
        }));
        await Promise.all(writers.map(({ to, events }) => to.write(ref, INFO, events)));
        const stored = await archive.read(ref, 0, ALL);
        expect(seqs(stored)).toEqual(seqs(eventsAt(1, 47)));
        for (const event of stored) {
          expect(
            writers.some(({ events }) => events.some((one) => JSON.stringify(one) === JSON.stringify(event))),
          ).toBe(true);
        }
        expect(await other.read(ref, 0, ALL)).toEqual(stored);
      });

      test('what one wrote, another reads, also after the writer has gone', async () => {
        const ref = fresh();
        const writer = await subject.reopen();
        await writer.write(ref, INFO, eventsAt(1, 5));
        expect(await archive.read(ref, 0, ALL)).toEqual(eventsAt(1, 5));
        await writer.close();
        const later = await subject.reopen();
        expect(await later.read(ref, 0, ALL)).toEqual(eventsAt(1, 5));
        expect(await later.session(ref)).toEqual({ info: INFO, lastSeq: 5 });
      });

      test('a closed archive rejects calls, and closing twice is harmless', async () => {
        const ref = fresh();
        const closed = await subject.reopen();
        await closed.close();
        await closed.close();
        await expect(closed.write(ref, INFO, eventsAt(1, 1))).rejects.toThrow();
        await expect(closed.read(ref, 0, 1)).rejects.toThrow();
        await expect(closed.session(ref)).rejects.toThrow();
        expect(await archive.session(ref)).toBeNull();
      });
    });
  });
}
