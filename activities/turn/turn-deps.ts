import {
  ConvokeError,
  START,
  type AgentSpec,
  type EventDraft,
  type Limits,
  type Price,
  type SessionInfo,
  type SessionRef,
  type SummarySpec,
  type TurnProgress,
  type Wait,
} from '../../src/contracts/index.ts';
import type { Files } from '../../src/files/index.ts';
import { recoverLog, type Stalls } from '../../src/log/index.ts';
import type { Decisions, Logger, Metrics, Spans } from '../../src/telemetry/index.ts';
import type { AgentRunner } from '../agents/runner.ts';
import type { Tool } from '../tools/tool.ts';
import type { Conversations } from '../conversation/conversations.ts';
import type { LogAccess } from '../log-writer.ts';
import type { Team } from '../teams/team.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { Places } from './place.ts';
import type { TurnStopped } from './stops.ts';
import type { RunWatch } from './watch.ts';

/** What runs of turns share in a worker. */
export interface TurnDeps extends LogAccess {
  readonly conversations: Conversations;
  readonly teams: Readonly<Record<string, Team>>;
  readonly runners: Readonly<Partial<Record<string, AgentRunner>>>;
  /** Tools of this worker, by name: those of `names`, and all of a server in `names`. Throws a `ToolError` if such a one cannot be reached. */
  readonly tools: (names: readonly string[]) => Promise<ReadonlyMap<string, Tool>>;
  /** An agent of the session with the settings of this worker's configuration, if it refers to that. */
  readonly configured: (agent: AgentSpec) => AgentSpec;
  /** What turns may spend, of sessions that do not say it themselves. */
  readonly limits?: Limits;
  /** How long sessions are summarised that do not say it themselves; absent: they are not. */
  readonly summary?: SummarySpec;
  /** What a model costs; undefined: not known. */
  readonly priceOf?: (agent: AgentSpec) => Price | undefined;
  /** Files of sessions; absent: there is no place for them. */
  readonly files?: Files | undefined;
  /** Counts the turns of tenants that run; absent: nobody does. */
  readonly places?: Places | undefined;
  /** Names this process in events; absent: they do not say. */
  readonly process?: string | undefined;
  /** Told what runs here; absent: nobody is. */
  readonly watch?: RunWatch | undefined;
  /** Which turns have blocked workers. */
  readonly stalls: Pick<Stalls, 'of'>;
  readonly logger?: (Pick<Logger, 'warn'> & Partial<Decisions>) | undefined;
  /** Absent: nothing is counted. */
  readonly metrics?: Metrics | undefined;
  /** Absent: nothing is recorded of the way of messages. */
  readonly spans?: Spans | undefined;
}

/** The execution, as its caller sees it. */
export interface TurnCall {
  readonly owner: string;
  /** Temporal's attempt; 0 for a local activity, whose executions have no order. */
  readonly attempt: number;
  /** What earlier attempts of this activity have persisted. */
  readonly progress: TurnProgress | null;
  /** The channel of the journal; null: saying it all again is harmless. */
  readonly heartbeat: (
    details: () => TurnProgress,
    stop: (why: TurnStopped) => void,
  ) => Heartbeat<TurnProgress> | null;
  /** Waits longer than this are the workflow's, ms. */
  readonly suspendAfterMs: number;
  /** What it waited for before it came here: a worker that has what it needs. Absent: this one was as good as any. */
  readonly waited?: readonly Wait[] | undefined;
  /** The worker is to stop: the turn should be handed over at its next pause between steps. */
  readonly draining: AbortSignal;
}

/** What the session was created with: remembered, about to be written, or in the log. */
export async function infoOf(
  { conversations, log, source }: Pick<TurnDeps, 'conversations' | 'log' | 'source'>,
  ref: SessionRef,
  lead: readonly EventDraft[],
): Promise<SessionInfo> {
  const known = conversations.info(ref);
  if (known) return known;
  const created = lead.find((draft) => draft.type === 'session.created');
  if (created?.type === 'session.created') return { ...created.data, createdAt: created.at };
  const slice = await log.read(ref, { limit: 0 });
  if (slice) return slice.info;
  await recoverLog(log, source, ref, START);
  const built = await log.read(ref, { limit: 0 });
  if (!built) throw new ConvokeError('log_unavailable');
  return built.info;
}
