/**
 * Summaries of a long session: a turn that would be shown less than was said makes one, before its team begins, and the team's steps are shown it
 * in place of the turns that it stands for. It is a step like any other, journaled and counted; if it fails the turn goes on without it.
 */
import {
  isConvokeError,
  isSummaryStep,
  LIMITS,
  NO_SUMMARY,
  stepId,
  summaryAfter,
  summaryPath,
  turnNumber,
  type AgentSpec,
  type SessionRef,
  type SummaryPoint,
  type SummarySpec,
  type TurnInput,
} from '../../src/contracts/index.ts';
import type { Sees } from '../conversation/index.ts';
import type { Spending } from './spending.ts';
import type { StepCall, StepOutcome, SummaryCall } from './step-call.ts';
import { TurnStopped } from './stops.ts';
import type { TurnDeps } from './turn-deps.ts';
import type { StepEnds } from './turn-driver.ts';
import type { TurnLog } from './turn-log.ts';
import type { TurnState } from './turn-state.ts';

/** Of what the agent with the smallest context may be shown: what is in no summary takes so much of it at most, and half of it if nobody says. */
const MOST = 3 / 4;
const USUAL = 1 / 2;
/** What the summarising agent is told besides the conversation, UTF-16 code units. */
const TASK_CHARS = 1_000;

/** The turn, as far as it matters here. */
export interface SummariesHost {
  readonly ref: SessionRef;
  readonly turn: string;
  readonly closing: boolean;
  readonly mustYield: boolean;
  readonly means: Pick<TurnDeps, 'conversations' | 'runners' | 'configured' | 'summary'>;
  readonly log: Pick<TurnLog, 'whole'>;
  readonly state: Pick<TurnState, 'journal' | 'open'>;
  patiently<T>(call: () => Promise<T>): Promise<T>;
  step(call: StepCall): Promise<StepOutcome>;
}

interface Making {
  /** Those that the team may ask. */
  readonly agents: readonly AgentSpec[];
  readonly spending: Spending;
  /** How the turn's earlier summaries have ended. */
  readonly ends: StepEnds;
}

export class Summaries {
  readonly #host: SummariesHost;
  /** The newest one when the turn began. */
  readonly #before: SummaryPoint | undefined;
  readonly #unseen: readonly string[];
  /** A turn beside the main lane is shown the one that there is. */
  readonly #isBeside: boolean;
  readonly #isDurable: boolean;

  /** `isDurable`: false for a turn inside a workflow task. */
  constructor(
    host: SummariesHost,
    { summary, unseen = [], beside }: Pick<TurnInput, 'summary' | 'unseen' | 'beside'>,
    isDurable: boolean,
  ) {
    this.#host = host;
    this.#before = summary;
    this.#unseen = unseen;
    this.#isBeside = beside === true;
    this.#isDurable = isDurable;
  }

  get #point(): SummaryPoint {
    const { turn, state } = this.#host;
    return summaryAfter(this.#before, turn, state.journal.summaries()) ?? NO_SUMMARY;
  }

