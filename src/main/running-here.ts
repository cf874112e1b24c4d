/** The turns that run in this process: remembered in memory, for operators who ask. */
import type { RunWatch, WatchedStep } from '../../activities/index.ts';
import {
  LIMITS,
  type SessionActivities,
  type TurnInput,
  type TurnRef,
  type WorkerStatus,
  type WorkerStep,
  type WorkerTurn,
} from '../contracts/index.ts';
import type { Places } from './measured.ts';
import { Recent } from './recent.ts';

/** What a worker does, and has done in the last minutes. */
export type Doing = Pick<WorkerStatus, 'longest' | 'endpoints' | 'lacked' | 'handedOver' | 'waiting'>;

interface Running extends Omit<WorkerTurn, 'doing'> {
  /** In the order in which they began. */
  readonly steps: Set<WorkerStep>;
}

export class RunningHere implements RunWatch {
  readonly #turns = new Set<Running>();
  readonly #recent = new Recent();
  #handsOver = (): void => undefined;

  /** The same activities, of which turns are remembered while they run. */
  watch(activities: SessionActivities): SessionActivities {
    const runTurn = async (input: TurnInput): ReturnType<SessionActivities['runTurn']> => {
      const { tenant, session, turn } = input;
      const running = { tenant, session, turn, startedAt: Date.now(), steps: new Set<WorkerStep>() };
      this.#turns.add(running);
      try {
        return await activities.runTurn(input);
      } finally {
        this.#turns.delete(running);
      }
    };
    return { ...activities, runTurn };
  }

  begins({ tenant, session, turn, agent, tool, asks }: WatchedStep): () => void {
    const running = [...this.#turns].findLast(
      (each) => each.turn === turn && each.session === session && each.tenant === tenant,
    );
    if (!running) return () => undefined;
    const step = { agent, ...(tool !== undefined && { tool }), ...asks, startedAt: Date.now() };
    running.steps.add(step);
    return () => void running.steps.delete(step);
  }

  heard(...call: Parameters<RunWatch['heard']>): void {
    this.#recent.heard(...call);
  }

  lacks(turn: TurnRef, needs: string): void {
    this.#recent.lacks(turn, needs);
    this.#handsOver();
  }

  /** The one listener is called with each turn that is handed over. */
  onHandedOver(listener: () => void): void {
    this.#handsOver = listener;
  }

  /** The same places, of which it is remembered who waits for one. */
  places(places: Places): Places {
    return this.#recent.places(places);
  }

  /** A set keeps the order in which they began. */
  get told(): Doing {
    const longest = [...this.#turns].slice(0, LIMITS.workerTurns).map(({ steps, ...turn }) => {
      const [doing] = steps;
      return { ...turn, ...(doing && { doing }) };
    });
    return { longest, ...this.#recent.told(Date.now()) };
  }
}
