/**
 * The port by which parts record a message's way. A span is told when it is over, with ids that follow from what it is about: a message is
 * answered by several processes, over days, and what runs again after a crash is the same span again. docs/traces.md lists them.
 */
import { createHash, randomBytes } from 'node:crypto';

export type SpanKind = 'internal' | 'server' | 'client' | 'consumer' | 'producer';
export type SpanAttributes = Readonly<
  Record<string, string | number | boolean | readonly string[] | undefined>
>;

export interface SpanEvent {
  readonly name: string;
  /** ms since the Unix epoch. */
  readonly at: number;
}

export interface Span {
  /** 32 hexadecimal digits. */
  readonly trace: string;
  /** 16 hexadecimal digits: see `spanIdOf`. */
  readonly id: string;
  /** Absent: it is the first of its trace. */
  readonly parent?: string | undefined;
  readonly name: string;
  readonly kind?: SpanKind;
  /** ms since the Unix epoch. */
  readonly from: number;
  readonly until: number;
  /** Those that are undefined are left out. */
  readonly attributes: SpanAttributes;
  /** The code of what went wrong; absent: nothing did. */
  readonly error?: string | undefined;
  readonly events?: readonly SpanEvent[];
  /** Spans of other traces in which it goes on. */
  readonly links?: readonly Pick<Span, 'trace' | 'id'>[];
}

export interface Spans {
  /** What people and agents say, and what tools are called with, is recorded, too. */
  readonly withContent: boolean;
  /** Whether a message that comes without a trace gets this one. */
  samples(trace: string): boolean;
  /** Never throws, and never waits. */
  add(span: Span): void;
}

/** Nothing is recorded. */
export const NO_SPANS: Spans = { withContent: false, samples: () => false, add: () => undefined };

function digits(names: readonly string[], count: number): string {
  return createHash('sha256').update(JSON.stringify(names)).digest('hex').slice(0, count);
}

/** The trace of a message that comes without one: the same however often it is sent. */
export function traceIdOf(tenant: string, session: string, messageId: string): string {
  return digits(['trace', tenant, session, messageId], 32);
}

/** A span of that trace, by what it is about. */
export function spanIdOf(trace: string, ...names: readonly string[]): string {
  return digits([trace, ...names], 16);
}

/** The span of a turn's way to a worker. */
export function orchestrateSpan(trace: string, turn: string): string {
  return spanIdOf(trace, turn, 'orchestrate');
}

/** Of a span to which nothing is added later. */
export function randomSpanId(): string {
  return randomBytes(8).toString('hex');
}

/** The span of a message that has been accepted: what follows from it is below that. */
export function messageSpan(trace: string, session: string, messageId: string): string {
  return spanIdOf(trace, session, 'message', messageId);
}
