/** What a worker records of a turn: spans for its orchestration and for each of its runs, and lines in its log. */
import type { LoggedEvent, TurnInput, TurnResult } from '../../src/contracts/index.ts';
import {
  messageSpan,
  NO_SPANS,
  orchestrateSpan,
  spanIdOf,
  type SpanAttributes,
} from '../../src/telemetry/index.ts';
import { TurnStopped } from './stops.ts';
import type { TurnDeps } from './turn-deps.ts';

/** One run, as far as it is recorded. */
interface Run {
  readonly owner: string;
  readonly log: { readonly turnEnd: LoggedEvent | undefined };
}

/** Records `run` of this input. `attempt`: Temporal's; 0 if it counts none. */
export async function recorded(
  { spans = NO_SPANS, logger, conversations }: Pick<TurnDeps, 'spans' | 'logger' | 'conversations'>,
  { of, input, attempt }: { readonly of: Run; readonly input: TurnInput; readonly attempt: number },
  run: () => Promise<TurnResult>,
): Promise<TurnResult> {
  const { tenant, session, turn, trace, causes } = input;
  const from = Date.now();
  const place = { tenant, session, turn, ...(trace === undefined ? {} : { trace }), attempt };
  const parent = messageSpan(trace ?? '', session, causes[0] ?? '');
  const attributes = { 'gen_ai.conversation.id': session, 'convoke.tenant': tenant, 'convoke.turn': turn };
  const since = attempt > 1 ? undefined : sinceOf(input);
  if (trace !== undefined && since !== undefined) {
    const id = orchestrateSpan(trace, turn);
    spans.add({
      trace,
      id,
      parent,
      name: 'orchestrate',
      kind: 'consumer',
      from: since,
      until: from,
      attributes,
    });
  }
  logger?.debug?.(place, 'Turn runs');
  const ended = (status: string, failure?: string): void => {
    logger?.debug?.(
      { ...place, status, ...(failure && { code: failure }), ms: Date.now() - from },
      'Turn stops running',
    );
    if (trace === undefined) return;
    const team = conversations.info({ tenant, session })?.team.name;
    spans.add({
      ...{ trace, id: spanIdOf(trace, of.owner), parent, from, until: Date.now(), error: failure },
      name: ['invoke_workflow', team].filter(Boolean).join(' '),
      attributes: { ...attributes, ...runOf(team, attempt, causes), 'convoke.turn.status': status },
    });
  };
  try {
    const result = await run();
    const { turnEnd } = of.log;
    ended(result.status, turnEnd?.type === 'turn.failed' ? turnEnd.data.code : undefined);
    return result;
  } catch (error) {
    // Another execution has the turn.
    if (error instanceof TurnStopped) ended('superseded');
    else ended('fault', 'internal');
    throw error;
  }
}

function runOf(team: string | undefined, attempt: number, causes: readonly string[]): SpanAttributes {
  return {
    ...{ 'gen_ai.operation.name': 'invoke_workflow', 'gen_ai.agent.name': team },
    ...{ 'convoke.attempt': attempt, 'convoke.messages': causes },
  };
}

/** When the turn's first message was handed to Temporal, or, if it had to wait, when the turn began; undefined: the turn has run before. */
function sinceOf({ lead, turn, ranMs, attempts }: TurnInput): number | undefined {
  if (ranMs !== undefined || attempts > 0) return undefined;
  const facts = lead.filter((fact) => fact.turn === turn);
  const started = facts.find(({ type }) => type === 'turn.started');
  const accepted = facts.find((fact) => fact.type === 'message.accepted' && !fact.data.queued);
  return started && (accepted?.stamps?.admit ?? started.at);
}
