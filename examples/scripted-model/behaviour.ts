/** How the scripted model behaves, as data, and what it has seen. */
import type { IncomingHttpHeaders } from 'node:http';

/**
 * One misbehaviour. `request`: the request (1, 2, …) in which it happens; absent: in every one. `afterTokens`: 0 is after the headers and
 * before the first token.
 *
 * - `status`: this HTTP status instead of an answer; `retryAfter` is sent as it stands (seconds or an HTTP date).
 * - `slow`: the headers come `delayMs` late, then all is well.
 * - `cut`: the connection is reset.
 * - `hang`: silence until the client gives up.
 * - `malformed`: a chunk that is not JSON, then silence.
 * - `error`: an error object inside the stream, as some providers send it, then the end.
 * - `end`: the stream ends without saying why.
 * - `drop`: the connection is reset before anything is answered; `pooled`: only one that has carried an answer before, as a server that gives
 *   up idle connections.
 * - `raw`: what is sent, word for word: to play what real servers send.
 */
export type ModelFault = { readonly request?: number } & (
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly retryAfter?: string;
      readonly retryAfterMs?: number;
      readonly message?: string;
      readonly code?: string;
    }
  | { readonly kind: 'slow'; readonly delayMs: number }
  | { readonly kind: 'error'; readonly afterTokens: number; readonly message: string; readonly code?: string }
  | { readonly kind: 'cut' | 'hang' | 'malformed' | 'end'; readonly afterTokens: number }
  | { readonly kind: 'drop'; readonly pooled?: boolean }
  | ({ readonly kind: 'raw' } & RawReply)
);

/** An answer, word for word. */
export interface RawReply {
  /** Default 200. */
  readonly status?: number;
  /** Default: those of a stream. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Pieces, each written by itself; a number is a pause before the next, ms. */
  readonly body: readonly (string | number)[];
  /** Each byte is written by itself. */
  readonly byByte?: boolean;
  /** What follows: the end, silence until the client leaves, a close without the last chunk, or a reset. Default `end`. */
  readonly then?: 'end' | 'open' | 'close' | 'reset';
}

export interface ScriptedModelOptions {
  /** 0 or absent: a free port. */
  readonly port?: number;
  /** Absent: this machine only. */
  readonly host?: string;
  /** The answer; `{{message}}` is what the user said last, `{{result}}` what the last tool has answered. Empty: an answer without any text. */
  readonly answer?: string;
  /** Tools that it calls before it answers, if they are offered. In the texts of `input` the same is replaced. */
  readonly calls?: readonly {
    readonly tool: string;
    readonly input: Readonly<Record<string, unknown>>;
  }[];
  /** Pause before each token, ms. */
  readonly paceMs?: number;
  readonly finishReason?: 'stop' | 'length' | 'content_filter';
  /** Absent: every key is welcome. */
  readonly apiKey?: string;
  readonly models?: readonly string[];
  readonly faults?: readonly ModelFault[];
}

export type Ending = 'answered' | 'aborted' | 'cut';

/** A chat request that has come. Changes while it is answered. */
export interface SeenRequest {
  /** 1, 2, … */
  readonly number: number;
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly stream: boolean;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** The whole request. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Tokens sent so far. */
  tokens: number;
  /** The client closed the connection before the answer was complete. */
  aborted: boolean;
  /** Resolves when nothing more will be sent; `cut` is the server's own doing. */
  readonly ended: Promise<Ending>;
}

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly body: Readonly<Record<string, unknown>>;
}

const DEFAULT_ANSWER = 'You said: {{message}}';

/** Read a chat request; undefined when it is not one. Content in parts is joined. */
export function readChatRequest(text: string): ChatRequest | undefined {
  const body = asRecord(parse(text));
  const messages: readonly unknown[] | undefined = Array.isArray(body?.['messages'])
    ? body['messages']
    : undefined;
  if (body === undefined || messages === undefined || messages.length === 0) return undefined;
  return {
    model: typeof body['model'] === 'string' ? body['model'] : '',
    messages: messages.map((message) => ({
      role: String(asRecord(message)?.['role']),
      content: contentOf(asRecord(message)?.['content']),
    })),
    stream: body['stream'] === true,
    includeUsage: asRecord(body['stream_options'])?.['include_usage'] === true,
    body,
  };
}

/** The answer's tokens: words with the space before them. */
export function answerTokens(options: ScriptedModelOptions, request: ChatRequest): readonly string[] {
  return filled(options.answer ?? DEFAULT_ANSWER, request).match(/\s*\S+|\s+$/gu) ?? [];
}

/** The text with its placeholders replaced. */
export function filled(text: string, { messages }: ChatRequest, written = (said: string) => said): string {
  const said = (role: string): string => messages.findLast((message) => message.role === role)?.content ?? '';
  return text
    .replaceAll('{{message}}', () => written(said('user')))
    .replaceAll('{{result}}', () => written(said('tool')));
}

/** Usage as OpenAI counts it, with a word for a token. */
export function usageOf(request: ChatRequest, completionTokens: number): Readonly<Record<string, number>> {
  const promptTokens = request.messages.reduce((sum, { content }) => sum + wordCount(content), 0);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

export function faultOf(options: ScriptedModelOptions, number: number): ModelFault | undefined {
  return options.faults?.find((fault) => fault.request === undefined || fault.request === number);
}

function wordCount(text: string): number {
  return text.match(/\S+/gu)?.length ?? 0;
}

function contentOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  const texts = content.map((part: unknown) => asRecord(part)?.['text']);
  return texts.filter((text) => typeof text === 'string').join('');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}
