/** `convoke dev` while an agent is being written: what is right replaces what runs, what is wrong is told, and no session notices. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect } from '../../src/client/index.ts';
import type { Client, Session } from '../../src/client/index.ts';
import { devPorts } from '../support/ports.ts';
import { eventually, startProcess } from '../support/process.ts';
import type { TestProcess } from '../support/process.ts';

const COMMAND = fileURLToPath(new URL('../../bin/convoke.mjs', import.meta.url));

let folder: string;
let dev: TestProcess;
let client: Client;

const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);

/** A configuration with these agents, each in `agents.ts`. */
const configured = (...agents: readonly string[]): string => `import { agent, defineConfig } from 'convoke';
import { ${agents.join(', ')} } from './agents.ts';

export default defineConfig({
  agents: {
${agents.map((name) => `    ${name}: agent.code(${name}),`).join('\n')}
  },
});
`;

const saying = (name: string, text: string): string =>
  `export const ${name} = async (): Promise<string> => '${text}';\n`;

/** Speaks for two seconds. */
const COUNTER = `import { setTimeout as pause } from 'node:timers/promises';
export async function* counter({ signal, attempt }: { signal: AbortSignal; attempt: number }): AsyncGenerator<string> {
  for (let n = 1; n <= 20; n += 1) {
    await pause(100, undefined, { signal });
    yield n === 1 ? \`a\${attempt}: 1\` : \` \${n}\`;
  }
}
`;

/** The events of that kind that it has written. */
const events = (event: string): readonly Readonly<Record<string, unknown>>[] =>
  dev
    .output()
    .split('\n')
    .filter((line) => line.startsWith(`{"event":"${event}"`))
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);

async function told(event: string, times: number): Promise<Readonly<Record<string, unknown>>> {
  await eventually(`${event} for the ${times}. time`, () => events(event).length === times, 60_000);
  return events(event).at(-1)!;
}

async function answer(session: Session): Promise<string> {
  let said = '';
  for await (const piece of session.ask('Hello')) {
    if (piece.type === 'withdrawn') said = '';
    if (piece.type === 'text') said += piece.text;
  }
  return said;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'convoke-reload-'));
  await write('agents.ts', saying('greeter', 'one') + COUNTER);
  await write('convoke.config.ts', configured('greeter', 'counter'));
  const { port, args: ports } = await devPorts();
  const config = ['--config', join(folder, 'convoke.config.ts')];
  const env = {
    CONVOKE_HOME: join(folder, '.convoke'),
    OPENAI_BASE_URL: '',
    OPENAI_API_KEY: '',
    CONVOKE_MODEL: '',
  };
  const args = [COMMAND, 'dev', '--no-demo', '--json', ...ports, ...config];
  dev = startProcess(process.execPath, args, env);
  await eventually('it is ready', () => events('ready').length === 1, 60_000).catch((cause: unknown) => {
    throw new Error(dev.output().slice(-4_000), { cause });
  });
  client = connect({ url: `http://127.0.0.1:${port}`, token: 'dev' });
}, 90_000);

afterAll(async () => {
  client.close();
  await dev.end('SIGTERM');
  await rm(folder, { recursive: true, force: true });
}, 30_000);

test('a session is answered by new code after a change, by the old one while the new is wrong, and loses nothing', async () => {
  const session = await client.open({ agents: ['greeter'] });
  expect(await answer(session)).toBe('one');

  await write('agents.ts', saying('greeter', 'two') + COUNTER);
  expect(await told('workers-replaced', 1)).toMatchObject({ changed: [join(folder, 'agents.ts')] });
  expect(await answer(session)).toBe('two');

  await write('agents.ts', `${saying('greeter', 'three')}\nexport const broken = (;\n${COUNTER}`);
  expect(await told('config-wrong', 1)).toMatchObject({
    code: 'config_invalid',
    message: expect.stringMatching(/agents\.ts:3: /),
  });
  expect(await answer(session)).toBe('two');

  await write('agents.ts', saying('greeter', 'three') + saying('reader', 'I read') + COUNTER);
  await write('convoke.config.ts', configured('greeter', 'reader', 'counter'));
  await told('workers-replaced', 2);
  expect(await answer(session)).toBe('three');
  expect(await answer(await client.open({ agents: ['reader'] }))).toBe('I read');
}, 120_000);

test('an answer that is under way when the workers are replaced comes whole', async () => {
  const before = events('workers-replaced').length;
  const session = await client.open({ agents: ['counter'] });
  const answered = answer(session);
  await eventually('it has begun', () => session.view?.entries.some((each) => each.kind === 'step') ?? false);
  await write('agents.ts', saying('greeter', 'four') + saying('reader', 'I read') + COUNTER);
  const numbers = Array.from({ length: 20 }, (_, index) => index + 1).join(' ');
  expect(await answered).toMatch(new RegExp(`^a\\d: ${numbers}$`));
  await told('workers-replaced', before + 1);
}, 90_000);

test('what is wrong in the configuration itself is told with its line; put back, nothing is replaced', async () => {
  const replaced = events('workers-replaced').length;
  const wrong = events('config-wrong').length;
  const right = configured('greeter', 'reader', 'counter');
  await write(
    'convoke.config.ts',
    right.replace('agent.code(reader)', "agent.model({ handoff: ['nobody'] })"),
  );
  expect(await told('config-wrong', wrong + 1)).toMatchObject({
    message: expect.stringMatching(/convoke\.config\.ts: line 7: .*there is no agent "nobody"/),
  });
  await write('convoke.config.ts', right);
  await told('config-mended', 1);
  expect(events('workers-replaced')).toHaveLength(replaced);
}, 60_000);
