/** How an oddity is written down. */
import type { RawReply } from '../../../examples/scripted-model/behaviour.ts';
import type { ErrorCode, FinishReason, ToolCall, Usage } from '../../../src/contracts/index.ts';

export interface Oddity {
  readonly name: string;
  readonly sent: RawReply;
  /** The whole text. */
  readonly text?: string;
  readonly reasoning?: string;
  readonly calls?: readonly ToolCall[];
  /** Default `stop`. */
  readonly finish?: FinishReason;
  readonly usage?: Usage;
  /** How it fails; absent: it does not. */
  readonly fails?: Failure;
}

export interface Failure {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  /** Part of the sentence. */
  readonly says?: string | RegExp;
  readonly retryAfterMs?: number;
}

export const JSON_HEADERS = { 'content-type': 'application/json' };

export const data = (value: unknown): string =>
  `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`;
export const chunk = (delta: object, finish: unknown = null, more: object = {}): string =>
  data({
    id: 'c1',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...more,
  });
export const say = (...texts: string[]): string => texts.map((content) => chunk({ content })).join('');
export const STOP = chunk({}, 'stop');
export const DONE = data('[DONE]');
export const USAGE = { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 };
export const COUNTED: Usage = { inputTokens: 7, outputTokens: 2 };
export const HELLO = say('Hel', 'lo');

export const stream = (...body: (string | number)[]): RawReply => ({ body });
export const json = (value: unknown, status = 200): RawReply => ({
  ...{ status, headers: JSON_HEADERS, body: [JSON.stringify(value)] },
});
export const failing = (code: ErrorCode, says?: string | RegExp): Failure => ({
  ...{ code, retryable: true },
  ...(says === undefined ? {} : { says }),
});
export const final = (code: ErrorCode, says?: string | RegExp): Failure => ({
  ...{ code, retryable: false },
  ...(says === undefined ? {} : { says }),
});

export const good = (name: string, sent: RawReply, more: Partial<Oddity> = {}): Oddity => ({
  ...{ name, sent, text: 'Hello' },
  ...more,
});
