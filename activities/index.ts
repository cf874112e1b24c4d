/** The activities: execution as the workflow calls it. Glue between Temporal and the run of a turn. */
import { ApplicationFailure, CompleteAsyncError, Context } from '@temporalio/activity';
import { randomUUID } from 'node:crypto';
import type { Archive } from '../src/archive/index.ts';
import {
  ConvokeError,
  isConvokeError,
  LIMITS,
  RECOVERY,
  type AgentSpec,
  type Firing,
  type SessionActivities,
  type TurnInput,
  type TurnProgress,
  type TurnResult,
} from '../src/contracts/index.ts';
import { archiveEvents } from './archive-events.ts';
import {
  completeActivity,
  failActivity,
  leaveWorker,
  runningActivity,
  sendHeartbeat,
} from './async-activity.ts';
import { Conversations } from './conversation/conversations.ts';
import { forkSession } from './fork-session.ts';
import { isAway } from './log-writer.ts';
import { nudge } from './nudge.ts';
import { briefly, outside, sourceOf } from './outside.ts';
import { publishEvents } from './publish-events.ts';
import { resumeSession } from './resume-session.ts';
import { score } from './scoring/activity.ts';
import { scoreAfter, type ScoringDeps } from './scoring/score-turn.ts';
import { TEAMS } from './teams/index.ts';
import type { Tool } from './tools/tool.ts';
import { Heartbeat } from './turn/heartbeat.ts';
import { TurnMeasures } from './turn/measure.ts';
import { TurnRun } from './turn/run-turn.ts';
import { handedOver, waitOf } from './turn/wait.ts';
import { TurnStopped } from './turn/stops.ts';
import { recorded } from './turn/way.ts';
import type { TurnDeps } from './turn/turn-deps.ts';

export type { RunWatch, WatchedStep } from './turn/watch.ts';
export { whoseCode } from './turn/whose.ts';
export type { Running } from './turn/whose.ts';

export {
  createCodeRunner,
  createEndpoint,
  createModelRunner,
  createScriptedRunner,
  createTransport,
  RunnerError,
} from './agents/index.ts';
export type {
  AgentRunner,
  CodeAgent,
  CodeCall,
  CodeSettings,
  EndpointSettings,
  RunPiece,
} from './agents/index.ts';
export { critic, debate, groupChat, handoff, parallel, sequence, supervisor, TEAMS } from './teams/index.ts';
export { AgentFailed } from './teams/team.ts';
export type {
  Answer,
  ApprovalRequest,
  AskInput,
  Decision,
  LastWord,
  Outcome,
  Settled,
  Team,
  TeamContext,
} from './teams/team.ts';
export type {
  Judge,
  Score,
  ScoredStep,
  ScoredTurn,
  Scorer,
  ScorerCall,
  ScorerCode,
} from './scoring/scorer.ts';
export { mismatch } from './tools/schema.ts';
export { tool } from './tools/functions.ts';
export type { ToolContext, ToolSettings } from './tools/functions.ts';
export { mcp } from './tools/mcp/settings.ts';
export type { ToolSource } from './tools/source.ts';
export { sourceName } from './tools/names.ts';
export { ToolError } from './tools/tool.ts';
export { Toolbox } from './tools/toolbox.ts';

export interface ActivityDeps
  extends
    Omit<TurnDeps, 'conversations' | 'teams' | 'tools' | 'configured' | 'stalls' | 'patient'>,
    Partial<Pick<TurnDeps, 'tools' | 'configured' | 'stalls'>>,
    Pick<ScoringDeps, 'scorers' | 'startScoring' | 'giveFeedback'> {
  readonly archive: Archive;
  /** Sends what a schedule fires; absent: this worker has no part in that. */
  readonly fire?: (firing: Firing) => Promise<void>;
  /** Told of each turn that begins, with how long it has waited for this, ms. */
  readonly begun?: (tenant: string, waitMs: number) => void;
  readonly teams?: TurnDeps['teams'];
  /** Aborts when the worker is to stop: turns are handed over at their next pause between steps. */
  readonly draining?: AbortSignal;
  /** Aborts when it has waited long enough for that: steps that run are handed over at once. */
  readonly leaving?: AbortSignal;
  /** Pauses of a turn that are longer are left to the workflow, ms; default `LIMITS.suspendAfterMs`. */
  readonly suspendAfterMs?: number;
}

async function noSchedules(): Promise<void> {
  throw new ConvokeError('worker_unavailable');
}

async function noTools(): Promise<ReadonlyMap<string, Tool>> {
  return new Map();
}

type Measured = TurnDeps & ScoringDeps & { readonly measures: TurnMeasures };

const NEVER = new AbortController().signal;
const NO_STALLS: TurnDeps['stalls'] = { of: async () => [] };

