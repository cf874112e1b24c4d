/** What messages and operations take from the buckets of their tenant. */
import {
  ConvokeError,
  LIMITS,
  type LimitName,
  type LimitUse,
  type TenantLimits,
} from '../contracts/index.ts';
import { quotaKey } from './keys.ts';

const MINUTE_MS = 60_000;

/** A message that asks to be let in. */
export interface Asked {
  readonly tenant: string;
  readonly session: string;
  readonly messageId: string;
  /** Its sender. */
  readonly from?: string;
  /** UTF-8 bytes of the JSON of its parts. */
  readonly bytes: number;
}

/** A request that starts or changes something in Temporal, and is no message. */
export interface Operation {
  readonly tenant: string;
  /** Of the session token that it comes with. */
  readonly subject?: string;
  /** Names the request: what is sent to Redis twice takes once. */
  readonly operation: string;
}

/** What is taken from one bucket. */
export interface Want {
  readonly limit: RateName;
  readonly key: string;
  readonly cost: number;
  /** Absent: there is no such limit, and nothing is taken. */
  readonly perMinute?: number;
  /** What it holds. */
  readonly burst: number;
}

export type RateName = Extract<LimitName, `${string}PerMinute`>;

/** What a bucket holds that nobody has taken from. */
export function burstOf(limits: TenantLimits, limit: RateName): number {
  const perMinute = limits[limit] ?? 0;
  const usual = Math.max(1, Math.ceil((perMinute * LIMITS.burstMs) / MINUTE_MS));
  return limit === 'messagesPerMinute' ? (limits.messagesBurst ?? usual) : usual;
}

/** What a subject may do follows from what its tenant may, if nothing else is said. */
function withShare(limits: TenantLimits): TenantLimits {
  const { operationsPerMinute: all, subjectOperationsPerMinute: own } = limits;
  const share = own ?? (all === undefined ? undefined : all * LIMITS.subjectOperationsShare);
  return share === undefined ? limits : { ...limits, subjectOperationsPerMinute: share };
}

/** One for each bucket, always in the same order. */
export function wantsOf(given: TenantLimits, asked: Asked | Operation): readonly Want[] {
  const limits = 'operation' in asked ? withShare(given) : given;
  const { tenant } = asked;
  const want = (limit: RateName, cost: number, ...path: readonly string[]): Want => {
    const perMinute = limits[limit];
    const key = quotaKey(tenant, ...path);
    return { limit, key, cost, burst: burstOf(limits, limit), ...(perMinute !== undefined && { perMinute }) };
  };
  if ('operation' in asked) {
    const { subject } = asked;
    return [
      want('operationsPerMinute', 1, 'operations'),
      want('subjectOperationsPerMinute', subject === undefined ? 0 : 1, 'operator', subject ?? ''),
    ];
  }
  const { session, from, bytes } = asked;
  return [
    want('messagesPerMinute', 1, 'messages'),
    want('messageBytesPerMinute', bytes, 'bytes'),
    want('sessionMessagesPerMinute', 1, 'session', session),
    want('subjectMessagesPerMinute', from === undefined ? 0 : 1, 'subject', from ?? ''),
  ];
}

/** True if a message of the tenant has to be counted. */
export function hasRates(limits: TenantLimits): boolean {
  const { messagesPerMinute, messageBytesPerMinute } = limits;
  const { sessionMessagesPerMinute, subjectMessagesPerMinute } = limits;
  return [messagesPerMinute, messageBytesPerMinute, sessionMessagesPerMinute, subjectMessagesPerMinute].some(
    (each) => each !== undefined,
  );
}

/** True if an operation has to be counted. */
export function hasOperationRates(limits: TenantLimits, { subject }: Pick<Operation, 'subject'>): boolean {
  const { operationsPerMinute, subjectOperationsPerMinute } = limits;
  return (
    operationsPerMinute !== undefined || (subject !== undefined && subjectOperationsPerMinute !== undefined)
  );
}

/** In how many ms so much comes. */
export function msOf(amount: number, perMinute: number): number {
  return (amount * MINUTE_MS) / perMinute;
}

/** How a bucket stands that will be full after so many ms. `backInMs`: see `LimitUse`. */
export function useOf(
  { limit, perMinute = 0, burst }: Pick<Want, 'limit' | 'perMinute' | 'burst'>,
  fullInMs: number,
  backInMs = fullInMs,
): LimitUse {
  const used = Math.min(burst, Math.ceil((fullInMs * perMinute) / MINUTE_MS));
  return {
    ...{ limit, most: Math.ceil(perMinute), windowMs: MINUTE_MS, used, left: burst - used },
    backInMs: Math.ceil(backInMs),
  };
}

/** The refusal of a message or an operation. `refused`: at least one. */
export function rateLimited(refused: readonly LimitUse[]): ConvokeError {
  const retryAfterMs = Math.max(...refused.map(({ backInMs = 0 }) => backInMs));
  const names = refused.map(({ limit, most }) => `${limit} (${most})`).join(', ');
  const told = `Send the same request again in ${Math.ceil(retryAfterMs / 1_000)} s`;
  return new ConvokeError('rate_limited', `${told}: the tenant has used up ${names}.`, {
    retryAfterMs,
    limits: refused,
  });
}
