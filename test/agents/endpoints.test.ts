import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createEndpoint, createModelRunner, createTransport } from '../../activities/agents/index.ts';
import type { AgentRunner, EndpointSettings } from '../../activities/agents/index.ts';
import type { ModelFault, ScriptedModelOptions } from '../../examples/scripted-model/behaviour.ts';
import { startScriptedModel } from '../../examples/scripted-model/server.ts';
import type { ScriptedModel } from '../../examples/scripted-model/server.ts';
import type { Logger } from '../../src/telemetry/index.ts';
import { eventually } from '../support/process.ts';
import { hearModel, modelRunner, runnerError } from './run.ts';

const KEY = 'key-for-tests-0123456789abcdef';
const started: ScriptedModel[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((model) => model.stop()));
});

async function start(options: ScriptedModelOptions = {}): Promise<ScriptedModel> {
  const model = await startScriptedModel(options);
  started.push(model);
  return model;
}

/** With what it tells its log of the provider. */
function loggedRunner(settings: EndpointSettings): { runner: AgentRunner; log: string[] } {
  const log: string[] = [];
  const endpoint = createEndpoint({ defaultModel: 'secret-model-7', ...settings }, createTransport());
  const logger = { warn: ({ said }: { said: string }) => void log.push(said) } as unknown as Pick<
    Logger,
    'warn'
  >;
  return { runner: createModelRunner({ endpointOf: () => endpoint, logger }), log };
}

/** What the endpoint is sent for an agent with these settings. */
async function sent(settings: Partial<EndpointSettings>, agent: Parameters<typeof hearModel>[1] = {}) {
  const model = await start({ answer: 'yes' });
  const heard = await hearModel(modelRunner({ baseUrl: model.url, ...settings }), agent);
  expect(heard).toMatchObject({ text: 'yes', error: undefined });
  return model.requests[0]!;
}

describe('settings', () => {
  test('of an agent are sent', async () => {
    const { body } = await sent(
      {},
      {
        agent: {
          ...{ temperature: 0.5, topP: 0.9, seed: 7, stop: ['END'], maxTokens: 50 },
          ...{ reasoningEffort: 'low', model: 'm' },
        },
      },
    );
    expect(body).toMatchObject({
      ...{ model: 'm', stream: true, stream_options: { include_usage: true } },
      ...{ temperature: 0.5, top_p: 0.9, seed: 7, stop: ['END'], max_tokens: 50, reasoning_effort: 'low' },
    });
  });

  test('that are absent are not', async () => {
    const { body } = await sent({});
    expect(Object.keys(body).sort()).toEqual(['messages', 'model', 'stream', 'stream_options']);
  });

  test('stream_options can be left out', async () => {
    const { body } = await sent({ streamOptions: false });
    expect(body).not.toHaveProperty('stream_options');
  });

  test('instructions can be the user’s', async () => {
    const { messages } = await sent({ systemRole: false }, { agent: { instructions: 'Be brief.' } });
    expect(messages.map(({ role }) => role)).toEqual(['user']);
    expect(messages[0]?.content).toMatch(/Be brief\.[^]*hello$/);
  });

  test('keys and headers go along', async () => {
    const { headers } = await sent({ apiKey: KEY, headers: { 'X-Team': 'a' } });
    expect(headers).toMatchObject({ authorization: `Bearer ${KEY}`, 'x-team': 'a' });
  });

  test.each<EndpointSettings>([
    { baseUrl: 'localhost:11434/v1', defaultModel: 'm' },
    { baseUrl: 'not a url', defaultModel: 'm' },
    { baseUrl: 'http://localhost/v1', defaultModel: '' },
    { baseUrl: 'http://localhost/v1', apiKey: `${KEY}\n` },
    { baseUrl: 'http://localhost/v1', headers: { 'X-Team': 'a\nb' } },
  ])('%j is refused at start', (settings) => {
    expect(() => createEndpoint(settings, createTransport())).toThrow(TypeError);
  });
});

