/** What a worker records of a step: a span for the step, one for each attempt of an agent, and a line in its log. The names are OpenTelemetry's for generative AI. */
import { LIMITS, traceparentOf, type FinishReason, type Usage } from '../../src/contracts/index.ts';
import {
  NO_SPANS,
  randomSpanId,
  spanIdOf,
  type SpanAttributes,
  type Spans,
} from '../../src/telemetry/index.ts';
import type { StepCall, StepOutcome } from '../turn/step-call.ts';
import type { StopKind } from '../turn/stops.ts';
import { asRunnerError } from './outcome.ts';
import type { Performer } from './performer.ts';
import type { StepHost } from './host.ts';

/** Why a step is left before its end; `fault`: of the engine. */
export type Stopped = StopKind | 'fault';

/** What was heard of one attempt. */
export interface HeardAttempt {
  readonly usage: Usage | undefined;
  readonly finish: FinishReason | undefined;
  readonly text: string;
  /** When it began, and its first token came, ms since the Unix epoch. */
  readonly from: number;
  readonly first: number | undefined;
  readonly failed: { readonly error: unknown } | null;
  /** Why its agent was stopped, if that is what it failed with. */
  readonly stopped?: Stopped | undefined;
}

export function isCancelled(stopped: Stopped): boolean {
  return stopped === 'cancelled' || stopped === 'withdrawn';
}

/** How the span of an attempt is named to whoever is called. */
export function traceparentFor(host: StepHost, step: string, attempt: number): string | undefined {
  const id = attemptSpan(host, step, attempt);
  return id === null ? undefined : traceparentOf(host.origin.trace ?? '', id);
}

function attemptSpan({ origin: { trace }, means }: StepHost, step: string, attempt: number): string | null {
  const isOn = trace !== undefined && means.spans !== undefined && means.spans !== NO_SPANS;
  return isOn ? spanIdOf(trace, step, String(attempt)) : null;
}

export class StepWay {
  readonly #host: StepHost;
  readonly #call: StepCall;
  readonly #performer: Pick<Performer<unknown>, 'asked'>;
  readonly #from = Date.now();
  readonly #id = randomSpanId();
  #attempt = 0;

  constructor(host: StepHost, call: StepCall, performer: Pick<Performer<unknown>, 'asked'>) {
    this.#host = host;
    this.#call = call;
    this.#performer = performer;
  }