  /** What the turn's steps are shown; the same for all of them. */
  get seen(): Pick<Sees, 'summary' | 'unseen'> {
    const { step, upTo } = this.#point;
    return { unseen: this.#unseen, ...(step === undefined ? {} : { summary: { step, upTo } }) };
  }

  /** Makes what is due. A session that is summarised late is summarised piece by piece. `given`: what the session says of it. */
  async make(given: SummarySpec | undefined, { agents, spending, ends }: Making): Promise<void> {
    const { turn, state, means } = this.#host;
    const made = state.journal.summaries();
    for (const { path } of made) {
      const end = ends.get(stepId(turn, path));
      spending.step();
      const isCounted = end?.type === 'step.completed' || end?.type === 'step.failed';
      if (isCounted && end.data.usage) spending.count(end.data.usage);
    }
    const spec = given ?? means.summary;
    if (!spec) return;
    for (let n = made.length + 1; n <= LIMITS.summaryPasses && this.#mayMake(spending); n += 1) {
      const summary = await this.#next(spec, agents);
      if (!summary) return;
      if (!this.#isDurable) throw new TurnStopped('superseded');
      const path = summaryPath(n);
      const place = { path, step: stepId(turn, path), agent: spec.agent.name, sees: [], last: false };
      spending.step();
      const { usage } = await this.#host.step({ ...place, summary });
      if (usage) spending.count(usage);
    }
  }

  /** A turn whose team has begun shows all of its steps the same. One more step must be left for the team. */
  #mayMake({ left }: Spending): boolean {
    const { turn, closing, mustYield, state } = this.#host;
    const { failed = -Infinity } = this.#point;
    const hasBegun =
      state.journal.entries().some(({ kind }) => kind !== 'summary') ||
      Object.keys(state.open).some((step) => !isSummaryStep(step));
    const canPay = left.steps > 1 && left.tokens > 0 && left.cost > 0;
    return (
      !this.#isBeside &&
      !hasBegun &&
      !closing &&
      !mustYield &&
      canPay &&
      turnNumber(turn) - failed >= LIMITS.summaryRetryTurns
    );
  }

  /** Null: none is due, or what it would stand for cannot be read. */
  async #next(spec: SummarySpec, agents: readonly AgentSpec[]): Promise<SummaryCall | null> {
    try {
      return await this.#host.patiently(() => this.#due(spec, agents));
    } catch (error) {
      if (isConvokeError(error) && error.code === 'context_incomplete') return null;
      throw error;
    }
  }

  async #due(spec: SummarySpec, agents: readonly AgentSpec[]): Promise<SummaryCall | null> {
    const { ref, turn, means, log } = this.#host;
    const unseen = this.#unseen;
    const { step, upTo: after, seq } = this.#point;
    const least = Math.min(...agents.map((agent) => this.#budgetOf(agent)), LIMITS.contextMostChars);
    const most = Math.floor(Math.min(spec.afterChars ?? least * USUAL, least * MOST));
    const since = { turn, unseen, causes: [], steps: [], summary: { upTo: after } };
    const { part } = await means.conversations.foresee(ref, { ...since, budgetChars: most });
    if (!part) return null;
    // As a window does that is as large: so the next one starts at a place that stays good.
    const { part: kept = part } = await means.conversations.see(ref, { ...since, budgetChars: most / 2 });
    const last = turnNumber(kept.leftOut?.upTo ?? '');
    // The newest turn stays as it is, however long.
    const covers = kept.from === undefined ? last - 1 : Math.min(last, turnNumber(turn) - 2);
    // Nor does it stand for what the turn is not shown.
    const upTo = Math.min(covers, ...unseen.map((each) => turnNumber(each) - 1));
    if (upTo <= after) return null;
    // A lost log is built anew first.
    await log.whole();
    const agent = means.configured(spec.agent);
    const room = this.#budgetOf(agent) - TASK_CHARS;
    const former = step === undefined ? [] : await this.#former({ step, upTo: after }, room);
    const budgetChars = former.reduce((left, { text }) => left - text.length, room);
    const passage = await means.conversations.passage(ref, { after, seq, upTo, budgetChars });
    if (!passage) return null;
    return { agent, upTo: passage.upTo, seq: passage.seq, conversation: [...former, ...passage.said] };
  }

  /** The summary that the next one goes on from. */
  async #former(
    summary: NonNullable<Sees['summary']>,
    budgetChars: number,
  ): Promise<SummaryCall['conversation']> {
    const { ref, turn, means } = this.#host;
    const sees = { turn, causes: [], steps: [], summary, budgetChars };
    const { shown } = await means.conversations.see(ref, sees);
    return shown.filter((said) => said.summary);
  }

  #budgetOf(agent: AgentSpec): number {
    return this.#host.means.runners[agent.runner]?.budgetChars?.(agent) ?? LIMITS.contextChars;
  }
}
