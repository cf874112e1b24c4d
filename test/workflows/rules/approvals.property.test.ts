/** Whatever is voted, in whatever order and over whatever runs: what is approved was shown to all who approved it, and they were enough. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { approvalHash, plainName, type JsonObject } from '../../../src/contracts/index.ts';
import { Approving, approvalAt, UNTIL } from './approving.ts';

const PEOPLE = ['ana', 'Ana', 'bo', 'cy', 'dan'];
const LEADS = new Set(['ana', 'bo', 'cy']);

type Act =
  | { readonly act: 'approve' | 'deny'; readonly by: string; readonly hash: number }
  | { readonly act: 'edit'; readonly by: string; readonly hash: number; readonly amount: number }
  | { readonly act: 'wait'; readonly ms: number }
  | { readonly act: 'again' }
  | { readonly act: 'cancel' }
  | { readonly act: 'close' };

const by = fc.constantFrom(...PEOPLE);
/** Of all hashes that anybody was shown so far, mostly the newest. */
const hash = fc.oneof({ weight: 4, arbitrary: fc.constant(-1) }, fc.integer({ min: -6, max: -1 }));
const acts: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ act: fc.constant('approve' as const), by, hash }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('deny' as const), by, hash }) },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant('edit' as const),
      by,
      hash,
      amount: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 200 }) }),
  },
  { weight: 2, arbitrary: fc.constant({ act: 'again' } as const) },
  { weight: 1, arbitrary: fc.constantFrom({ act: 'cancel' } as const, { act: 'close' } as const) },
);

const hashOf = (data: JsonObject): string => approvalHash('t1.1', { title: 'Refund', data });

test('no approval authorises other arguments than were shown; fewer distinct voters than the quorum approve nothing', () => {
  let approvedByVotes = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.boolean(),
      fc.constantFrom('deny' as const, 'approve' as const),
      fc.array(acts, { maxLength: 30 }),
      (count, mayEdit, onExpiry, plan) => {
        const first = { amount: 0 };
        const scene = new Approving(
          approvalAt('1', first, { approvers: { roles: ['lead'], count }, mayEdit, onExpiry }),
        );
        /** What was shown, oldest first; and who has named which of it in a vote that approves. */
        const shown: JsonObject[] = [first];
        const named = new Map<string, Set<string>>();
        for (const step of plan) {
          scene.now += 1;
          if (step.act === 'again') scene.continueAsNew();
          else if (step.act === 'cancel') scene.session.cancel('t1', scene.now);
          else if (step.act === 'close') scene.session.close('requested', scene.now);
          else if (step.act === 'wait') {
            scene.now += step.ms;
            scene.session.waits.wake(scene.now, false);
          } else {
            const seen = shown.at(Math.max(step.hash, -shown.length))!;
            const edit = step.act === 'edit' ? { amount: step.amount } : undefined;
            const roles = LEADS.has(plainName(step.by)) ? ['lead'] : ['staff'];
            const before = scene.open[0]?.hash;
            const reply = scene.vote(step.by, {
              ...{ vote: step.act === 'deny' ? 'deny' : 'approve', hash: hashOf(seen), roles },
              ...(edit ? { data: edit } : {}),
            });
            if (reply.status === 'refused' || !reply.counted) continue;
            expect(hashOf(seen)).toBe(before);
            expect(LEADS).toContain(plainName(step.by));
            if (step.act === 'deny') continue;
            // An edit makes earlier votes void.
            if (edit && hashOf(edit) !== before) {
              shown.push(edit);
              named.clear();
            }
            const voters = named.get(hashOf(edit ?? seen)) ?? new Set();
            named.set(hashOf(edit ?? seen), voters.add(plainName(step.by)));
          }
        }
        const [entry] = scene.entries;
        if (entry?.outcome !== 'approved') return;
        const authorised = hashOf(entry.decided?.data ?? first);
        const voted = entry.decided?.by ?? [];
        if (voted.length === 0) {
          expect([onExpiry, authorised]).toEqual(['approve', hashOf(first)]);
          expect(scene.now).toBeGreaterThanOrEqual(UNTIL);
          return;
        }
        approvedByVotes += 1;
        const distinct = new Set(voted.map(plainName));
        expect(distinct.size).toBeGreaterThanOrEqual(count);
        for (const name of distinct) expect(named.get(authorised)).toContain(name);
      },
    ),
    { numRuns: 400 },
  );
  expect(approvedByVotes).toBeGreaterThan(40);
});
