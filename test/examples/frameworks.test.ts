/**
 * The examples around other frameworks, on the real product and a scripted model: the framework's packages are those of the example, its tool
 * is called, its tokens stream, it knows the key, and a cancel reaches the model.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ScriptedModelOptions } from '../../examples/scripted-model/behaviour.ts';
import { startScriptedModel, type ScriptedModel } from '../../examples/scripted-model/server.ts';
import { freshId, Recorder, rest } from '../e2e/scene.ts';
import { startStack, type Role, type Stack } from '../support/stack.ts';
import { folderOf, ROOT, sendAsTold } from './readme.ts';

const INSTALL_MS = 300_000;

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ workers: 0 });
}, 120_000);

afterAll(async () => {
  await stack.stop();
});

async function install(folder: string): Promise<void> {
  const scripts = (await import(join(ROOT, 'scripts/example-packages.mjs'))) as {
    missingPackages(folder: string): readonly string[] | null;
  };
  const args = scripts.missingPackages(folder);
  if (args) ran('npm', args);
}

function ran(command: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${stdout}\n${stderr}`);
}

/** As the example's README starts it, but that it says more, so that there is something to cancel. */
function startModel(folder: string): Promise<ScriptedModel> {
  const script = JSON.parse(
    readFileSync(join(folder, 'scripted-model.json'), 'utf8'),
  ) as ScriptedModelOptions;
  return startScriptedModel({ ...script, answer: `${script.answer ?? ''}${' more'.repeat(60)}` });
}

describe.each([
  { example: '06-langgraph', agent: 'clerk', says: /In the ledger: [0-9a-f]{6}: two sacks of flour \(1 in/ },
  { example: '08-ai-sdk', agent: 'guide', says: /Then go to the harbour: {"place":"Lisbon"/ },
  { example: '09-mastra', agent: 'host', says: /It is done: .*tonight at eight/ },
])('$example', ({ example, agent, says }) => {
  const folder = folderOf(example);
  let model: ScriptedModel;
  let worker: Role;

  beforeAll(async () => {
    await install(folder);
    model = await startModel(folder);
    worker = await stack.worker(folder, {
      ...{ OPENAI_BASE_URL: model.url, CONVOKE_MODEL: 'scripted', MASTRA_TELEMETRY_DISABLED: '1' },
    });
    await worker.start();
  }, INSTALL_MS);

  afterAll(async () => {
    await worker.end('SIGKILL');
    await model.stop();
  });

  test('compiles strictly', () => {
    ran(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder]);
  }, 120_000);

  test('calls its tool and streams the answer, as its README says', async () => {
    const said = await sendAsTold(example, stack.urls[0]!);
    expect(said.replace(/\s+/g, ' ')).toMatch(says);
    expect(model.requests).toHaveLength(2);
    for (const { headers, stream } of model.requests) {
      expect(stream).toBe(true);
      expect(headers['idempotency-key']).toMatch(/^dev:[\w-]+:t1\.1/);
    }
  }, 90_000);

  test('a cancel ends the request to the model', async () => {
    const id = freshId();
    const opened = await rest(stack.urls[0]!, 'POST', '/v1/sessions', { body: { id, agents: [agent] } });
    expect(opened.status).toBe(201);
    const seen = new Recorder(stack.urls, id);
    try {
      await seen.session.ready();
      await seen.session.send('Go on.');
      const request = await model.arrival(4);
      await seen.streaming();
      await seen.session.cancel();
      await seen.turnsEnded(1);
      expect(seen.steps.at(-1)!.status).toBe('cancelled');
      expect(await request.ended).toBe('aborted');
    } finally {
      seen.close();
    }
  }, 90_000);
});

test('a tool that the AI SDK calls is a durable step of its own', async () => {
  const { body } = await rest<{ data: readonly { step?: string; type: string; data: object }[] }>(
    stack.urls[0]!,
    'GET',
    '/v1/sessions/trip/events?after=0&limit=100',
  );
  const call = body.data.find(({ type, step }) => type === 'step.completed' && step === 't1.1.c1');
  expect(call!.data).toMatchObject({ text: '{"place":"Lisbon","sky":"clear","celsius":21}' });
});
