import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isId, parseWorkflowId, sessionKey, workflowId } from '../../src/contracts/index.ts';

const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);

describe('ids', () => {
  test('one session, one key: no two sessions share theirs', () => {
    fc.assert(
      fc.property(id, id, id, id, (tenant, session, otherTenant, otherSession) => {
        const same = tenant === otherTenant && session === otherSession;
        expect(
          sessionKey({ tenant, session }) === sessionKey({ tenant: otherTenant, session: otherSession }),
        ).toBe(same);
      }),
    );
  });

  test('a workflow id leads back to its session', () => {
    fc.assert(
      fc.property(id, id, (tenant, session) => {
        expect(parseWorkflowId(workflowId({ tenant, session }))).toEqual({ tenant, session });
      }),
    );
  });

  test.each(['', 'a b', 'a:b', '{a}', 'a*', 'é', 'a'.repeat(65), 'a\n', 7, null, undefined, {}])(
    'refuses %p as an id',
    (value) => {
      expect(isId(value)).toBe(false);
    },
  );

  test.each(['session:a', 'session:a:b:c', 'other:a:b', 'session:a b:c', ''])(
    'refuses %p as a workflow id',
    (value) => {
      expect(parseWorkflowId(value)).toBeNull();
    },
  );
});