  get #spans(): Spans {
    return this.#host.means.spans ?? NO_SPANS;
  }

  began(attempt: number): void {
    this.#attempt = attempt;
  }

  /** An attempt of an agent is over; the attempts of a tool are the step's. */
  heard({ usage, finish, text, from, first, failed, stopped }: HeardAttempt): void {
    const { trace } = this.#host.origin;
    const id = attemptSpan(this.#host, this.#call.step, this.#attempt);
    if (id === null || trace === undefined || this.#call.use || this.#call.say !== undefined) return;
    const {
      runner,
      provider = runner,
      model,
    } = this.#call.summary?.agent ?? this.#host.agent(this.#call.agent);
    const isModel = runner === 'model';
    const content = this.#spans.withContent;
    this.#spans.add({
      ...{ trace, id, parent: this.#id, from, until: Date.now() },
      name: isModel ? ['chat', model].filter(Boolean).join(' ') : `attempt of ${runner} agent`,
      kind: isModel || runner === 'http' ? 'client' : 'internal',
      error: failed ? errorOf(failed.error, stopped) : undefined,
      events: first === undefined ? [] : [{ name: 'first token', at: first }],
      attributes: {
        ...this.#place,
        ...(isModel && { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': provider }),
        ...{ 'gen_ai.request.model': model, 'gen_ai.request.stream': isModel ? true : undefined },
        'convoke.stopped': stopped,
        'gen_ai.response.time_to_first_chunk': first === undefined ? undefined : (first - from) / 1000,
        'gen_ai.response.finish_reasons': finish === undefined ? undefined : [finish],
        ...usageOf(usage),
        'gen_ai.input.messages': content ? this.#performer.asked : undefined,
        'gen_ai.output.messages': content ? messages([{ role: 'assistant', text }]) : undefined,
      },
    });
  }

  /** The step is over, for this run of its turn. */
  ended(outcome: string, end?: StepOutcome): void {
    const { use, agent, step } = this.#call;
    const { origin, ref, turn, means } = this.#host;
    const traced = origin.trace === undefined ? {} : { trace: origin.trace };
    const ms = Date.now() - this.#from;
    const told = { ...ref, turn, step, agent, ...traced, attempt: this.#attempt, outcome, ms };
    means.logger?.debug?.(use ? { ...told, tool: use.tool } : told, 'Step ended');
    this.#tell(outcome === 'completed' ? undefined : outcome, end);
  }

  /** This run of its turn leaves the step, which goes on elsewhere: what is below its span has it as its parent. */
  left(stopped: Stopped): void {
    this.#tell(errorOf(undefined, stopped), undefined, stopped);
  }

  #tell(error: string | undefined, end: StepOutcome | undefined, stopped?: Stopped): void {
    const { use, agent, step, say } = this.#call;
    const { trace } = this.#host.origin;
    if (trace === undefined || say !== undefined) return;
    const content = this.#spans.withContent;
    this.#spans.add({
      ...{ trace, parent: spanIdOf(trace, this.#host.owner), from: this.#from, until: Date.now() },
      // What others record of a tool's call is below its newest attempt: that is this span.
      id: use ? spanIdOf(trace, step, String(this.#attempt)) : this.#id,
      name: use ? `execute_tool ${use.tool}` : `invoke_agent ${agent}`,
      error,
      attributes: {
        ...this.#place,
        'convoke.stopped': stopped,
        'gen_ai.operation.name': use ? 'execute_tool' : 'invoke_agent',
        ...(use && {
          'gen_ai.tool.name': use.tool,
          'gen_ai.tool.call.id': use.id,
          'gen_ai.tool.type': 'function',
        }),
        ...usageOf(end?.usage),
        ...(use && content && { 'gen_ai.tool.call.arguments': cut(JSON.stringify(use.input)) }),
        ...(use && content && end?.status === 'completed' && { 'gen_ai.tool.call.result': cut(end.text) }),
      },
    });
  }

  get #place(): SpanAttributes {
    const { ref, turn } = this.#host;
    return {
      ...{ 'gen_ai.conversation.id': ref.session, 'gen_ai.agent.name': this.#call.agent },
      ...{ 'convoke.tenant': ref.tenant, 'convoke.turn': turn, 'convoke.step': this.#call.step },
      'convoke.attempt': this.#attempt,
    };
  }
}

/** The code of a failure. What goes on elsewhere has not failed. */
function errorOf(error: unknown, stopped: Stopped | undefined): string | undefined {
  if (stopped === undefined) return asRunnerError(error).code;
  if (stopped === 'fault') return 'internal';
  if (stopped === 'ended') return 'step_cancelled';
  return isCancelled(stopped) ? 'cancelled' : undefined;
}

function usageOf(usage: Usage | undefined): SpanAttributes {
  return {
    'gen_ai.usage.input_tokens': usage?.inputTokens,
    'gen_ai.usage.output_tokens': usage?.outputTokens,
    'gen_ai.usage.cache_read.input_tokens': usage?.cachedTokens,
    'gen_ai.usage.reasoning.output_tokens': usage?.reasoningTokens,
  };
}

function cut(text: string): string {
  return text.length <= LIMITS.spanTextChars ? text : `${text.slice(0, LIMITS.spanTextChars)}…`;
}

/** The newest of what was said, as far as there is room, in the form of the conventions. */
export function messages(said: readonly { readonly role: string; readonly text: string }[]): string {
  let room: number = LIMITS.spanTextChars;
  const told: object[] = [];
  for (const { role, text } of [...said].reverse()) {
    if (room <= 0) break;
    told.unshift({ role, parts: [{ type: 'text', content: text.slice(0, room) }] });
    room -= text.length;
  }
  return JSON.stringify(told);
}
