/**
 * `npm run example 01`: an example, from a fresh clone. Installs and builds what is missing, then runs `convoke dev` in its folder.
 *
 *     npm run example                      lists them
 *     npm run example 06 -- --port 4000    options are those of `convoke dev`
 *
 * An example with packages of its own gets them (once). One with a `scripted-model.json` talks to the scripted model, unless the environment
 * names another.
 */
import { prepare } from './prepare.mjs';

await prepare();
await import('./run-example.mjs');
