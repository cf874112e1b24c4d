/** Whose feedback it is. */
import { expect, test } from '@jest/globals';
import { feedbackMessage } from '../../src/ingest/feedback.ts';
import type { Principal } from '../../src/tenants/index.ts';

const ref = { tenant: 'dev', session: 's' };
const key: Principal = { tenant: 'dev' };

function holderOf(subject: string): Principal {
  const grant = { subject, sessions: ['*'], scopes: ['send'] as const, roles: [], id: 'j', issuedAt: 0 };
  return { tenant: 'dev', grant: { ...grant, expiresAt: Date.now() + 60_000 } };
}

const byOf = (principal: Principal, from?: string): string =>
  feedbackMessage(principal, ref, {
    body: { turn: 't1', thumb: 'up', ...(from !== undefined && { from }) },
    key: undefined,
  }).feedback.by;

test.each(['scorer:helpful', 'Scorer:helpful', ' scorer:', 'application', 'Application '])(
  'a person does not give it in the name of %j, and a key may',
  (name) => {
    expect(() => byOf(holderOf(name))).toThrow(expect.objectContaining({ code: 'forbidden' }));
    expect(byOf(key, name)).toBe(name);
  },
);

test('a person gives it as the subject of the token, whatever the request says', () => {
  expect(byOf(holderOf('ana'), 'scorer:helpful')).toBe('ana');
  expect(byOf(holderOf('scorers'))).toBe('scorers');
  expect(byOf(holderOf('applicant'))).toBe('applicant');
});
