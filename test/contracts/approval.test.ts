/** What an approval binds to: the hash of what was shown, and who may decide. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  approvableData,
  approvalHash,
  canonicalJson,
  isVote,
  jsonBytes,
  LIMITS,
  mayDecide,
  termsOf,
  type JsonObject,
} from '../../src/contracts/index.ts';

const objects = fc.dictionary(fc.string(), fc.jsonValue()) as fc.Arbitrary<JsonObject>;

/** The same object, its keys in the opposite order, at every depth. */
function reversed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(reversed);
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, each]) => [key, reversed(each)]),
  );
}

describe('the hash of what is approved', () => {
  test('is SHA-256 over its canonical JSON, of any length and content', () => {
    fc.assert(
      fc.property(objects, fc.string({ unit: 'binary', maxLength: 200 }), (data, title) => {
        const approval = 't1.1.c1';
        const json = canonicalJson({ approval, title, data });
        expect(approvalHash(approval, { title, data })).toBe(createHash('sha256').update(json).digest('hex'));
        expect(jsonBytes({ title })).toBe(Buffer.byteLength(JSON.stringify({ title })));
      }),
    );
    for (const length of [0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 8_192]) {
      const title = 'x'.repeat(length);
      const json = canonicalJson({ approval: 't1.2', title });
      expect(approvalHash('t1.2', { title })).toBe(createHash('sha256').update(json).digest('hex'));
    }
  });

  test('is that of equal values whatever the order of their keys, and of no others', () => {
    fc.assert(
      fc.property(objects, objects, (one, other) => {
        const hash = (data: JsonObject): string => approvalHash('t1.1', { title: 'Pay', data });
        expect(hash(reversed(one) as JsonObject)).toBe(hash(one));
        expect(hash(one) === hash(other)).toBe(canonicalJson(one) === canonicalJson(other));
      }),
    );
    const refund = { title: 'Refund', tool: 'refund', data: { amount: 9 } };
    const hashes = [
      approvalHash('t1.1', refund),
      approvalHash('t1.2', refund),
      approvalHash('t1.1', { ...refund, tool: 'charge' }),
      approvalHash('t1.1', { ...refund, title: 'Gift' }),
      approvalHash('t1.1', { ...refund, text: 'Please.' }),
    ];
    expect(new Set(hashes).size).toBe(5);
  });
});

describe('a rule', () => {
  test('has defaults, and says what is wrong with it', () => {
    expect(termsOf({}, 'refund')).toEqual({
      ...{ title: 'refund', approvers: { count: 1 }, expiresMs: LIMITS.approvalMostMs },
      ...{ onExpiry: 'deny', mayEdit: false },
    });
    const wrong: unknown[] = [
      ...[null, 'sometimes', { title: '' }, { title: 'x'.repeat(201) }, { text: 5 }, { expiresMs: 0 }],
      ...[{ expiresMs: Infinity }, { onExpiry: 'shrug' }, { mayEdit: 1 }, { approvers: 'ana' }],
      ...[{ approvers: { names: [] } }, { approvers: { roles: [''] } }, { approvers: { count: 0 } }],
      ...[{ approvers: { count: 1.5 } }, { approvers: { names: ['ana', 'Ana '], count: 2 } }],
    ];
    for (const rule of wrong) expect(termsOf(rule, 'refund')).toEqual(expect.stringMatching(/.\.$/));
  });

  test('names people whatever the case of their names, and roles as they are', () => {
    const voter = (name: string, ...roles: string[]) => ({ name, roles });
    expect(mayDecide({}, voter('anybody'))).toBe(true);
    expect(mayDecide({ names: ['Ana'] }, voter('ana '))).toBe(true);
    expect(mayDecide({ names: ['Ana'] }, voter('bo', 'Ana'))).toBe(false);
    expect(mayDecide({ roles: ['lead'] }, voter('ana', 'lead'))).toBe(true);
    expect(mayDecide({ roles: ['lead'] }, voter('lead', 'Lead'))).toBe(false);
    expect(mayDecide({ names: ['Ana'], roles: ['lead'] }, voter('bo', 'lead'))).toBe(true);
  });
});

test('what is approved is an object of JSON within bounds', () => {
  expect(approvableData({ at: new Date(0), not: undefined })).toEqual({ at: '1970-01-01T00:00:00.000Z' });
  const loop: Record<string, unknown> = {};
  loop['loop'] = loop;
  let deep: unknown = {};
  for (let depth = 0; depth <= LIMITS.jsonDepth; depth += 1) deep = { deep };
  for (const value of [null, 'text', [1], () => 1, { text: 'ä'.repeat(5_000) }, loop, { n: 1n }, deep]) {
    expect(approvableData(value)).toBeUndefined();
  }
});

test('a vote of another shape does not reach the session', () => {
  const vote = { approval: 't1.1', vote: 'approve', hash: 'x', by: 'ana' };
  expect(isVote(vote)).toBe(true);
  expect(isVote({ ...vote, roles: ['lead'], reason: 'Fine.', data: { amount: 1 } })).toBe(true);
  for (const wrong of [
    ...[null, [], 'x', {}, { ...vote, vote: 'maybe' }, { ...vote, by: '' }, { ...vote, by: 5 }],
    ...[
      { ...vote, hash: undefined },
      { ...vote, approval: 1 },
      { ...vote, roles: 'lead' },
    ],
    ...[
      { ...vote, reason: 'x'.repeat(501) },
      { ...vote, data: [] },
      { ...vote, data: { x: 'x'.repeat(9_000) } },
    ],
  ])
    expect(isVote(wrong)).toBe(false);
});
