/** Part of `log.suite.ts`: events, their order, their bounds. */
import { expect, test } from '@jest/globals';
import { START } from '../../src/contracts/index.ts';
import { all, create, created, everything, INFO, message, of, turnCompleted } from '../log/drafts.ts';
import type { LogQuery } from '../../src/log/index.ts';
import type { LogSubject } from './log.suite.ts';

const TEXTS: readonly (readonly [string, string])[] = [
  ['several scripts', 'Grüße, 你好, שלום, नमस्ते, e\u0301'],
  ['emoji beyond the basic plane', '👩‍👩‍👧‍👦 𝒳'],
  ['quotes, escapes and format signs', `'"\\ \\u0041 %d %1 %% ^$()[]*+-.? {{x}}`],
  ['line ends and controls', 'a\r\nb\u2028c\u2029\t\u0007\u007f'],
  ['a NUL', 'before\u0000after'],
  ['half a surrogate pair', 'cut \ud83d here'],
];

export function appendingSuite(subject: LogSubject): void {
  test('a session that nobody created has no log: reading finds nothing, writing answers lost', async () => {
    const { log } = subject;
    const ref = subject.fresh();
    expect(await log.read(ref, { limit: 10 })).toBeNull();
    expect(await log.append(ref, { known: START, drafts: [message('a')] })).toEqual({ status: 'lost' });
    expect(await log.append(ref, { known: { epoch: 5, seq: 0 }, drafts: [created()] })).toEqual({
      status: 'lost',
    });
    expect(await log.read(ref, { limit: 10 })).toBeNull();
  });

  test('the first append of a session creates its log, with its info, at seq 1', async () => {
    const ref = subject.fresh();
    const before = Date.now();
    const drafts = [created(), message('a')];
    const reply = of('ok', await subject.log.append(ref, { known: START, drafts }));
    expect(reply.placed).toEqual([
      { id: drafts[0]!.id, seq: 1 },
      { id: drafts[1]!.id, seq: 2 },
    ]);
    expect(reply.position.epoch).toBeGreaterThanOrEqual(before);
    const slice = await subject.log.read(ref, { limit: 10 });
    expect(slice).toEqual({
      position: { epoch: reply.position.epoch, seq: 2 },
      first: 1,
      info: INFO,
      events: drafts.map((draft, index) => ({ ...draft, seq: index + 1 })),
      open: [],
    });
  });

  test('creating twice keeps the first log', async () => {
    const ref = subject.fresh();
    const first = await create(subject.log, ref);
    const again = of(
      'ok',
      await subject.other.append(ref, { known: START, drafts: [created(), message('a')] }),
    );
    expect(again.position).toEqual({ epoch: first.epoch, seq: 2 });
    expect(again.placed[0]).toEqual({ id: created().id, seq: 1 });
  });

  test('seq is contiguous, and an id is there once, whatever overlaps in 50 appends at a time', async () => {
    const ref = subject.fresh();
    const known = await create(subject.log, ref);
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, writer) => {
        const drafts = [0, 1, 2, 3].map((part) => message(`m${writer + part * 3}`));
        return (writer % 2 ? subject.log : subject.other).append(ref, { known, drafts });
      }),
    );
    const events = await all(subject.log, ref);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events).toHaveLength(1 + 59);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    const seqOf = new Map(events.map(({ id, seq }) => [id, seq]));
    for (const reply of replies) {
      for (const { id, seq } of of('ok', reply).placed) expect(seq).toBe(seqOf.get(id));
    }
  });

  test('repeating an append changes nothing and gives the same answer', async () => {
    const ref = subject.fresh();
    const known = await create(subject.log, ref);
    const input = { known, drafts: [message('a'), turnCompleted(), message('b'), message('a')] };
    const first = await subject.log.append(ref, input);
    const after = await everything(subject.log, ref);
    expect(await subject.other.append(ref, input)).toEqual(first);
    expect(await everything(subject.log, ref)).toEqual(after);
  });

  test('an append without drafts tells the position', async () => {
    const ref = subject.fresh();
    const known = await create(subject.log, ref);
    const reply = await subject.log.append(ref, { known, drafts: [] });
    expect(reply).toEqual({ status: 'ok', position: known, placed: [], events: [] });
  });

  test('a writer that has seen more than the log holds is told so, and nothing is written', async () => {
    const ref = subject.fresh();
    const { epoch, seq } = await create(subject.log, ref);
    const before = await everything(subject.log, ref);
    for (const known of [
      { epoch, seq: seq + 1 },
      { epoch: epoch + 1, seq: 0 },
    ]) {
      const drafts = [message('a')];
      expect(await subject.log.append(ref, { known, drafts })).toEqual({ status: 'behind' });
    }
    expect(await everything(subject.log, ref)).toEqual(before);
    of(
      'ok',
      await subject.log.append(ref, { known: { epoch: epoch - 1, seq: 999 }, drafts: [message('a')] }),
    );
  });

  test.each(TEXTS)('keeps %s', async (_, text) => {
    const ref = subject.fresh();
    const known = await create(subject.log, ref);
    await subject.log.append(ref, { known, drafts: [message('a', text)] });
    expect((await all(subject.log, ref))[1]).toEqual({ ...message('a', text), seq: 2 });
  });

  test('reading: after a seq oldest first, without it the newest, never more than the limit', async () => {
    const ref = subject.fresh();
    const known = await create(subject.log, ref);
    const drafts = Array.from({ length: 20 }, (_, index) => message(`m${index}`));
    await subject.log.append(ref, { known, drafts });
    const seqs = async (query: LogQuery): Promise<number[]> => {
      const slice = await subject.log.read(ref, query);
      expect(slice).toMatchObject({ position: { epoch: known.epoch, seq: 21 }, first: 1 });
      return slice!.events.map(({ seq }) => seq);
    };
    expect(await seqs({ after: 0, limit: 3 })).toEqual([1, 2, 3]);
    expect(await seqs({ after: 19, limit: 3 })).toEqual([20, 21]);
    expect(await seqs({ after: 21, limit: 3 })).toEqual([]);
    expect(await seqs({ after: 999_999_999_999, limit: 3 })).toEqual([]);
    expect(await seqs({ after: 0, limit: 9, bytes: 1 })).toEqual([1]);
    const { seq: _seq, ...first } = (await subject.log.read(ref, { after: 1, limit: 1 }))!.events[0]!;
    const size = Buffer.byteLength(JSON.stringify(first));
    expect(await seqs({ after: 1, limit: 9, bytes: 2 * size })).toEqual([2, 3]);
    expect(await seqs({ after: 1, limit: 9, bytes: 2 * size + 1 })).toEqual([2, 3, 4]);
    expect(await seqs({ limit: 3, bytes: 1 })).toEqual([19, 20, 21]);
    expect(await seqs({ limit: 3 })).toEqual([19, 20, 21]);
    expect(await seqs({ limit: 0 })).toEqual([]);
    expect(await seqs({ after: 0, limit: 0 })).toEqual([]);
    const joined: number[] = [];
    for (let page = await seqs({ after: 0, limit: 4 }); page.length > 0;) {
      joined.push(...page);
      page = await seqs({ after: joined.at(-1)!, limit: 4 });
    }
    expect(joined).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
  });

  test('keeps the newest events within its bytes; the newest always; an id is known while its event is kept', async () => {
    const ref = subject.fresh();
    const small = subject.under.bounded(4_000);
    const known = await create(small, ref);
    for (let index = 0; index < 60; index += 1) {
      await small.append(ref, { known, drafts: [message(`m${index}`, 'x'.repeat(10 * index))] });
      const slice = (await small.read(ref, { after: 0, limit: 1_000 }))!;
      expect(slice.position.seq).toBe(index + 2);
      expect(slice.events.map(({ seq }) => seq)).toEqual(
        Array.from({ length: slice.position.seq - slice.first + 1 }, (_, offset) => slice.first + offset),
      );
      expect(Buffer.byteLength(JSON.stringify(slice.events))).toBeLessThan(6_000);
    }
    await small.append(ref, { known, drafts: [message('big', 'x'.repeat(10_000))] });
    const slice = (await small.read(ref, { limit: 10 }))!;
    expect(slice.first).toBe(62);
    expect(slice.events.map(({ id }) => id)).toEqual([message('big').id]);

    const again = of('ok', await small.append(ref, { known, drafts: [message('big'), message('m59')] }));
    expect(again.placed).toEqual([
      { id: message('big').id, seq: 62 },
      { id: message('m59').id, seq: 63 },
    ]);
  });

  test('heads: the positions of many sessions, null for those without a log', async () => {
    const refs = Array.from({ length: 200 }, () => subject.fresh());
    const known = await Promise.all(
      refs.map(async (ref, index) => (index % 3 ? create(subject.log, ref) : null)),
    );
    expect(await subject.other.heads(refs)).toEqual(known);
    expect(await subject.log.heads([])).toEqual([]);
  });

  test('look-alike sessions are apart', async () => {
    const refs = ['a-b', 'a_b', 'A-B', 'ab', 'a', 'meta', 'ch'].flatMap((id) => [
      { tenant: id, session: 'x' },
      { tenant: 'x', session: id },
    ]);
    for (const ref of refs) await create(subject.log, ref);
    for (const ref of refs) {
      const known = (await subject.log.heads([ref]))[0]!;
      await subject.log.append(ref, { known, drafts: [message(JSON.stringify(ref))] });
    }
    for (const ref of refs) {
      expect((await all(subject.log, ref)).map(({ id }) => id)).toEqual([
        created().id,
        message(JSON.stringify(ref)).id,
      ]);
    }
  });
}
