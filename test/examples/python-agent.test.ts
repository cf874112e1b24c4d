/** The example of an agent in another language, asked as a worker asks it. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AgentRunner } from '../../activities/index.ts';
import { modelRunner, runToEnd } from '../agents/run.ts';
import { eventually, startProcess, type TestProcess } from '../support/process.ts';

const SERVER = fileURLToPath(new URL('../../examples/python-agent/server.py', import.meta.url));

let server: TestProcess;
let agent: AgentRunner;

beforeAll(async () => {
  server = startProcess('python3', [SERVER, '0']);
  const url = (): string | undefined => /^http\S+$/m.exec(server.output())?.[0];
  await eventually('the server says where it listens', () => url() !== undefined);
  agent = modelRunner({ baseUrl: url()!, own: true, apiKey: 'none' });
});

afterAll(async () => {
  await server.end('SIGKILL');
});

const ask = async (text: string): Promise<string> =>
  (await runToEnd(agent, { conversation: [{ role: 'user', text }] })).text.trim();

test('it knows the session, and does a repeated step once', async () => {
  const answer = "You said 'hello'. I have answered 1 times in this session.";
  expect(await ask('hello')).toBe(answer);
  expect(await ask('hello')).toBe(answer);
});
