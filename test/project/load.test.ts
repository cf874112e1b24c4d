/** A configuration file: what is in it is found, and what is wrong with it is said with file, line and path. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { LIMITS } from '../../src/contracts/index.ts';
import { loadProject } from '../../src/project/load.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'convoke-project-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

const configured = (body: string): string =>
  `import { agent, defineConfig } from 'convoke';\n\nexport default defineConfig(${body});\n`;

async function fault(body: string): Promise<string> {
  write('convoke.config.ts', configured(body));
  return wrong();
}

async function wrong(): Promise<string> {
  try {
    await loadProject({ folder });
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing';
}

describe('a configuration', () => {
  test('none is none', async () => {
    expect(await loadProject({ folder })).toBeNull();
  });

  test('has agents of every kind, with their schemas as JSON Schema', async () => {
    write(
      'convoke.config.ts',
      `import { agent, defineConfig } from 'convoke';
       import { z } from '${new URL('../../node_modules/zod/index.js', import.meta.url).pathname}';
       type Word = string;
       export default defineConfig({
         providers: { local: { baseUrl: 'http://127.0.0.1:1/v1', model: 'm' } },
         agents: {
           triage: agent.model({ provider: 'local', instructions: 'Sort.', handoff: ['billing'] }),
           billing: agent.code(async function* ({ options }) { yield options.currency as Word; }, {
             options: z.object({ currency: z.enum(['EUR', 'USD']).default('EUR') }),
           }),
           python: agent.http({ url: 'http://127.0.0.1:2/v1', model: 'graph' }),
           echo: agent.scripted({ say: '{{message}}' }),
         },
         teams: { pair: async ({ ask }) => { await ask('triage'); } },
       });`,
    );
    const project = await loadProject({ folder });
    expect([...project!.agents].map(([name, { kind }]) => [name, kind])).toEqual([
      ['triage', 'model'],
      ['billing', 'code'],
      ['python', 'http'],
      ['echo', 'scripted'],
    ]);
    const billing = project!.agents.get('billing')!;
    expect(billing.options).toMatchObject({
      type: 'object',
      properties: { currency: { enum: ['EUR', 'USD'] } },
    });
    expect(billing.code!.options({})).toEqual({ currency: 'EUR' });
    expect(() => billing.code!.options({ currency: 'DM' })).toThrow('currency');
    expect(Object.keys(project!.teams)).toEqual(['pair']);
    expect(project!.providers['local']?.baseUrl).toBe('http://127.0.0.1:1/v1');
  });

  test('may have its teams in a module of their own, and be named', async () => {
    write(
      'teams.ts',
      `export const LIMIT = 3;\nexport async function panel({ ask }: any): Promise<void> { await ask('a'); }\n`,
    );
    write('other.config.ts', configured(`{ teams: './teams.ts' }`));
    const project = await loadProject({ folder, file: 'other.config.ts' });
    expect(Object.keys(project!.teams)).toEqual(['panel']);
  });
});

describe('what is wrong with it', () => {
  test.each<readonly [string, string, string]>([
    [
      'a misspelt setting',
      `{\n  agents: {\n    triage: agent.model({\n      instruction: 'x',\n    }),\n  },\n}`,
      'convoke.config.ts: line 5: agents.triage: Unrecognized key: "instruction".',
    ],
    [
      'an agent that is none',
      `{\n  agents: { a: {} },\n}`,
      'convoke.config.ts: line 4: agents.a: must be made by agent.model, agent.code, agent.http or agent.scripted.',
    ],
    [
      'a handoff to nobody',
      `{\n  agents: {\n    triage: agent.model({ handoff: ['biling'] }),\n  },\n}`,
      'convoke.config.ts: line 5: agents.triage.handoff.0: there is no agent "biling" in this configuration.',
    ],
    [
      'tasks for itself',
      `{\n  agents: {\n    triage: agent.model({ delegates: ['triage'] }),\n  },\n}`,
      'convoke.config.ts: line 5: agents.triage.delegates.0: an agent cannot name itself here.',
    ],
    [
      'a name with a space',
      `{ agents: { 'a b': agent.scripted() } }`,
      'convoke.config.ts: line 3: agents.a b: a name is 1 to 64 characters of A-Z a-z 0-9 _ -.',
    ],
    [
      'a team of a built-in name',
      `{ teams: { sequence: async () => {} } }`,
      'convoke.config.ts: line 3: teams.sequence: a built-in team has this name.',
    ],
    [
      'a module of teams that is not there',
      `{ teams: './none.ts' }`,
      'convoke.config.ts: line 3: teams: there is no file none.ts.',
    ],
    [
      'a schema that is none',
      `{ agents: { a: agent.code(async function* () {}, { options: { type: 'objekt' } }) } }`,
      'convoke.config.ts: line 3: agents.a: options: ',
    ],
    [
      'an error that its code throws',
      `(() => {\n  throw new Error('No key');\n})()`,
      'convoke.config.ts:4: No key.',
    ],
    ['a mistake in its syntax', `{ agents: {\n  a: agent.scripted(,\n} }`, 'convoke.config.ts:4: '],
  ])('%s', async (_, body, message) => {
    expect(await fault(body)).toContain(message);
  });

  test('a sentence that ends with a full stop gets no other one', async () => {
    expect(await fault(`(() => {\n  throw new Error('No key. ');\n})()`)).toBe(
      'convoke.config.ts:4: No key.',
    );
  });

  test('a file that it names and that is not there', async () => {
    await expect(loadProject({ folder, file: 'none.ts' })).rejects.toThrow(
      'CONVOKE_CONFIG: there is no file',
    );
  });

  test('no default export', async () => {
    write('convoke.config.js', 'export const agents = {};\n');
    expect(await wrong()).toBe(
      'convoke.config.js: it has no default export: export default defineConfig({ … }).',
    );
  });

  test('an import of a module that throws: its own file and line', async () => {
    write('broken.ts', `\nexport const x: number = 1;\nthrow new Error('Not today');\n`);
    write('convoke.config.ts', `import './broken.ts';\nexport default {};\n`);
    expect(await wrong()).toBe('broken.ts:3: Not today.');
  });

  test('an import of what is not there', async () => {
    write('convoke.config.ts', `import './none.ts';\nexport default {};\n`);
    expect(await wrong()).toContain('none.ts');
  });
});

describe('a file that makes no sense', () => {
  const NONE =
    'convoke.config.ts: its default export is no configuration: export default defineConfig({ … }).';

  test.each<[string, string, string | RegExp]>([
    ['null', 'export default null;', NONE],
    ['a number', 'export default 42;', NONE],
    ['a function', 'export default () => ({});', NONE],
    ['a list', 'export default [];', /convoke\.config\.ts/],
    ['a promise', 'export default Promise.resolve({});', /convoke\.config\.ts|nothing/],
    ['a throw of null', 'throw null;', /^convoke\.config\.ts/],
    ['a throw of a text', 'throw "no";', /^convoke\.config\.ts.*no/],
    ['a syntax error', 'export default {\n  agents: {{\n};', /^convoke\.config\.ts:2/],
    ['an import of nothing', 'import "./nowhere.ts";\nexport default {};', /nowhere/],
    ['an agent of a number', 'export default { agents: { a: 42 } };', /agents\.a/],
    ['an agent named __proto__', 'export default { agents: { ["__proto__"]: 42 } };', /__proto__/],
    ['a list of agents', 'export default { agents: [] };', /agents/],
    ['tools that are null', 'export default { tools: { a: null } };', /tools\.a/],
    ['a getter that throws', 'export default { get agents() { throw new Error("no"); } };', /no/],
  ])('%s', async (_, source, said) => {
    write('convoke.config.ts', source);
    const told = await wrong();
    if (typeof said === 'string') expect(told).toBe(said);
    else expect(told).toMatch(said);
  });

  test('a top-level await that hangs', async () => {
    write('convoke.config.ts', 'await new Promise(() => {});\nexport default {};');
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance', 'Date'] });
    const told = wrong();
    await jest.advanceTimersByTimeAsync(LIMITS.configLoadMs);
    jest.useRealTimers();
    expect(await told).toBe(
      `convoke.config.ts: it has not loaded within ${LIMITS.configLoadMs} ms: something in it is awaited and does not come.`,
    );
  });
});
