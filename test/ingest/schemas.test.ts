/** Bad input, as the edge meets it: every fault has a stable code, and nothing but a ConvokeError ever comes out. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { isConvokeError, LIMITS } from '../../src/contracts/index.ts';
import {
  auditQuerySchema,
  subscribeSchema,
  cancelSchema,
  eventsQuerySchema,
  openSchema,
  placeOf,
  positionOf,
  sendSchema,
  sessionsQuerySchema,
  validate,
  voteSchema,
} from '../../src/ingest/index.ts';
import { codeOf } from './codes.ts';

const schemas = { open: openSchema, send: sendSchema, cancel: cancelSchema, vote: voteSchema };
type SchemaName = keyof typeof schemas;

const nested = (depth: number): string => '{"data":'.repeat(depth) + '1' + '}'.repeat(depth);
const agent = { name: 'a', runner: 'scripted' };
const message = { messageId: 'm', text: 'hi' };
const parts = [{ type: 'text', text: 'a' }];
const vote = { vote: 'deny', hash: '0'.repeat(64) };
const withAgent = (more: object): string => JSON.stringify({ agents: [{ ...agent, ...more }] });

describe('bad input', () => {
  const cases: readonly (readonly [string, SchemaName, string, string])[] = [
    ['wrong type', 'open', '[]', 'invalid_request'],
    ['null', 'open', 'null', 'invalid_request'],
    ['a string', 'send', '"x"', 'invalid_request'],
    ['missing field', 'send', '{}', 'invalid_request'],
    ['extra field', 'send', JSON.stringify({ ...message, admin: true }), 'invalid_request'],
    ['text and parts', 'send', JSON.stringify({ ...message, parts }), 'invalid_request'],
    ['a sender of two lines', 'send', JSON.stringify({ ...message, from: 'a\nb' }), 'invalid_request'],
    ['a sender backwards', 'send', JSON.stringify({ ...message, from: 'a\u202eb' }), 'invalid_request'],
    ['a blank sender', 'send', JSON.stringify({ ...message, from: ' \t ' }), 'invalid_request'],
    ['a blank voter', 'vote', JSON.stringify({ ...vote, by: ' ' }), 'invalid_request'],
    ['empty text', 'send', JSON.stringify({ messageId: 'm', text: '' }), 'invalid_request'],
    ['empty parts', 'send', JSON.stringify({ messageId: 'm', parts: [] }), 'invalid_request'],
    [
      'long text',
      'send',
      JSON.stringify({ messageId: 'm', text: 'x'.repeat(LIMITS.messageChars + 1) }),
      'invalid_request',
    ],
    [
      'long parts together',
      'send',
      JSON.stringify({
        messageId: 'm',
        parts: [1, 2].map(() => ({ type: 'text', text: 'x'.repeat(LIMITS.messageChars / 2 + 1) })),
      }),
      'invalid_request',
    ],
    ['id with a colon', 'send', JSON.stringify({ messageId: 'a:b', text: 'x' }), 'invalid_request'],
    ['id with a line break', 'send', JSON.stringify({ messageId: 'a\n', text: 'x' }), 'invalid_request'],
    ['long id', 'open', JSON.stringify({ id: 'x'.repeat(65) }), 'invalid_request'],
    ['empty id', 'open', '{"id":""}', 'invalid_request'],
    ['an id that is not ASCII', 'open', '{"id":"é"}', 'invalid_request'],
    ['a channel that is no id', 'send', JSON.stringify({ ...message, channel: 'a b' }), 'invalid_request'],
    ['a direct message to nobody', 'send', JSON.stringify({ ...message, to: [] }), 'invalid_request'],
    ['one to a blank', 'send', JSON.stringify({ ...message, to: [' '] }), 'invalid_request'],
    [
      'one to too many',
      'send',
      JSON.stringify({ ...message, to: Array.from({ length: LIMITS.recipients + 1 }, () => 'a') }),
      'invalid_request',
    ],
    ['unknown policy', 'send', JSON.stringify({ ...message, policy: 'push' }), 'invalid_request'],
    ['too deep', 'open', `{"metadata":${nested(LIMITS.jsonDepth)}}`, 'too_deep'],
    ['far too deep', 'open', nested(8_000), 'too_deep'],
    ['of too many values', 'open', `{"metadata":{"a":[${'0,'.repeat(LIMITS.jsonValues)}0]}}`, 'too_large'],
    [
      'of too many keys',
      'open',
      `{"metadata":{${Array.from({ length: LIMITS.jsonValues }, (_, n) => `"k${n}":0`).join()}}}`,
      'too_large',
    ],
    ['__proto__', 'open', '{"metadata":{"__proto__":{"admin":true}}}', 'invalid_request'],
    ['constructor', 'open', '{"metadata":{"a":{"constructor":1}}}', 'invalid_request'],
    [
      'prototype in a part',
      'send',
      '{"messageId":"m","parts":[{"type":"data","data":{"prototype":1}}]}',
      'invalid_request',
    ],
    ['infinite number', 'open', '{"metadata":{"n":1e999}}', 'invalid_request'],
    ['huge number', 'open', '{"metadata":{"n":9007199254740993}}', 'invalid_request'],
    ['long step', 'open', withAgent({ timeoutMs: LIMITS.stepTimeoutMostMs + 1 }), 'invalid_request'],
    ['long silence', 'open', withAgent({ idleMs: LIMITS.stepTimeoutMostMs + 1 }), 'invalid_request'],
    ['long first token', 'open', withAgent({ firstMs: LIMITS.stepTimeoutMostMs + 1 }), 'invalid_request'],
    ['hot model', 'open', withAgent({ temperature: 2.1 }), 'invalid_request'],
    ['unknown effort', 'open', withAgent({ reasoningEffort: 'huge' }), 'invalid_request'],
    ['provider that is no name', 'open', withAgent({ provider: 'http://x' }), 'invalid_request'],
    ['large options', 'open', withAgent({ options: { a: 'x'.repeat(8_192) } }), 'invalid_request'],
    ['huge field', 'open', withAgent({ timeoutMs: 1e15 }), 'invalid_request'],
    ['fraction', 'open', withAgent({ maxAttempts: 1.5 }), 'invalid_request'],
    ['NUL', 'send', JSON.stringify({ messageId: 'm', text: 'a\0b' }), 'invalid_request'],
    ['lone surrogate', 'send', '{"messageId":"m","text":"a\\ud800"}', 'invalid_request'],
    ['lone surrogate in a key', 'open', '{"metadata":{"\\udc00":1}}', 'invalid_request'],
    ['no agents', 'open', '{"agents":[]}', 'invalid_request'],
    [
      'too many agents',
      'open',
      JSON.stringify({ agents: Array.from({ length: 17 }, (_, i) => ({ ...agent, name: `a${i}` })) }),
      'invalid_request',
    ],
    ['two agents of one name', 'open', JSON.stringify({ agents: [agent, agent] }), 'invalid_request'],
    [
      'unknown runner',
      'open',
      JSON.stringify({ agents: [{ ...agent, runner: 'shell' }] }),
      'invalid_request',
    ],
    [
      'a quick model',
      'open',
      JSON.stringify({ agents: [{ name: 'a', runner: 'model', quick: true }] }),
      'invalid_request',
    ],
    [
      'say and tokens',
      'open',
      JSON.stringify({ agents: [{ ...agent, script: { say: 'a', tokens: 1 } }] }),
      'invalid_request',
    ],
    [
      'unknown fault',
      'open',
      JSON.stringify({ agents: [{ ...agent, script: { faults: [{ afterTokens: 0, kind: 'x' }] } }] }),
      'invalid_request',
    ],
    [
      'large metadata',
      'open',
      JSON.stringify({ metadata: { a: 'x'.repeat(LIMITS.metadataBytes) } }),
      'invalid_request',
    ],
    ['wrong turn', 'cancel', '{"turn":"t0"}', 'invalid_request'],
    ['turn as number', 'cancel', '{"turn":1}', 'invalid_request'],
  ];
  test.each(cases)('%s', (_name, schema, body, code) => {
    expect(codeOf(() => validate<unknown>(schemas[schema], JSON.parse(body)))).toBe(code);
  });

  test('a problem says where, in few words', () => {
    try {
      validate<unknown>(openSchema, { agents: [{ ...agent, ['x'.repeat(5_000)]: 1 }] });
      throw new Error('should have been refused');
    } catch (error) {
      if (!isConvokeError(error)) throw error;
      expect(error.errors?.[0]?.pointer).toBe('/agents/0');
      expect(error.message.length).toBeLessThan(400);
    }
  });

  test('binary data is refused, however deep', () => {
    const value = {
      session: 's',
      messageId: 'm',
      parts: [{ type: 'data', data: { file: Buffer.from('x') } }],
    };
    expect(codeOf(() => validate(sendSchema, value))).toBe('invalid_request');
  });

  test('a socket cursor has its own code', () => {
    expect(codeOf(() => validate(subscribeSchema, { session: 's', cursor: { epoch: -1, seq: 0 } }))).toBe(
      'invalid_cursor',
    );
    expect(codeOf(() => validate(subscribeSchema, { session: 's', cursor: '1:2' }))).toBe('invalid_cursor');
    expect(
      codeOf(() =>
        validate(subscribeSchema, {
          session: 's',
          cursor: { epoch: 1, seq: 2, open: { 't1.1': { attempt: 1, offset: 3 } } },
        }),
      ),
    ).toBe('ok');
  });

  test.each(['', 'x', '1:', ':1', '-1', '1:2:3', '1e3', '9'.repeat(40), '1:-2', ' 1:2'])(
    'cursor %j',
    (text) => {
      expect(codeOf(() => placeOf(text))).toBe('invalid_cursor');
    },
  );

  test('cursors', () => {
    expect(placeOf('12')).toBe(12);
    expect(placeOf('5:12')).toEqual({ epoch: 5, seq: 12 });
    expect(codeOf(() => positionOf('12'))).toBe('invalid_cursor');
  });

  test('queries', () => {
    expect(validate(eventsQuerySchema, {})).toEqual({ after: '0', limit: 100 });
    expect(validate(eventsQuerySchema, { limit: '500' }).limit).toBe(500);
    for (const limit of ['0', '501', '-1', '1e2', '', ['1', '2']]) {
      expect(codeOf(() => validate<unknown>(eventsQuerySchema, { limit }))).toBe('invalid_request');
    }
    expect(codeOf(() => validate<unknown>(sessionsQuerySchema, { status: "open' OR '1'='1" }))).toBe(
      'invalid_request',
    );
    expect(codeOf(() => validate<unknown>(sessionsQuerySchema, { where: 'x' }))).toBe('invalid_request');
  });
});

describe('good input', () => {
  test('a full open request comes out as it went in', () => {
    const request = {
      id: 'support-1',
      team: 'sequence',
      agents: [
        {
          name: 'a',
          runner: 'scripted',
          quick: true,
          script: { tokens: 3, paceMs: 1, faults: [{ attempt: 1, afterTokens: 0, kind: 'throw' }] },
        },
        {
          name: 'b',
          runner: 'model',
          model: 'm/x:y',
          instructions: 'Be brief.',
          ...{ provider: 'groq', temperature: 0.5, topP: 1, seed: -7, stop: ['END'], maxTokens: 50 },
          ...{ reasoningEffort: 'low', contextTokens: 8_192, options: { a: [1] } },
          ...{ maxAttempts: 3, timeoutMs: LIMITS.stepTimeoutMostMs, firstMs: 2_000, idleMs: 500 },
        },
      ],
      metadata: { a: [1, null, { b: 'ü 😀' }] },
    };
    expect(validate<unknown>(openSchema, request)).toEqual(request);
  });

  test('everything may be absent when opening', () => {
    expect(validate<unknown>(openSchema, {})).toEqual({});
  });
});

test.each([
  ['policy', 'queue'],
  ['answers', 't1.1'],
  ['deliverAt', 1],
])('a message that no agent answers has no %s: it is told where', (name, value) => {
  for (const given of [{ channel: 'orders' }, { to: ['Bob'] }]) {
    const errors = [{ pointer: `/${name}`, message: expect.stringContaining('leave it out') }];
    const refused = expect.objectContaining({ code: 'invalid_request', errors });
    expect(() => validate(sendSchema, { ...message, ...given, [name]: value })).toThrow(refused);
    expect(validate(sendSchema, { ...message, ...given })).toMatchObject(given);
  }
});

test('the audit log is asked for each action that there is', () => {
  const guide = readFileSync(new URL('../../docs/tenants.md', import.meta.url), 'utf8');
  const told = /Actions are (.*?) where a gateway/s.exec(guide)?.[1] ?? '';
  const actions = [...told.matchAll(/`([^`]+)`/g)].map(([, action]) => action);
  expect(actions.length).toBeGreaterThan(15);
  for (const action of actions) expect(validate(auditQuerySchema, { action })).toEqual({ action });
});
