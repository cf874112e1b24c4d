/**
 * The long fault run: random kills, broken networks between all parts, and attacks under load; then the promises are checked.
 *
 *     npm run chaos -- --seconds 600
 *     npm run chaos -- --seconds 90 --seed 7     the faults of seed 7, in the same order
 */
import { parseArgs } from 'node:util';
import { JEST, NODE, prepare, run } from './prepare.mjs';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '300' }, seed: { type: 'string' } },
});
await prepare();
const args = [...JEST, '--selectProjects', 'chaos'];
const env = {
  ...process.env,
  CHAOS_SECONDS: values.seconds,
  CHAOS_LOSSES: '200',
  CHAOS_ROUNDS: '1000',
  CHAOS_STEP_SECONDS: '660',
  CHAOS_CLIENT_SECONDS: '120',
  ...(values.seed ? { CHAOS_SEED: values.seed } : {}),
};
process.exit(await run(NODE, args, { env }));
