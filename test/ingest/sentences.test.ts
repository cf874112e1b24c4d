/** What is wrong with a request is said once, in words of our own, with what to send instead. */
import { describe, expect, test } from '@jest/globals';
import type { z } from 'zod';
import { isConvokeError, LIMITS } from '../../src/contracts/index.ts';
import { failureOf } from '../../src/cli/failure.ts';
import {
  cancelSchema,
  eventsQuerySchema,
  membersSchema,
  openSchema,
  sendSchema,
  validate,
  voteSchema,
} from '../../src/ingest/index.ts';
import { faultIn } from '../../src/ingest/json-schema.ts';

const agent = { name: 'a', runner: 'scripted' };
const message = { messageId: 'm', text: 'hi' };
const part = { type: 'text', text: 'x' };
const policies = 'queue, steer, interrupt, rollback, merge, latest, parallel, reject';

function refusal(schema: z.ZodType, value: unknown): unknown {
  try {
    validate<unknown>(schema, value);
  } catch (error) {
    if (isConvokeError(error)) return error;
    throw error;
  }
  return null;
}

const told = (schema: z.ZodType, value: unknown): string => (refusal(schema, value) as Error).message;

describe('a refused request', () => {
  test.each<readonly [string, z.ZodType, unknown, string]>([
    ['another kind', sendSchema, [], 'the request: it must be an object, not a list'],
    ['a number for text', sendSchema, { ...message, text: 5 }, '/text: it must be text, not a number'],
    ['null for text', sendSchema, { ...message, text: null }, '/text: it must be text, not null'],
    ['a fraction', sendSchema, { ...message, deliverAt: 1.5 }, '/deliverAt: it must be a whole number'],
    [
      'a word for a switch',
      openSchema,
      { agents: [{ ...agent, quick: 'yes' }] },
      '/agents/0/quick: it must be true or false, not text',
    ],
    [
      'an absent field',
      openSchema,
      { agents: [{ runner: 'scripted' }] },
      '/agents/0/name: it is missing; it must be text',
    ],
    ['empty text', sendSchema, { ...message, text: '' }, '/text: it must not be empty'],
    ['a sender of no letters', sendSchema, { ...message, from: '' }, '/from: it must not be empty'],
    [
      'a long text',
      sendSchema,
      { ...message, text: 'x'.repeat(LIMITS.messageChars + 1) },
      `/text: it must have at most ${LIMITS.messageChars} characters, and has ${LIMITS.messageChars + 1}`,
    ],
    [
      'a long list',
      sendSchema,
      { messageId: 'm', parts: Array(33).fill(part) },
      '/parts: it must have at most 32 entries, and has 33',
    ],
    ['a small number', openSchema, { limits: { steps: 0 } }, '/limits/steps: it must be at least 1'],
    ['a number on its bound', openSchema, { limits: { cost: 0 } }, '/limits/cost: it must be more than 0'],
    [
      'a wrong id',
      sendSchema,
      { ...message, messageId: 'a:b' },
      '/messageId: it must be 1 to 64 characters of A-Z a-z 0-9 _ -',
    ],
    ['another word', sendSchema, { ...message, policy: 'push' }, `/policy: it must be one of ${policies}`],
    ['the only other word', cancelSchema, { all: false }, '/all: it must be true'],
    [
      'an unknown field',
      sendSchema,
      { ...message, txt: 'x' },
      'the request: there is no field "txt" here; correct its name or leave it out',
    ],
    [
      'unknown fields',
      sendSchema,
      { ...message, a: 1, b: 2, c: 3, d: 4, e: 5 },
      'the request: there are no fields "a", "b", "c", "d" and 1 more here; correct their names or leave them out',
    ],
    ['one of several forms', membersSchema, { join: 5 }, '/join: it must be text or an object'],
    [
      'an absent one of several forms',
      openSchema,
      { summary: {} },
      '/summary/agent: it is missing; it must be text or an object',
    ],
    [
      'a form of another name',
      sendSchema,
      { messageId: 'm', parts: [{ type: 'image' }] },
      '/parts/0/type: it must be one of text, data, file',
    ],
    [
      'a fault in one of several forms',
      openSchema,
      { team: { name: 'x', opts: 1 } },
      '/team: there is no field "opts" here; correct its name or leave it out',
    ],
    ['no content', sendSchema, { messageId: 'm' }, 'the request: give either text or parts'],
    [
      'a NUL',
      sendSchema,
      { ...message, text: 'a\0b' },
      '/text: text must not contain NUL or half of a surrogate pair',
    ],
    ['nothing', sendSchema, undefined, 'the request: it is missing'],
    ['a query', eventsQuerySchema, { limit: 'x' }, '/limit: it must be a whole number'],
  ])('for %s says it in one sentence', (_, schema, value, sentence) => {
    const error = refusal(schema, value);
    expect(error).toMatchObject({ message: `Correct ${sentence}.`, errors: [expect.anything()] });
    expect(failureOf(error).message).toBe(`Correct ${sentence}.`);
  });

  test('for several faults tells each place once, at a terminal too', () => {
    const missing = 'it is missing; it must be';
    const error = refusal(voteSchema, {});
    expect(error).toMatchObject({
      errors: [
        { pointer: '/vote', message: `${missing} one of approve, deny` },
        { pointer: '/hash', message: `${missing} text` },
        { pointer: '/by', message: `${missing} text` },
      ],
    });
    expect(failureOf(error).message).toBe(
      `Correct /vote: ${missing} one of approve, deny. /hash: ${missing} text. /by: ${missing} text.`,
    );
  });

  test('with a field of any length is told in few words', () => {
    expect(told(sendSchema, { ...message, ['x'.repeat(5_000)]: 1 }).length).toBeLessThan(200);
  });
});

test.each([
  [{}, '', 'the field "currency" is missing'],
  [{ currency: 'DM' }, '/currency', 'it must be one of EUR, USD'],
  [{ currency: 'EUR', days: 'x' }, '/days', 'it must be a whole number'],
  [{ currency: 'EUR', days: 0 }, '/days', 'it must be >= 1'],
  [{ currency: 'EUR', colour: 1 }, '', 'there is no field "colour" here; correct its name or leave it out'],
])('options %j of an agent are refused in the same words', (options, pointer, message) => {
  const schema = {
    type: 'object',
    properties: { currency: { enum: ['EUR', 'USD'] }, days: { type: 'integer', minimum: 1 } },
    required: ['currency'],
    additionalProperties: false,
  };
  expect(faultIn(schema, options)).toEqual({ pointer, message });
});