describe('an endpoint of one’s own', () => {
  test('is told which step calls it, with a key that is the same in every attempt', async () => {
    const { headers } = await sent({ own: true }, { attempt: 3 });
    expect(headers).toMatchObject({
      ...{ 'convoke-tenant': 'acme', 'convoke-session': 's', 'convoke-turn': 't1', 'convoke-step': 't1.1' },
      ...{ 'convoke-attempt': '3', 'idempotency-key': 'acme:s:t1.1' },
    });
  });

  test('is the only one', async () => {
    const { headers } = await sent({});
    expect(Object.keys(headers).filter((name) => /convoke|idempotency/.test(name))).toEqual([]);
  });
});

describe('an agent without an endpoint', () => {
  const runner = createModelRunner({ endpointOf: () => undefined });

  test.each([
    [{ provider: 'groq' }, /model endpoint of ada: add it to CONVOKE_PROVIDERS/],
    [{}, /no default model endpoint: set OPENAI_BASE_URL/],
  ])('%j says what to do', async (agent, says) => {
    const error = runnerError(await hearModel(runner, { agent }));
    expect(error).toMatchObject({ code: 'agent_unknown', retryable: false });
    expect(error.message).toMatch(says);
  });

  test('or without a model says so', async () => {
    const endpoint = createEndpoint({ baseUrl: 'http://127.0.0.1:1/v1' }, createTransport());
    const error = runnerError(await hearModel(createModelRunner({ endpointOf: () => endpoint })));
    expect(error).toMatchObject({
      code: 'agent_unknown',
      message: expect.stringContaining('names no model'),
    });
  });
});

describe('concurrency', () => {
  const hang: ModelFault = { kind: 'hang', afterTokens: 0, request: 1 };

  test('is bounded; who waits lives, and leaves when stopped', async () => {
    const model = await start({ answer: 'yes', faults: [hang] });
    const endpoint = createEndpoint(
      { baseUrl: model.url, defaultModel: 'm', concurrency: 1 },
      createTransport(),
    );
    const runner = createModelRunner({ endpointOf: () => endpoint });
    const [first, second] = [new AbortController(), new AbortController()];
    const hung = hearModel(runner, { signal: first.signal });
    await model.arrival(1);
    const began = Date.now();
    const leaving = hearModel(runner, { signal: second.signal, bounds: { firstMs: 400 } });
    const staying = hearModel(runner, { bounds: { firstMs: 400 } });
    await eventually('two calls wait', () => endpoint.slots?.waiting === 2);
    second.abort(new Error('left'));
    expect((await leaving).error).toEqual(new Error('left'));
    expect(endpoint.slots?.waiting).toBe(1);
    // It has waited for longer than it may for its first token.
    await eventually('it waits on', () => Date.now() - began > 800);
    expect(model.requests).toHaveLength(1);
    first.abort(new Error('stopped'));
    await hung;
    expect(await staying).toMatchObject({ text: 'yes', error: undefined });
    expect(model.requests).toHaveLength(2);
  });
});

