/**
 * `npm test`: from a fresh clone to a verdict. Installs and builds what is missing, gets the programs that tests run against, then formatting,
 * types, lint, walls, dead code, and every test. Ends with a line `N passed, N failed`.
 *
 *     npm test
 *     npm test -- --no-setup      the programs are there already
 *
 * Needs nothing but Node 20: no package is there yet.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { at, JEST, NODE, NPM, prepare, run, step } from './prepare.mjs';

const RESULTS = at('dist/test-results.json');

/** What `npm run verify` does, one by one, so that each is a line of the result. */
const CHECKS = {
  Formatting: 'format:check',
  Types: 'types',
  Lint: 'lint',
  Walls: 'walls',
  'Dead code': 'deadcode',
};

await prepare();
if (!process.argv.includes('--no-setup')) {
  await step('Getting what the tests run against (Temporal, Redis, Chromium) …', NODE, [
    at('bin/convoke.mjs'),
    'setup',
    '--chromium',
  ]);
}
// Built beside the checks, each of which keeps one core busy.
const programs = ['s3-server', 'promtool', 'collector'].reduce(
  async (before, name) => (await before) || run(NODE, [at(`scripts/${name}.mjs`)]),
  Promise.resolve(0),
);

const count = { passed: 0, failed: 0 };
for (const [name, script] of Object.entries(CHECKS)) {
  console.log(`\n  ${name} …`);
  const code = await run(NPM, ['run', '--silent', script]);
  count[code === 0 ? 'passed' : 'failed'] += 1;
  console.log(code === 0 ? `  ${name}: fine` : `  ${name}: failed (exit code ${code})`);
}

if ((await programs) !== 0) process.exit(1);
console.log('\n  Tests …');
rmSync(RESULTS, { force: true });
const code = await run(NODE, [...JEST, '--json', `--outputFile=${RESULTS}`]);
if (existsSync(RESULTS)) {
  const { numPassedTests, numFailedTests, numFailedTestSuites, testResults } = JSON.parse(
    readFileSync(RESULTS, 'utf8'),
  );
  count.passed += numPassedTests;
  // A file that could not even be loaded has no failed test to count.
  count.failed += Math.max(numFailedTests, numFailedTestSuites);
  const slowest = testResults
    .map(({ name, startTime, endTime }) => ({
      name: name.slice(at('').length),
      seconds: (endTime - startTime) / 1000,
    }))
    .sort((a, b) => b.seconds - a.seconds);
  console.log(
    `\n  Slowest: ${slowest
      .slice(0, 5)
      .map(({ name, seconds }) => `${name} ${seconds.toFixed(0)} s`)
      .join(', ')}`,
  );
}
if (code !== 0 && count.failed === 0) count.failed += 1;
console.log(`\n${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed === 0 ? 0 : 1);
