/** The built console, served by a gateway that says what a test tells it, under the policy of a real one. */
import { execFile } from 'node:child_process';
import type { RequestListener } from 'node:http';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import express from 'express';
import type { EventPage, SessionPage } from '../../src/contracts/index.ts';
import { consolePages } from '../../src/gateway/console.ts';
import type { FakeLog } from '../client/fake-log.ts';
import { TENANT } from '../client/fake-log.ts';
import { ScriptedGateway } from '../client/scripted-gateway.ts';

const BUILDER = fileURLToPath(new URL('../../scripts/build-console.mjs', import.meta.url));
const BUILT = fileURLToPath(new URL('../../dist/console', import.meta.url));

/** Builds it, in a process of its own: the bundler does not run inside of Jest. Resolves with the folder. */
export async function buildConsole(folder = BUILT): Promise<string> {
  await promisify(execFile)(process.execPath, [BUILDER, folder]);
  return folder;
}

function listOf({ session }: FakeLog): SessionPage {
  const summary = { id: session, tenant: TENANT, team: 'sequence', status: 'open', createdAt: 1 } as const;
  return { data: [{ ...summary, workflowId: `${TENANT}:${session}` }], next: null };
}

function pageOf({ events, position }: FakeLog, after: number, limit: number): EventPage {
  const data = events.slice(after, after + limit);
  const end = after + data.length;
  return { data, next: end < events.length ? String(end) : null, head: position };
}

/** A gateway with one session. */
export async function serveConsole(log: FakeLog): Promise<ScriptedGateway> {
  const app = express();
  app.use('/console', consolePages({ folder: await buildConsole(), devMode: true }));
  app.get('/v1/sessions', (_req, res) => void res.json(listOf(log)));
  app.get('/v1/sessions/:id', (_req, res) => void res.json(log.view));
  app.get('/v1/sessions/:id/events', ({ query }, res) => {
    res.json(pageOf(log, Number(query['after']), Number(query['limit'])));
  });
  const gateway = await ScriptedGateway.start(log);
  gateway.rest = app as RequestListener;
  return gateway;
}
