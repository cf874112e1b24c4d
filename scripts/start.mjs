/**
 * `npm start`: from a fresh clone to a running stack. Installs and builds what is missing or old, then runs `convoke dev` with its options.
 *
 *     npm start
 *     npm start -- --gateways 2 --workers 2 --port 3100
 *
 * Needs nothing but Node 20: no package is there yet.
 */
import { at, NODE, prepare, run } from './prepare.mjs';

await prepare();
// The user's folder, not the checkout's, is where the state lives; under npm both are the same.
process.exit(
  await run(NODE, [at('bin/convoke.mjs'), 'dev', ...process.argv.slice(2)], { cwd: process.cwd() }),
);
