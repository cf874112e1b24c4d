/**
 * Prints the tables of metrics (src/telemetry) into docs/metrics.md, between its two marks.
 *
 *     node scripts/metrics-docs.mjs
 *     node scripts/metrics-docs.mjs --check      exits with 1 if the document is stale
 *
 * Needs the project's own Node, which reads TypeScript.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { at } from './prepare.mjs';
import { METRICS } from '../src/telemetry/metrics.ts';
import { SDK_METRICS } from '../src/telemetry/sdk-metrics.ts';

const FILE = at('docs/metrics.md');
const [BEGIN, END] = ['<!-- metrics: begin -->', '<!-- metrics: end -->'];

const SECTIONS = {
  'Gateways and workers': ['gateway', 'worker'],
  Gateways: ['gateway'],
  Workers: ['worker'],
};

function lineOf([name, { kind, labels, help }]) {
  const by = labels.length === 0 ? '' : `, by ${labels.map((label) => `\`${label}\``).join(', ')}`;
  return `- \`${name}\` (${kind}${by}): ${help}`;
}

function tables() {
  const own = Object.entries(SECTIONS).map(([title, roles]) => {
    const members = Object.entries(METRICS).filter(([, metric]) => metric.roles.join() === roles.join());
    return `### ${title}\n\n${members.map(lineOf).join('\n')}`;
  });
  const sdk = Object.entries(SDK_METRICS).map(([name, help]) => `- \`${name}\`: ${help}`);
  return [...own, `### Temporal's own, in workers\n\n${sdk.join('\n')}`].join('\n\n');
}

const text = readFileSync(FILE, 'utf8');
const [before, after] = [text.split(BEGIN)[0], text.split(END)[1]];
const options = { ...(await resolveConfig(FILE)), filepath: FILE };
const printed = await format(`${before}${BEGIN}\n\n${tables()}\n\n${END}${after}`, options);
if (!process.argv.includes('--check')) writeFileSync(FILE, printed);
else if (printed !== text) {
  console.error('docs/metrics.md is stale: node scripts/metrics-docs.mjs');
  process.exit(1);
}