describe('life', () => {
  test('comments keep a slow first token alive', async () => {
    const comments = Array.from({ length: 12 }, () => [': wait\n\n', 60]).flat();
    const body = [
      ...comments,
      'data: {"choices":[{"delta":{"content":"late"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    ];
    const model = await start({ faults: [{ kind: 'raw', body }] });
    const bounds = { firstMs: 400 };
    expect(await hearModel(modelRunner({ baseUrl: model.url }), { bounds })).toMatchObject({ text: 'late' });
  });
});

describe('connections', () => {
  test('a pooled one that the server has given up costs no attempt', async () => {
    const model = await start({ answer: 'yes', faults: [{ kind: 'drop', pooled: true }] });
    const runner = modelRunner({ baseUrl: model.url });
    const heard: unknown[] = [];
    await eventually('a connection is used again', async () => {
      heard.push(await hearModel(runner));
      return model.requests.length > heard.length;
    });
    const good: unknown = expect.objectContaining({ text: 'yes', error: undefined });
    expect(heard).toEqual(heard.map(() => good));
    const endings = await Promise.all(model.requests.map(({ ended }) => ended));
    expect(endings.slice(-2)).toEqual(['cut', 'answered']);
  });

  test('a new one that is reset is a failure of the endpoint', async () => {
    const model = await start({ faults: [{ kind: 'drop' }] });
    const error = runnerError(await hearModel(modelRunner({ baseUrl: model.url })));
    expect(error).toMatchObject({ code: 'agent_failed', retryable: true });
    expect(model.requests).toHaveLength(1);
  });

  test('a redirect within the origin keeps the request', async () => {
    const sent: ModelFault = {
      ...{ kind: 'raw', status: 307, request: 1, body: [] },
      headers: { location: '/v1/chat/completions' },
    };
    const model = await start({ answer: '{{message}}', faults: [sent] });
    expect(await hearModel(modelRunner({ baseUrl: model.url }))).toMatchObject({ text: 'hello' });
    expect(model.requests).toHaveLength(2);
  });

  test('a redirect to another origin is told, and gets no key', async () => {
    const other = await start();
    const location = `${other.url}/chat/completions`;
    const model = await start({ faults: [{ kind: 'raw', status: 308, headers: { location }, body: [] }] });
    const { runner, log } = loggedRunner({ baseUrl: model.url, apiKey: KEY });
    const error = runnerError(await hearModel(runner));
    expect(error).toMatchObject({ code: 'agent_unreachable', retryable: false });
    expect(error.message).not.toMatch(/https?:|127\.0\.0\.1|localhost/);
    expect(log).toEqual([expect.stringContaining(`redirects to ${location}`)]);
    expect(other.requests).toHaveLength(0);
  });

  test('what fails there is told to clients without its address and model, and to the log with them', async () => {
    const page: ModelFault = {
      ...{ kind: 'raw', body: ['<!doctype html><title>Log in</title>'] },
      headers: { 'content-type': 'text/html' },
    };
    const body = [
      JSON.stringify({
        error: { message: 'The model `secret-model-7` does not exist', code: 'model_not_found' },
      }),
    ];
    const unknown: ModelFault = { kind: 'raw', status: 404, body };
    const { port } = new URL((await start()).url);
    await started.pop()?.stop();
    for (const [fault, said] of [
      [page, '/v1/chat/completions'],
      [unknown, 'secret-model-7'],
      [null, 'ECONNREFUSED'],
    ] as const) {
      const baseUrl = fault ? (await start({ faults: [fault] })).url : `http://127.0.0.1:${port}/v1`;
      const { runner, log } = loggedRunner({ baseUrl });
      const { message } = runnerError(await hearModel(runner));
      expect(message).not.toMatch(/https?:|127\.0\.0\.1|localhost|secret-model|\/v1/);
      expect(log).toEqual([expect.stringContaining(said)]);
    }
  });

  test('go through the proxy that the environment names', async () => {
    const model = await start({ answer: 'yes' });
    const sockets: Socket[] = [];
    let connected = 0;
    const proxy = createServer().on('connect', (request, socket: Socket, head) => {
      connected += 1;
      const { hostname, port } = new URL(`http://${request.url ?? ''}`);
      const target = connect(Number(port), hostname, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        target.write(head);
        target.pipe(socket).pipe(target);
      });
      sockets.push(socket, target);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    process.env['HTTP_PROXY'] = `http://127.0.0.1:${port}`;
    try {
      expect(await hearModel(modelRunner({ baseUrl: model.url }))).toMatchObject({ text: 'yes' });
      expect(connected).toBe(1);
    } finally {
      delete process.env['HTTP_PROXY'];
      for (const socket of sockets) socket.destroy();
      proxy.close();
    }
  });
});

describe('what a provider said', () => {
  test('stands in the log without keys, bounded', async () => {
    const message = `No: ${KEY}, Bearer abcdef123456, api_key=zzzzzzzz, sk-proj-ab**********yz. ${'x'.repeat(5_000)}`;
    const model = await start({
      faults: [{ kind: 'status', status: 401, message, code: 'invalid_api_key' }],
    });
    const lines: [object, string][] = [];
    const runner = modelRunner({ baseUrl: model.url, apiKey: KEY }, createTransport(), {
      warn: (fields, said) => lines.push([fields, said]),
    });
    const error = runnerError(await hearModel(runner));
    expect(lines).toEqual([
      [
        expect.objectContaining({
          step: 't1.1',
          attempt: 1,
          code: 'agent_refused',
          said: expect.any(String),
        }),
        'A model call failed',
      ],
    ]);
    const said = JSON.stringify(lines);
    expect(said).toContain('No: [redacted]');
    expect(said).not.toMatch(/key-for-tests|abcdef123456|zzzzzzzz|sk-proj/);
    expect(said.length).toBeLessThan(1_500);
    expect(error.message).not.toContain('No:');
  });
});
