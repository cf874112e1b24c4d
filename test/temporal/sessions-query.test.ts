/** Lists of sessions: nothing of a stranger reaches a query, and only our own cursors are taken. */
import { expect, test } from '@jest/globals';
import { nextCursor, pageToken } from '../../src/temporal/pages.ts';
import { visibilityQuery } from '../../src/temporal/sessions-query.ts';

test('only ids and fixed words go into a query', () => {
  expect(visibilityQuery('acme', { team: 'sequence', status: 'open' })).toBe(
    "WorkflowType = 'session' AND ConvokeTenant = 'acme' AND ConvokeTeam = 'sequence' AND ExecutionStatus = 'Running'",
  );
  expect(() => visibilityQuery("a' OR '1'='1", {})).toThrow();
  expect(visibilityQuery('acme', { parent: 'first' })).toContain("ConvokeParent = 'first'");
  expect(() => visibilityQuery('acme', { parent: "a' OR '1'='1" })).toThrow();
  // A minute earlier: clocks differ.
  expect(visibilityQuery('acme', { createdAfter: 1_700_000_000_000 })).toContain(
    "StartTime >= '2023-11-14T22:12:20.000Z'",
  );
  expect(visibilityQuery('acme', { createdAfter: 0 })).toContain("StartTime >= '1970-01-01T00:00:00.000Z'");
});

test('a cursor is a page token again', () => {
  const token = Buffer.from('{"CloseTime":1}');
  expect(pageToken(nextCursor(token)!)).toEqual(token);
  expect(nextCursor(Buffer.alloc(0))).toBeNull();
});

test.each(['', '!', 'YQ==', 'bm9uZSBvZiBvdXJz', 'a'.repeat(9_000)])('cursor %j is refused', (cursor) => {
  expect(() => pageToken(cursor)).toThrow(expect.objectContaining({ code: 'invalid_cursor' }));
});