export function createActivities(deps: ActivityDeps): SessionActivities {
  const { teams = TEAMS, draining = NEVER, leaving = NEVER } = deps;
  const { fire = noSchedules, begun = () => undefined } = deps;
  const { tools = noTools, configured = (agent: AgentSpec) => agent } = deps;
  const { suspendAfterMs = LIMITS.suspendAfterMs, stalls = NO_STALLS } = deps;
  const measures = new TurnMeasures(deps.metrics, deps.watch);
  const isLocal = (): boolean => Context.current().info.isLocal;
  const source = sourceOf(deps.source, isLocal);
  const conversations = new Conversations({ log: deps.log, source });
  const shared = { ...deps, source, teams, tools, configured, stalls, conversations };
  const turns = { ...shared, measures, patient: true };
  const inTask = { ...turns, patient: false };
  return {
    runTurn(input) {
      const waitMs = waitOf(Context.current().info, input, Date.now());
      if (waitMs !== null) begun(input.tenant, waitMs);
      return isLocal()
        ? insideTask(() => runInTask(inTask, input))
        : runTurn(turns, input, { draining, leaving, suspendAfterMs });
    },
    publish: (input) =>
      isLocal()
        ? insideTask(() => publishEvents(inTask, input, Context.current().cancellationSignal))
        : alive((signal) => publishEvents(turns, input, signal)),
    fork: (input) =>
      isLocal()
        ? insideTask(() => forkSession({ ...deps, source: briefly(deps.source) }, input))
        : alive(() => forkSession(deps, input)),
    resume: (input) =>
      isLocal()
        ? insideTask(() => resumeSession(deps.archive, input))
        : alive(() => resumeSession(deps.archive, input)),
    fire: (firing) => asFailure(() => fire(firing)),
    score: (input) => score(shared, input),
    archive: (input) => asFailure(() => archiveEvents(deps, input)),
    nudge,
  };
}

/**
 * A turn of quick agents. Nothing is made durable on the way: saying it again is harmless. A worker that stops lets it finish: handed over, it
 * would come back to the same worker, whose task it is in.
 */
async function runInTask(deps: Measured, input: TurnInput): Promise<TurnResult> {
  const context = Context.current();
  const run = new TurnRun(deps, input, {
    ...{
      owner: randomUUID(),
      attempt: 0,
      progress: null,
      heartbeat: () => null,
      suspendAfterMs: 0,
      draining: new AbortController().signal,
    },
  });
  const { cancellationSignal } = context;
  const cancel = (): void => run.stop(new TurnStopped(isShutdown(context) ? 'drained' : 'cancelled'));
  cancellationSignal.addEventListener('abort', cancel, { once: true });
  try {
    const result = await recorded(deps, { of: run, input, attempt: 0 }, () =>
      deps.measures.of(run, input, 0),
    );
    void scoreAfter(deps, input, result);
    return result;
  } finally {
    cancellationSignal.removeEventListener('abort', cancel);
  }
}

interface Handing {
  readonly draining: AbortSignal;
  readonly leaving: AbortSignal;
  readonly suspendAfterMs: number;
}

/** See `Heartbeat` for why it beats and ends through the client. */
async function runTurn(deps: Measured, input: TurnInput, { leaving, ...handing }: Handing): Promise<never> {
  const context = Context.current();
  const { attempt } = context.info;
  const running = runningActivity(context);
  const run = new TurnRun(deps, input, {
    ...{ owner: randomUUID(), attempt, ...handing, ...handedOver(context.info, input, Date.now()) },
    progress: (context.info.heartbeatDetails ?? null) as TurnProgress | null, // safety: only this function beats
    heartbeat: (details, stop) =>
      new Heartbeat({
        send: (progress) => sendHeartbeat(running, progress),
        ...{ details, stop, everyMs: RECOVERY.heartbeatEveryMs },
      }),
  });
  const handOver = (): void => {
    if (!run.signal.aborted) run.stop(new TurnStopped('drained'));
  };
  // The core, which does not see the heartbeats, cancels as timed out; that one is to be ignored. It cancels once: `leaving` is what tells an
  // activity that has run for longer.
  const onCancel = (): void => {
    if (isShutdown(context)) handOver();
  };
  context.cancellationSignal.addEventListener('abort', onCancel, { once: true });
  leaving.addEventListener('abort', handOver);
  try {
    const result = await recorded(deps, { of: run, input, attempt }, () =>
      deps.measures.of(run, input, attempt),
    );
    if (handing.draining.aborted) await leaveWorker(context);
    // Side by side: a turn that is to be scored does not hold up the next one.
    await Promise.all([completeActivity(running, result), scoreAfter(deps, input, result)]);
  } catch (error) {
    const superseded = error instanceof TurnStopped && error.kind === 'superseded';
    if (!superseded) await failActivity(running, asApplicationFailure(error));
  } finally {
    leaving.removeEventListener('abort', handOver);
  }
  throw new CompleteAsyncError();
}

/** True if the activity is cancelled because its worker stops. */
function isShutdown({ cancellationDetails, cancellationSignal }: Context): boolean {
  // The details are told only if the server had a part in it; else the reason is this word (SDK 1.24).
  const { reason } = cancellationSignal as { readonly reason: unknown };
  const named = reason instanceof Error && reason.message === 'WORKER_SHUTDOWN';
  return named || cancellationDetails?.workerShutdown === true;
}

/** Shows that the activity is alive while it waits, however long the log is away. */
async function alive<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  const heart = setInterval(() => context.heartbeat(), RECOVERY.heartbeatEveryMs);
  try {
    return await asFailure(() => call(context.cancellationSignal));
  } finally {
    clearInterval(heart);
  }
}

/** What cannot be done inside a workflow task is to be done outside. */
async function insideTask<T>(call: () => Promise<T>): Promise<T> {
  return asFailure(async () => {
    try {
      return await call();
    } catch (error) {
      if (isAway(error)) throw outside('The log is away.');
      // Two executions would take the step from each other in turn; only the task that the server believes in can schedule an activity.
      if (error instanceof TurnStopped) throw outside('Another execution has begun the step.');
      throw error;
    }
  });
}

async function asFailure<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw asApplicationFailure(error);
  }
}

/** Errors of the table keep their code in the history. */
function asApplicationFailure(error: unknown): unknown {
  if (!isConvokeError(error)) return error;
  const { code, message } = error;
  return ApplicationFailure.create({ type: code, message, cause: error });
}
