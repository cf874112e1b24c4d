/** What a step sees of its turn and its worker. */
import type { AgentSpec, EventDraft, JsonObject, Price, SessionRef } from '../../src/contracts/index.ts';
import type { AgentRunner } from '../agents/runner.ts';
import type { TurnOrigin } from '../closing.ts';
import type { Conversations } from '../conversation/conversations.ts';
import type { Tool } from '../tools/tool.ts';
import type { Joining } from '../turn/joining.ts';
import type { StepCall } from '../turn/step-call.ts';
import type { Summaries } from '../turn/summaries.ts';
import type { TurnDeps } from '../turn/turn-deps.ts';
import type { TurnLog } from '../turn/turn-log.ts';
import type { TurnState } from '../turn/turn-state.ts';

/** What a worker has for its steps. See `TurnDeps`. */
export interface StepMeans extends Pick<
  TurnDeps,
  'files' | 'logger' | 'metrics' | 'spans' | 'process' | 'watch'
> {
  readonly conversations: Conversations;
  readonly runners: Readonly<Partial<Record<string, AgentRunner>>>;
  tools(names: readonly string[]): Promise<ReadonlyMap<string, Tool>>;
  readonly priceOf?: ((agent: AgentSpec) => Price | undefined) | undefined;
}

/** The turn, as its steps see it. */
export interface StepHost {
  readonly ref: SessionRef;
  readonly turn: string;
  readonly causes: readonly string[];
  readonly origin: TurnOrigin;
  readonly log: TurnLog;
  readonly state: TurnState;
  /** What the team keeps from turn to turn. */
  readonly memory: { readonly changed: JsonObject | undefined };
  readonly means: StepMeans;
  /** Names this execution of the turn. */
  readonly owner: string;
  /** Orders it among all executions of the turn; 0: not known. */
  readonly order: number;
  /** The session closes: no step waits for a provider. */
  readonly closing: boolean;
  agent(name: string): AgentSpec;
  /** Resolves at that time, unless the turn is suspended before. */
  pause(call: StepCall, until: number): Promise<void>;
  /** The step waits until the turn goes on where there is such a runner: rejects when it is stopped. */
  lack(call: StepCall, runner: string): Promise<void>;
  /** Waits for an engine that is away. */
  patiently<T>(call: () => Promise<T>): Promise<T>;
  /** The summary that its steps are shown. */
  readonly summaries: Pick<Summaries, 'seen'>;
  /** Messages that join the turn while it runs. */
  readonly joining: Pick<Joining, 'take' | 'among'>;
  /** Makes durable that the step has begun. */
  save(): Promise<void>;
  /** Journals how the step has ended; resolves once that is durable. */
  persist(call: StepCall, ends: readonly EventDraft[]): Promise<void>;
}
