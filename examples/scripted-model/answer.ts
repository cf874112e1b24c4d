/** How the scripted model answers one chat request: streamed or in one piece, well or badly. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { answerTokens, usageOf } from './behaviour.ts';
import { callsOf } from './calls.ts';
import type { ChatRequest, ModelFault, RawReply, ScriptedModelOptions, SeenRequest } from './behaviour.ts';

/** One request being answered. */
export interface Exchange {
  readonly request: ChatRequest;
  readonly response: ServerResponse;
  readonly seen: SeenRequest;
  /** Aborted when the connection has closed, whoever closed it. */
  readonly gone: AbortSignal;
  /** The connection has carried an answer before. */
  readonly pooled: boolean;
  /** The server itself has reset the connection. */
  cut: boolean;
}

/** Answer, with this fault if any. Resolves when all is sent or the connection has closed. */
export async function answer(
  options: ScriptedModelOptions,
  exchange: Exchange,
  fault: ModelFault | undefined,
): Promise<void> {
  try {
    if (fault?.kind === 'drop' && (exchange.pooled || fault.pooled !== true)) {
      await reset(exchange);
      return;
    }
    if (fault?.kind === 'raw') {
      await sendRaw(exchange, fault);
      return;
    }
    if (fault?.kind === 'slow') await pause(fault.delayMs, undefined, { signal: exchange.gone });
    await (exchange.request.stream ? stream(options, exchange, fault) : whole(options, exchange, fault));
  } catch (error) {
    // The client went away: what we wanted to see.
    if (!exchange.gone.aborted) throw error;
  }
}

async function stream(
  options: ScriptedModelOptions,
  exchange: Exchange,
  fault: ModelFault | undefined,
): Promise<void> {
  const { request, response, seen, gone } = exchange;
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  response.flushHeaders();
  const calls = callsOf(options, request);
  const failAt = fault !== undefined && 'afterTokens' in fault ? fault.afterTokens : Infinity;
  await send(exchange, chunk(request, { delta: { role: 'assistant', content: '' }, finish_reason: null }));
  for (const text of calls.length > 0 ? [] : answerTokens(options, request)) {
    if (seen.tokens >= failAt) break;
    if (options.paceMs) await pause(options.paceMs, undefined, { signal: gone });
    await send(exchange, chunk(request, { delta: { content: text }, finish_reason: null }));
    seen.tokens += 1;
  }
  if (fault !== undefined && 'afterTokens' in fault && seen.tokens >= failAt) {
    await misbehave(exchange, fault);
    return;
  }
  for (const call of calls)
    await send(exchange, chunk(request, { delta: { tool_calls: [call] }, finish_reason: null }));
  const finish = calls.length > 0 ? 'tool_calls' : (options.finishReason ?? 'stop');
  await send(exchange, chunk(request, { delta: {}, finish_reason: finish }));
  if (request.includeUsage)
    await send(exchange, { ...head(request), choices: [], usage: usageOf(request, seen.tokens) });
  response.end('data: [DONE]\n\n');
}

/** One answer in JSON. Faults in the middle of a stream have no place here: they cut the connection or keep silent. */
async function whole(
  options: ScriptedModelOptions,
  exchange: Exchange,
  fault: ModelFault | undefined,
): Promise<void> {
  const { request, response, seen, gone } = exchange;
  if (fault !== undefined && fault.kind !== 'slow' && fault.kind !== 'drop') {
    await (fault.kind === 'hang' ? closed(gone) : cutConnection(exchange));
    return;
  }
  const calls = callsOf(options, request);
  const tokens = calls.length > 0 ? [] : answerTokens(options, request);
  if (options.paceMs) await pause(options.paceMs * tokens.length, undefined, { signal: gone });
  seen.tokens = tokens.length;
  const called = calls.length > 0 ? { tool_calls: calls } : {};
  const message = { role: 'assistant', content: tokens.join(''), ...called };
  response.writeHead(200, { 'content-type': 'application/json' }).end(
    JSON.stringify({
      ...head(request),
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message,
          finish_reason: calls.length > 0 ? 'tool_calls' : (options.finishReason ?? 'stop'),
        },
      ],
      usage: usageOf(request, tokens.length),
    }),
  );
}

async function misbehave(
  exchange: Exchange,
  fault: Extract<ModelFault, { readonly afterTokens: number }>,
): Promise<void> {
  const { response, gone } = exchange;
  switch (fault.kind) {
    case 'cut':
      await cutConnection(exchange);
      return;
    case 'hang':
      await closed(gone);
      return;
    case 'malformed':
      response.write('data: {"choices": [{"delta": {"content": \n\n');
      await closed(gone);
      return;
    case 'error':
      await send(exchange, {
        error: { message: fault.message, type: 'scripted_error', code: fault.code ?? 'scripted' },
      });
      response.end();
      return;
    case 'end':
      response.end();
  }
}

/** Reset the connection, after what was written has been handed to the system: the client may see the tokens before the cut. */
async function cutConnection(exchange: Exchange): Promise<void> {
  const { response, gone } = exchange;
  await new Promise<void>((resolve) => {
    if (response.headersSent) response.write(': cut\n\n', () => resolve());
    else resolve();
  });
  exchange.cut = true;
  response.destroy();
  await closed(gone);
}

/** With RST, as a server that has died or given the connection up: what the client has not read yet may be lost. */
async function reset(exchange: Exchange): Promise<void> {
  exchange.cut = true;
  exchange.response.socket?.resetAndDestroy();
  await closed(exchange.gone);
}

/** Send what the script says, word for word. */
async function sendRaw(exchange: Exchange, reply: RawReply): Promise<void> {
  const { response, gone } = exchange;
  response.writeHead(reply.status ?? 200, reply.headers ?? { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  for (const piece of reply.body) {
    if (typeof piece === 'number') await pause(piece, undefined, { signal: gone });
    else for (const part of reply.byByte === true ? bytesOf(piece) : [piece]) await write(exchange, part);
  }
  switch (reply.then ?? 'end') {
    case 'end':
      response.end();
      return;
    case 'open':
      await closed(gone);
      return;
    case 'close':
      exchange.cut = true;
      response.destroy();
      return;
    case 'reset':
      await reset(exchange);
  }
}

function bytesOf(text: string): readonly Uint8Array[] {
  return [...new TextEncoder().encode(text)].map((byte) => Uint8Array.of(byte));
}

/** Resolves when the system has taken it, so that each piece is a packet of its own. */
async function write({ response, gone }: Exchange, part: string | Uint8Array): Promise<void> {
  gone.throwIfAborted();
  await new Promise<void>((resolve) => {
    response.write(part, () => {
      resolve();
    });
  });
}

/** Write one server-sent event, no faster than the client reads. */
async function send({ response, gone }: Exchange, data: unknown): Promise<void> {
  gone.throwIfAborted();
  if (!response.write(`data: ${JSON.stringify(data)}\n\n`)) await once(response, 'drain', { signal: gone });
}

async function closed(gone: AbortSignal): Promise<void> {
  if (!gone.aborted) await once(gone, 'abort');
}

function chunk(request: ChatRequest, choice: Readonly<Record<string, unknown>>): unknown {
  return { ...head(request), choices: [{ index: 0, ...choice }] };
}

function head(request: ChatRequest): Readonly<Record<string, unknown>> {
  const created = Math.floor(Date.now() / 1000);
  return { id: 'chatcmpl-scripted', object: 'chat.completion.chunk', created, model: request.model };
}
