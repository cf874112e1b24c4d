/** Runs `convoke dev` in the folder of an example, as `npm run example` does once all is installed and built. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { missingPackages } from './example-packages.mjs';
import { at, NODE, NPM, run, step } from './prepare.mjs';

const [asked = '', ...options] = process.argv.slice(2);
const examples = readdirSync(at('examples')).filter((name) => /^\d\d-/.test(name));
const name = examples.find((each) => each === asked || each.startsWith(`${asked}-`));
if (name === undefined) {
  console.error(`convoke: name an example, like: npm run example 01\n\n  ${examples.join('\n  ')}`);
  process.exit(2);
}
const folder = at('examples', name);

/** Resolves with the base URL of a model that says what a file says. It ends with this process. */
function startModel(file) {
  const program = at('examples/scripted-model/server.ts');
  const args = ['--no-warnings', program, '--port', '0', '--options', file];
  const model = spawn(NODE, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => model.kill());
  return new Promise((resolve, reject) => {
    model.once('exit', (code) => reject(new Error(`the scripted model ended with ${code}`)));
    model.stdout.on('data', (chunk) => {
      const url = /http:\S+/.exec(String(chunk))?.[0];
      if (url) resolve(url);
    });
  });
}

const packages = missingPackages(folder);
if (packages) await step(`Installing the packages of ${name} (once) …`, NPM, packages);
// The state is the checkout's, so that `npx convoke send` and the others find it there.
const env = { CONVOKE_HOME: at('.convoke'), MASTRA_TELEMETRY_DISABLED: '1', ...process.env };
const script = join(folder, 'scripted-model.json');
if (existsSync(script) && process.env.CONVOKE_MODEL === undefined) {
  env.OPENAI_BASE_URL = await startModel(script);
  env.CONVOKE_MODEL = 'scripted';
}
process.exit(await run(NODE, [at('bin/convoke.mjs'), 'dev', '--no-demo', ...options], { cwd: folder, env }));
