/** What a command says when it is refused: what happened, and what to do at a terminal. */
import { expect, test } from '@jest/globals';
import { asOperator, failureOf } from '../../src/cli/failure.ts';
import { storeFiles } from '../../src/cli/files.ts';
import { ConvokeError } from '../../src/contracts/index.ts';

test.each([
  ['tenant_exists', 'npx convoke tenants set'],
  ['tenant_not_found', 'npx convoke tenants'],
  ['key_not_found', 'npx convoke keys'],
] as const)('%s says which command helps', (code, command) => {
  expect(failureOf(new ConvokeError(code)).message).toContain(command);
});

test('a key that is not valid is put right where the command has it from', () => {
  const wrong = new ConvokeError('unauthorized');
  expect(failureOf(wrong).message).toMatch(/Set CONVOKE_KEY /);
  expect(failureOf(asOperator(wrong)).code).toBe('unauthorized');
  expect(failureOf(asOperator(wrong)).message).toMatch(/Set CONVOKE_OPERATOR_KEY /);
  expect(failureOf(asOperator(wrong)).message).not.toContain('CONVOKE_KEY');
});

test('a file that is not there is named', async () => {
  await expect(storeFiles('hello', ['/nowhere/chart.png'])).rejects.toMatchObject({
    code: 'file_unreadable',
    message: 'The file /nowhere/chart.png cannot be read: check the path.',
  });
});
