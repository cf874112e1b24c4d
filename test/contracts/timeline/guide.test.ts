import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { SPANS } from '../../../src/contracts/index.ts';

test('the guide has the table of stamps as it is', () => {
  const guide = readFileSync(new URL('../../../docs/timeline.md', import.meta.url), 'utf8').replace(
    / +/g,
    ' ',
  );
  for (const [name, { stage, kind, title, reason = '', stamps }] of Object.entries(SPANS))
    expect(guide).toContain(
      ['', `\`${name}\``, stage, kind, title, reason, stamps, ''].join(' | ').replace(/ +/g, ' ').trim(),
    );
});
