/** What a session sends, and what became of it. */
import { ConvokeError, nextTurn, turnNumber } from '../contracts/public.ts';
import type {
  CancelRequest,
  InterjectionPolicy,
  Receipt,
  SendRequest,
  SentPart,
  SessionView,
} from '../contracts/public.ts';
import { randomId } from './timing.ts';
import type { TurnTarget } from './turn-stream.ts';

/** What `send` accepts besides plain text. */
export interface OutgoingMessage {
  readonly text?: string;
  readonly parts?: readonly SentPart[];
  /** Makes sending twice harmless; generated if absent. */
  readonly messageId?: string;
  /** The sender's name, as shown to others. */
  readonly from?: string;
  /** What it does if a turn runs, or messages wait; absent: what the session says. */
  readonly policy?: InterjectionPolicy;
  /** When it is to be delivered, ms since the Unix epoch, at most 90 days ahead; absent: now. */
  readonly deliverAt?: number;
  /** The question to a person that it answers. */
  readonly answers?: string;
  /** It is an event of the application on this channel, which no agent answers: `send({ channel: 'orders', parts: […] })`. */
  readonly channel?: string;
  /** A direct message: only they and its sender are told what it says. */
  readonly to?: readonly string[];
  /** Your span in W3C Trace Context: the way of the message is recorded below it. */
  readonly traceparent?: string;
}

export function targetOf(target: string): TurnTarget {
  return turnNumber(target) > 0 ? { turn: target } : { messageId: target };
}

/** What a cancel means that names nothing, as far as it is known here. */
export function nextOf(view: SessionView | null): CancelRequest {
  const turn = view ? nextTurn(view) : undefined;
  return turn === undefined ? {} : { turn };
}

export function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : 'internal';
}

export function isFinal({ status, turnStatus }: Receipt): boolean {
  return ['rejected', 'superseded', 'published'].includes(status) || (turnStatus ?? 'running') !== 'running';
}

/** What may be said beside the text. */
export type SendOptions = Pick<
  OutgoingMessage,
  'from' | 'policy' | 'answers' | 'messageId' | 'channel' | 'to' | 'traceparent'
>;

/** A message that agents answer. */
export type Asking = Omit<OutgoingMessage, 'channel' | 'to'>;
export type AskOptions = Omit<SendOptions, 'channel' | 'to'> & { readonly signal?: AbortSignal };

export function toRequest(
  message: string | OutgoingMessage,
  options: SendOptions = {},
): SendRequest & OutgoingMessage {
  const { messageId = randomId(), ...rest } = typeof message === 'string' ? { text: message } : message;
  return { messageId, ...rest, ...options };
}

/**
 * The request of a message that is to be answered. The types forbid `channel` and `to`; whoever gets round them would wait for an answer that
 * never comes. Throws `invalid_request`.
 */
export function toQuestion(message: string | Asking, options: AskOptions): SendRequest & OutgoingMessage {
  const request = toRequest(message, options);
  const [unanswered] = (['channel', 'to'] as const).filter((name) => request[name] !== undefined);
  if (unanswered === undefined) return request;
  throw new ConvokeError(
    'invalid_request',
    `No agent answers a message with "${unanswered}": use send, not ask.`,
  );
}
