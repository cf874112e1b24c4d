/** docs/metrics.md tells of the metrics that there are. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { METRICS } from '../../src/telemetry/index.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/metrics-docs.mjs', import.meta.url));

test('the list in the document is printed from the table', () => {
  expect(execFileSync(process.execPath, [SCRIPT, '--check'], { encoding: 'utf8' })).toBe('');
});

test.each(Object.entries(METRICS))('%s is named as Prometheus wants it', (name, { kind, labels, unit }) => {
  expect(name).toMatch(/^(convoke|process)_[a-z_]+$/);
  expect(name.endsWith('_total')).toBe(kind === 'counter');
  // A gauge of unit 1 that comes over OTLP is a ratio to Prometheus, and gets another name than one that is scraped.
  if (kind === 'gauge') expect(unit).not.toBe('1');
  expect(labels.filter((label) => /session|message|turn|key/.test(label))).toEqual([]);
});
