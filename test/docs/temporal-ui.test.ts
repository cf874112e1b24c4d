/** The filters of docs/temporal-ui.md: a real server takes each, and finds what it says. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import type { SessionInfo } from '../../src/contracts/index.ts';
import { createSessionCalls } from '../../src/temporal/index.ts';
import { eventually } from '../support/process.ts';
import { startTemporal } from '../support/temporal.ts';
import type { TestTemporal } from '../support/temporal.ts';

const GUIDE = readFileSync(fileURLToPath(new URL('../../docs/temporal-ui.md', import.meta.url)), 'utf8');

const BLOCKS = GUIDE.split('\n\n');

/** Each with the sentence before it. */
const FILTERS = BLOCKS.flatMap((block, index) => {
  const [, query] = /^```text\n([^`]+)\n```/.exec(block) ?? [];
  return query === undefined ? [] : [[BLOCKS[index - 1]!.replaceAll('\n', ' '), query] as const];
});

let temporal: TestTemporal;
let connection: Connection;
let client: Client;
beforeAll(async () => {
  temporal = await startTemporal();
  connection = await Connection.connect({ address: temporal.address });
  client = new Client({ connection });
  const calls = createSessionCalls({ client, consoleUrl: 'https://c.example/console' });
  const info = (team: string, parent?: string): SessionInfo => ({
    ...{ team: { name: team }, agents: [{ name: 'a', runner: 'scripted' }], metadata: {}, createdAt: 1 },
    ...(parent === undefined ? {} : { parent: { session: parent, seq: 1 } }),
  });
  const open = (session: string, how: SessionInfo): Promise<unknown> =>
    calls.start({ tenant: 'acme', session }, { info: how, requestHash: 'h' });
  await open('hello', info('sequence'));
  await open('fork', info('critic', 'hello'));
  await open('broken', info('sequence'));
  await client.workflow.getHandle('session:acme:broken').terminate();
}, 30_000);
afterAll(async () => {
  await connection.close();
  await temporal.stop();
});

const found = async (query: string): Promise<number> => (await client.workflow.count(query)).count;

test('the guide has filters', () => {
  expect(FILTERS.length).toBeGreaterThanOrEqual(9);
});

test.each(FILTERS)('%s', async (_what, query) => {
  expect(await found(query)).toBeGreaterThanOrEqual(0);
});

test('they find what they say', async () => {
  const query = (what: string): string => FILTERS.find(([each]) => each.startsWith(what))![1];
  await eventually('all are listed', async () => (await found(query('Open sessions'))) === 2);
  await eventually(
    'its end is listed',
    async () => (await found(query('Sessions that were interrupted'))) === 1,
  );
  expect(await found(query('One session'))).toBe(1);
  expect(await found(query('Sessions of a team'))).toBe(1);
  expect(await found(query('Forks of a session'))).toBe(1);
  expect(await found(query('Sessions at rest'))).toBe(0);
});

test('the Web UI is given a summary, and details with a link into the console', async () => {
  const { staticSummary, staticDetails } = await client.workflow
    .getHandle('session:acme:hello')
    .describe()
    .then(async (described) => ({
      staticSummary: await described.staticSummary(),
      staticDetails: await described.staticDetails(),
    }));
  expect(staticSummary).toBe('acme · hello · sequence: a');
  expect(staticDetails).toContain('(https://c.example/console/#/sessions/hello)');
});
