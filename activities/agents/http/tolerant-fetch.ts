/**
 * The layer between the AI SDK and model endpoints: it makes whatever an endpoint answers a clean stream of chat completion chunks, so that
 * the SDK, which validates every field, sees only what it knows.
 */
import { LIMITS } from '../../../src/contracts/index.ts';
import { readAnswer, type AnswerPiece } from './answer.ts';
import { NO_ID, type WholeCall } from './calls.ts';
import { bytesOf } from './frames.ts';
import type { Fetch } from './transport.ts';

/** A `fetch` for `createOpenAICompatible`. Answers other than 2xx are handed on, their bodies cut at `LIMITS.providerErrorBytes`. */
export function tolerantFetch(transport: Fetch): Fetch {
  return async (input, init) => {
    const response = await transport(input, init);
    const { status, headers } = response;
    if (!response.ok) return new Response(await textOf(response), { status, headers: plain(headers) });
    const url = input instanceof Request ? input.url : String(input);
    const chunks = ReadableStream.from(encoded(readAnswer(response, url)));
    return new Response(chunks, { headers: { 'content-type': 'text/event-stream' } });
  };
}

/** Without what describes the bytes on the wire: the body is decoded here. */
function plain(headers: Headers): Headers {
  const kept = new Headers(headers);
  for (const name of ['content-encoding', 'content-length', 'transfer-encoding']) kept.delete(name);
  return kept;
}

async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    for await (const chunk of bytesOf(response)) {
      bytes += chunk.length;
      text += decoder.decode(chunk, { stream: true });
      if (bytes > LIMITS.providerErrorBytes) break;
    }
  } catch {
    // What has come of it must do; the status says the most.
  }
  return text;
}

async function* encoded(
  pieces: AsyncGenerator<AnswerPiece, void, undefined>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const encoder = new TextEncoder();
  for await (const piece of pieces) {
    yield encoder.encode(`data: ${JSON.stringify(chunkOf(piece))}\n\n`);
  }
}

/** The SDK demands an id and arguments. */
function toolCall({ id, name, args }: WholeCall, index: number): unknown {
  const told = { name, arguments: args.trim() === '' ? '{}' : args };
  return { index, id: id === '' ? `${NO_ID}${index}` : id, type: 'function', function: told };
}

/** The SDK's words for finish reasons. */
const FINISH = { stop: 'stop', length: 'length', filter: 'content_filter', tools: 'tool_calls' } as const;

function chunkOf({ text, reasoning, usage, calls, finish }: AnswerPiece): unknown {
  const isContent = text !== undefined || reasoning !== undefined || finish !== undefined;
  const delta = { content: text, reasoning_content: reasoning, tool_calls: calls?.map(toolCall) };
  const choice = { index: 0, delta, finish_reason: finish && FINISH[finish] };
  return {
    choices: isContent ? [choice] : [],
    ...(usage && {
      usage: {
        prompt_tokens: usage.inputTokens,
        completion_tokens: usage.outputTokens,
        prompt_tokens_details: { cached_tokens: usage.cachedTokens },
        completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
      },
    }),
  };
}
