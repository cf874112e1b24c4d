/** What a message does, for each policy and phase: PROTOCOL.md says the same. */
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { POLICIES, type InterjectionPolicy } from '../../../src/contracts/index.ts';
import { interject, meaningOf, PHASES } from '../../../workflows/rules/interject.ts';

/** The table of PROTOCOL.md, as it is to be. */
function printed(): string[] {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rowOf = (policy: InterjectionPolicy, name: string, hasPlace: boolean): string => {
    const cells = PHASES.map((phase) => {
      const { does, receipt, code } = meaningOf(interject(policy, phase, hasPlace));
      return `${does}: \`${code ?? receipt}\``;
    });
    return row([name, ...cells]);
  };
  const rows = POLICIES.flatMap((policy) => {
    const differs = PHASES.some((phase) => interject(policy, phase) !== interject(policy, phase, false));
    const full = differs ? [rowOf(policy, `\`${policy}\`, no place free`, false)] : [];
    return [rowOf(policy, `\`${policy}\``, true), ...full];
  });
  return [row(['policy', ...PHASES.map((phase) => `\`${phase}\``)]), ...rows];
}

/** The cells of a line of a table, however it is aligned. */
const cells = (line: string): string[] => line.split('|').map((cell) => cell.trim());

test('the table in PROTOCOL.md is the function', () => {
  const lines = readFileSync('PROTOCOL.md', 'utf8').split('\n').map(cells);
  const start = lines.findIndex((line) => line[1] === 'policy' && line[2] === '`idle`');
  const wanted = printed().map(cells);
  const table = lines.slice(start, start + wanted.length + 1).filter((line) => !/^-+$/.test(line[1] ?? ''));
  expect(table).toEqual(wanted);
});

test('where nothing runs and nothing waits all policies are one, and a session that closes takes nothing', () => {
  for (const policy of POLICIES) {
    expect(interject(policy, 'idle')).toBe('starts');
    expect(interject(policy, 'closing')).toBe('closed');
  }
});
