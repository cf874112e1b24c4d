/** What a message does, for each policy and phase: PROTOCOL.md says the same. */
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { POLICIES } from '../../../src/contracts/index.ts';
import { interject, meaningOf, PHASES } from '../../../workflows/rules/interject.ts';

/** The table of PROTOCOL.md, as it is to be. */
function printed(): string[] {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rows = POLICIES.map((policy) => {
    const cells = PHASES.map((phase) => {
      const { does, receipt, code } = meaningOf(interject(policy, phase));
      return `${does}: \`${code ?? receipt}\``;
    });
    return row([`\`${policy}\``, ...cells]);
  });
  return [row(['policy', ...PHASES.map((phase) => `\`${phase}\``)]), ...rows];
}

/** The cells of a line of a table, however it is aligned. */
const cells = (line: string): string[] => line.split('|').map((cell) => cell.trim());

test('the table in PROTOCOL.md is the function', () => {
  const lines = readFileSync('PROTOCOL.md', 'utf8').split('\n').map(cells);
  const start = lines.findIndex((line) => line[1] === 'policy' && line[2] === '`idle`');
  const table = lines.slice(start, start + POLICIES.length + 2).filter((line) => !/^-+$/.test(line[1] ?? ''));
  expect(table).toEqual(printed().map(cells));
});

test('where nothing runs and nothing waits all policies are one, and a session that closes takes nothing', () => {
  for (const policy of POLICIES) {
    expect(interject(policy, 'idle')).toBe('starts');
    expect(interject(policy, 'closing')).toBe('closed');
  }
});
