/** What stands as code in README, guides and examples is code: it compiles, parses, and names commands that there are. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { documents, ROOT, samples, type Sample } from './documents.ts';
import { checkCommand } from './commands.ts';
import { simpleCommands } from './shell.ts';
import { compileSamples } from './compile.ts';

const CHECKED = /^(README|CONTRIBUTING|docs\/.*|examples\/.*README|src\/client\/README|deploy\/README)\.md$/;
const LANGUAGES = ['ts', 'tsx', 'js', 'json', 'sh', 'mermaid', 'python', 'text'];

const all = documents()
  .filter((path) => CHECKED.test(relative(ROOT, path)))
  .flatMap(samples);

const place = ({ document, line }: Sample): string => `${relative(ROOT, document)}:${line}`;
const of = (...languages: string[]): [string, Sample][] =>
  all.filter(({ language }) => languages.includes(language)).map((sample) => [place(sample), sample]);

test('every block says its language', () => {
  expect(all.filter(({ language }) => !LANGUAGES.includes(language)).map(place)).toEqual([]);
});

describe('TypeScript and JavaScript compile strictly', () => {
  const compiled = of('ts', 'tsx', 'js');
  let problems: ReadonlyMap<Sample, readonly string[]>;

  beforeAll(() => {
    problems = compileSamples(compiled.map(([, sample]) => sample));
  }, 120_000);

  test.each(compiled)('%s', (_, sample) => {
    expect(problems.get(sample)).toEqual([]);
  });
});

test.each(of('json'))('JSON parses: %s', (_, { code }) => {
  expect(() => JSON.parse(code) as unknown).not.toThrow();
});

test.each(of('sh'))('commands are those that there are: %s', async (_, { code }) => {
  const problems = await Promise.all(simpleCommands(code).map(checkCommand));
  expect(problems.filter((problem) => problem !== null)).toEqual([]);
});

test('commands in the text are those that there are', async () => {
  const spans = documents()
    .filter((path) => CHECKED.test(relative(ROOT, path)))
    .flatMap((path) => {
      const prose = readFileSync(path, 'utf8').replace(/^( *)```[\s\S]*?^\1```/gm, '');
      return [...prose.matchAll(/`((?:npx convoke|npm (?:run|start|test)|node [\w/]+\.)[^`\n]*)`/g)].map(
        ([, line = '']) => ({ at: basename(path), line }),
      );
    });
  expect(spans.length).toBeGreaterThan(5);
  const checked = await Promise.all(
    spans.map(async (span) => ({ ...span, problem: await checkCommand(span.line) })),
  );
  expect(checked.filter(({ problem }) => problem !== null)).toEqual([]);
});

test('the server of the guide is the one of the example', () => {
  const guide = readFileSync(join(ROOT, 'docs/behind-your-product.md'), 'utf8');
  const server = readFileSync(join(ROOT, 'examples/14-behind-your-product/server.mjs'), 'utf8');
  expect(guide).toContain(`\`\`\`js\n${server}\`\`\`\n`);
});

test('every example has a README with a command that starts it', () => {
  const examples = documents().filter((path) => /examples\/\d\d-[^/]+\/README\.md$/.test(path));
  expect(examples.length).toBeGreaterThan(5);
  for (const path of examples) {
    const number = /examples\/(\d\d)-/.exec(path)?.[1] ?? '';
    expect(readFileSync(path, 'utf8')).toContain(`npm run example ${number}`);
    expect(existsSync(join(path, '../convoke.config.ts'))).toBe(true);
  }
});

test('the chat of the SDK’s guide fits into 40 lines', () => {
  const [chat] = all.filter(({ language }) => language === 'tsx');
  expect(chat?.code).toContain('useSession(id)');
  expect(chat?.code.trimEnd().split('\n').length).toBeLessThanOrEqual(40);
});
