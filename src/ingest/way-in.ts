/** What a gateway records of a message's way in: a span, and a line in its log. */
import { isConvokeError, parseTraceparent } from '../contracts/index.ts';
import type { Message, SessionRef } from '../contracts/index.ts';
import { messageSpan, NO_SPANS, randomSpanId, traceIdOf } from '../telemetry/index.ts';
import type { Decisions, Spans } from '../telemetry/index.ts';

/** Which trace a message belongs to, and the span of its sender below which it is. */
export interface Traced {
  readonly trace: string;
  readonly parent?: string;
}

/** `again`: the session has had the message already. */
export type Outcome = 'accepted' | 'again' | { readonly error: unknown };

export class WayIn {
  readonly #spans: Spans;
  readonly #logger: Decisions | undefined;

  /** Without `spans` nothing is recorded, without `logger` nothing is told. */
  constructor(spans: Spans = NO_SPANS, logger?: Decisions) {
    this.#spans = spans;
    this.#logger = logger;
  }

  /** The trace of a message. `traceparent`: what its sender has given; undefined, or malformed: it has one of its own if there are spans. */
  traced(
    { tenant, session }: SessionRef,
    messageId: string,
    traceparent: string | undefined,
  ): Traced | undefined {
    const given = traceparent === undefined ? null : parseTraceparent(traceparent);
    // Whoever records nothing wants nothing recorded.
    if (given) return given.isSampled ? { trace: given.trace, parent: given.span } : undefined;
    if (this.#spans === NO_SPANS) return undefined;
    const trace = traceIdOf(tenant, session, messageId);
    return this.#spans.samples(trace) ? { trace } : undefined;
  }

  ended({ tenant, session }: SessionRef, message: Message, outcome: Outcome, traced?: Traced): void {
    const { messageId, receivedAt, channel, from } = message;
    const code = typeof outcome === 'string' ? undefined : codeOf(outcome.error);
    const place = { tenant, session, message: messageId, ...(traced && { trace: traced.trace }) };
    const ms = Date.now() - receivedAt;
    if (code !== undefined) this.#logger?.debug({ ...place, code, ms }, 'Message refused');
    else if (outcome === 'again') this.#logger?.debug({ ...place, ms }, 'Message was there already');
    else this.#logger?.debug({ ...place, ms }, 'Message accepted');
    if (!traced) return;
    const { trace, parent } = traced;
    this.#spans.add({
      ...{ trace, parent, name: 'send message', kind: 'server', from: receivedAt, until: Date.now() },
      // What follows is below the span of the one that was accepted.
      id: outcome === 'accepted' ? messageSpan(trace, session, messageId) : randomSpanId(),
      error: code,
      attributes: {
        'gen_ai.conversation.id': session,
        'convoke.tenant': tenant,
        'convoke.message.id': messageId,
        'convoke.message.from': this.#spans.withContent ? from : undefined,
        'convoke.message.again': outcome === 'again' ? true : undefined,
        'convoke.channel': channel,
      },
    });
  }
}

function codeOf(error: unknown): string {
  return isConvokeError(error) ? error.code : 'internal';
}
