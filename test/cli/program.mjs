/** The command line with roles that only say how they were called; runs the sources, so that it needs no build. */
import { createProgram } from '../../src/cli/index.ts';

const say = (role) => async (options) => console.log(JSON.stringify({ role, ...options }));
await createProgram({
  gateway: say('gateway'),
  worker: say('worker'),
  check: say('check'),
  temporal: say('temporal'),
}).parseAsync();
