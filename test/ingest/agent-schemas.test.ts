/** Agents, as requests may name and declare them; what is wrong is said with a pointer. */
import { describe, expect, test } from '@jest/globals';
import { isConvokeError, LIMITS } from '../../src/contracts/index.ts';
import { openSchema, validate } from '../../src/ingest/index.ts';

const agent = { name: 'a', runner: 'scripted' };

describe('agents', () => {
  const opened = (...agents: unknown[]): string => {
    validate(openSchema, { agents });
    return 'ok';
  };
  const model = { name: 'm', runner: 'model' };

  test('may be names of the configuration, may use it, may be declared', () => {
    expect(opened('billing', { name: 'b', use: 'billing', options: { a: 1 } }, model)).toBe('ok');
    expect(opened({ name: 'b', runner: 'configured' })).toBe('ok');
    expect(opened({ ...model, tools: ['pay'], approvals: { pay: 'always', see: { mayEdit: true } } })).toBe(
      'ok',
    );
    expect(opened({ ...model, tools: ['refund'], handoff: ['b'], output: { type: 'object' } }, 'b')).toBe(
      'ok',
    );
  });

  test.each<readonly [string, readonly unknown[], string]>([
    ['neither runner nor use', [{ name: 'a' }], '/agents/0/runner'],
    ['use and another runner', [{ name: 'a', use: 'b', runner: 'model' }], '/agents/0/runner'],
    [
      'instructions of a configured agent',
      [{ name: 'a', use: 'b', instructions: 'x' }],
      '/agents/0/instructions',
    ],
    ['a handoff to nobody', [{ ...model, handoff: ['b'] }], '/agents/0/handoff/0'],
    ['a task for itself', [{ ...model, delegates: ['m'] }], '/agents/0/delegates/0'],
    [
      'an approval of fewer than have to',
      [{ ...model, approvals: { pay: { approvers: { names: ['x'], count: 2 } } } }],
      '/agents/0/approvals/pay/approvers',
    ],
    ['another word for always', [{ ...model, approvals: { pay: 'sometimes' } }], '/agents/0/approvals/pay'],
    ['an approval of a configured agent', [{ name: 'a', use: 'b', approvals: {} }], '/agents/0/approvals'],
    ['two of a name', ['a', { ...agent }], '/agents'],
    ['a name with a space', ['a b'], '/agents/0'],
    ['a number', [7], '/agents/0'],
    ['a wrong field of one that is declared', [{ ...agent, quick: 'yes' }], '/agents/0/quick'],
    [
      'a pattern',
      [{ ...model, output: { properties: { a: { pattern: '(a+)+$' } } } }],
      '/agents/0/output/properties/a/pattern',
    ],
    ['a reference', [{ ...model, output: { anyOf: [{ $ref: '#' }] } }], '/agents/0/output/anyOf/0/$ref'],
    [
      'uniqueness',
      [{ ...model, output: { items: { uniqueItems: true } } }],
      '/agents/0/output/items/uniqueItems',
    ],
    ['no schema', [{ ...model, output: { type: 'objekt' } }], '/agents/0/output'],
    [
      'a long schema',
      [{ ...model, output: { title: 'x'.repeat(LIMITS.outputSchemaBytes) } }],
      '/agents/0/output',
    ],
  ])('%s is refused, and where is said', (_, agents, pointer) => {
    try {
      validate(openSchema, { agents });
    } catch (error) {
      expect(isConvokeError(error) && error.errors?.[0]?.pointer).toBe(pointer);
      return;
    }
    throw new Error('it was not refused');
  });

  test('a property may be called like a keyword, and a value may hold one', () => {
    const output = { properties: { pattern: { enum: ['$ref'] }, $ref: { const: { pattern: 'x' } } } };
    expect(opened({ ...model, output })).toBe('ok');
  });
});
