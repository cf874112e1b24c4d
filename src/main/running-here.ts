/** The turns that run in this process: remembered in memory, for operators who ask. */
import { LIMITS, type SessionActivities, type TurnInput, type WorkerTurn } from '../contracts/index.ts';

export class RunningHere {
  readonly #turns = new Set<WorkerTurn>();

  /** The same activities, of which turns are remembered while they run. */
  watch(activities: SessionActivities): SessionActivities {
    const runTurn = async (input: TurnInput): ReturnType<SessionActivities['runTurn']> => {
      const { tenant, session, turn } = input;
      const running = { tenant, session, turn, startedAt: Date.now() };
      this.#turns.add(running);
      try {
        return await activities.runTurn(input);
      } finally {
        this.#turns.delete(running);
      }
    };
    return { ...activities, runTurn };
  }

  /** A set keeps the order in which they began. */
  get longest(): readonly WorkerTurn[] {
    return [...this.#turns].slice(0, LIMITS.workerTurns);
  }
}
