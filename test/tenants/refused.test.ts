/** Refusals in the audit log: by policy only, and few, however many there are. */
import { expect, test } from '@jest/globals';
import { ConvokeError, LIMITS } from '../../src/contracts/index.ts';
import { Refused } from '../../src/tenants/index.ts';

test('the first refusal of an actor with a code is told, and further ones are counted', () => {
  const told: object[] = [];
  const refused = new Refused({ note: (deed) => void told.push(deed) });
  const server = { tenant: 'acme', key: { id: 'k1', scopes: ['watch'] as const } };
  const other = { tenant: 'acme', key: { id: 'k2', scopes: ['watch'] as const } };
  for (let n = 0; n < 1_000; n += 1) refused.note(server, new ConvokeError('forbidden'), 'post /v1/sessions');
  refused.note(server, new ConvokeError('rate_limited'), 'send');
  refused.note(other, new ConvokeError('forbidden'), 'post /v1/sessions');
  // What is wrong with a request is no policy.
  for (const error of [
    new ConvokeError('invalid_request'),
    new ConvokeError('session_not_found'),
    new Error('x'),
  ])
    refused.note(server, error, 'send');
  const detail = { what: 'post /v1/sessions', before: 0 };
  expect(told).toEqual([
    { actor: 'key:k1', tenant: 'acme', action: 'request.refuse', target: 'forbidden', detail },
    {
      actor: 'key:k1',
      tenant: 'acme',
      action: 'request.refuse',
      target: 'rate_limited',
      detail: { what: 'send', before: 0 },
    },
    { actor: 'key:k2', tenant: 'acme', action: 'request.refuse', target: 'forbidden', detail },
  ]);
  // Bounded: the one that was told first is forgotten, and told again.
  for (let n = 0; n < LIMITS.refusedKnown; n += 1)
    refused.note({ tenant: `t${n}` }, new ConvokeError('forbidden'), 'send');
  refused.note(server, new ConvokeError('forbidden'), 'send');
  expect(told).toHaveLength(4 + LIMITS.refusedKnown);
});
