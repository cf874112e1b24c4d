/**
 * A small server that speaks OpenAI's chat completions and says what it is told to say: to try model agents without a provider, and to
 * see what happens when one misbehaves.
 *
 *     node examples/scripted-model/server.ts --port 11999 --answer 'Hello, {{message}}!' --pace 40
 *     node examples/scripted-model/server.ts --port 11999 --options behaviour.json
 *
 * The file holds `ScriptedModelOptions` as JSON, for example
 * `{ "faults": [{ "kind": "status", "status": 429, "retryAfter": "2", "request": 1 }] }`. Base URL: `http://127.0.0.1:11999/v1`; any model
 * name, any key. Routes: `POST /v1/chat/completions` (streamed or not), `GET /v1/models`.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { answer } from './answer.ts';
import type { Exchange } from './answer.ts';
import { faultOf, readChatRequest } from './behaviour.ts';
import type { ChatRequest, Ending, ScriptedModelOptions, SeenRequest } from './behaviour.ts';

const MAX_BODY_BYTES = 4 * 1024 * 1024;

export interface ScriptedModel {
  /** The base URL, with `/v1`. */
  readonly url: string;
  /** Chat requests, oldest first. */
  readonly requests: readonly SeenRequest[];
  /** The chat request of this number (1, 2, …), as soon as it has come. */
  arrival(number: number): Promise<SeenRequest>;
  /** Close every connection and the server. */
  stop(): Promise<void>;
}

/** What the server remembers between requests. */
interface Memory {
  readonly requests: SeenRequest[];
  readonly waiting: Map<number, (request: SeenRequest) => void>;
  /** Connections that have carried a request. */
  readonly used: WeakSet<object>;
}

/** Start it. Rejects when the port is taken. */
export async function startScriptedModel(options: ScriptedModelOptions = {}): Promise<ScriptedModel> {
  const memory: Memory = { requests: [], waiting: new Map(), used: new WeakSet() };
  const server = createServer((request, response) => {
    handle(options, memory, request, response).catch(() => response.destroy());
  });
  server.listen(options.port ?? 0, options.host ?? '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host ?? '127.0.0.1'}:${port}/v1`,
    requests: memory.requests,
    arrival: (number) => arrival(memory, number),
    stop: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function arrival({ requests, waiting }: Memory, number: number): Promise<SeenRequest> {
  const seen = requests[number - 1];
  if (seen !== undefined) return Promise.resolve(seen);
  return new Promise((resolve) => {
    const others = waiting.get(number);
    waiting.set(number, (request) => {
      others?.(request);
      resolve(request);
    });
  });
}

async function handle(
  options: ScriptedModelOptions,
  memory: Memory,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request);
  if (options.apiKey !== undefined && request.headers.authorization !== `Bearer ${options.apiKey}`) {
    sendError(response, 401, 'Incorrect API key provided.', 'invalid_api_key');
  } else if (request.method === 'GET' && request.url === '/v1/models') {
    const data = (options.models ?? ['scripted']).map((id) => ({ id, object: 'model', owned_by: 'convoke' }));
    sendJson(response, 200, { object: 'list', data });
  } else if (request.method === 'POST' && request.url === '/v1/chat/completions') {
    await chat(options, memory, response, { headers: request.headers, chat: readChatRequest(body ?? '') });
  } else {
    sendError(response, 404, 'There is no such route.', 'not_found');
  }
}

async function chat(
  options: ScriptedModelOptions,
  memory: Memory,
  response: ServerResponse,
  asked: { readonly headers: IncomingHttpHeaders; readonly chat: ChatRequest | undefined },
): Promise<void> {
  const request = asked.chat;
  if (request === undefined) {
    sendError(response, 400, 'The body is not a chat request.', 'invalid_request');
  } else if (options.models !== undefined && !options.models.includes(request.model)) {
    sendError(response, 404, `The model '${request.model}' does not exist.`, 'model_not_found');
  } else {
    const exchange = open(memory, response, request, asked.headers);
    const fault = faultOf(options, exchange.seen.number);
    if (fault?.kind === 'status') {
      if (fault.retryAfter !== undefined) response.setHeader('retry-after', fault.retryAfter);
      if (fault.retryAfterMs !== undefined) response.setHeader('retry-after-ms', String(fault.retryAfterMs));
      const message = fault.message ?? `This is a scripted ${fault.status}.`;
      sendError(response, fault.status, message, fault.code ?? 'scripted');
    } else {
      await answer(options, exchange, fault);
    }
  }
}

/** Remember a request and watch its connection to the end. */
function open(
  memory: Memory,
  response: ServerResponse,
  request: ChatRequest,
  headers: IncomingHttpHeaders,
): Exchange {
  const gone = new AbortController();
  let end: (ending: Ending) => void = () => undefined;
  const ended = new Promise<Ending>((resolve) => {
    end = resolve;
  });
  const seen: SeenRequest = {
    number: memory.requests.length + 1,
    model: request.model,
    messages: request.messages,
    stream: request.stream,
    headers,
    body: request.body,
    tokens: 0,
    aborted: false,
    ended,
  };
  const { socket } = response;
  const pooled = socket !== null && memory.used.has(socket);
  if (socket) memory.used.add(socket);
  const exchange: Exchange = { request, response, seen, gone: gone.signal, pooled, cut: false };
  response.once('close', () => {
    seen.aborted = !response.writableFinished && !exchange.cut;
    gone.abort();
    end(exchange.cut ? 'cut' : seen.aborted ? 'aborted' : 'answered');
  });
  memory.requests.push(seen);
  memory.waiting.get(seen.number)?.(seen);
  memory.waiting.delete(seen.number);
  return exchange;
}

/** The body as text; undefined when it is too large (the rest is thrown away). */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return bytes > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks).toString('utf8');
}

function sendError(response: ServerResponse, status: number, message: string, code: string): void {
  sendJson(response, status, { error: { message, type: 'scripted_error', param: null, code } });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Started as a program. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '11999' },
      host: { type: 'string' },
      answer: { type: 'string' },
      pace: { type: 'string' },
      options: { type: 'string' },
    },
  });
  const file =
    values.options === undefined
      ? {}
      : (JSON.parse(readFileSync(values.options, 'utf8')) as ScriptedModelOptions);
  const model = await startScriptedModel({
    ...file,
    port: Number(values.port),
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(values.answer === undefined ? {} : { answer: values.answer }),
    ...(values.pace === undefined ? {} : { paceMs: Number(values.pace) }),
  });
  process.stdout.write(`Scripted model at ${model.url}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void model.stop());
}

if (import.meta.main) await main();
