/** What a gateway records of an event's way out: the ends of steps and turns, of messages that have a trace. */
import { endsStep, endsTurn } from '../../contracts/index.ts';
import type { SessionEvent } from '../../contracts/index.ts';
import { messageSpan, orchestrateSpan, randomSpanId, type Spans } from '../../telemetry/index.ts';

/** It was handed to so many that watch, just now. */
export function recordPush(spans: Spans, event: SessionEvent, watchers: number): void {
  const { trace, cause, type, session, tenant, at, seq } = event;
  if (trace === undefined || cause === undefined || watchers === 0 || !(endsStep(type) || endsTurn(type)))
    return;
  const { into, intoTrace } = type === 'turn.merged' ? event.data : {};
  const goesOn = into !== undefined && intoTrace !== undefined;
  spans.add({
    ...{ trace, id: randomSpanId(), parent: messageSpan(trace, session, cause) },
    ...{ name: `deliver ${type}`, kind: 'producer', from: at, until: Date.now() },
    links: goesOn ? [{ trace: intoTrace, id: orchestrateSpan(intoTrace, into) }] : [],
    attributes: {
      ...{ 'gen_ai.conversation.id': session, 'convoke.tenant': tenant, 'convoke.turn': event.turn },
      ...{ 'convoke.step': event.step, 'convoke.seq': seq, 'convoke.watchers': watchers },
      'convoke.turn.into': into,
    },
  });
}
