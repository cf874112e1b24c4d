/** What a worker tells of its turns: the stages `orchestrate` and `execute`. */
import {
  type EventDraft,
  type LoggedEvent,
  type TurnInput,
  type TurnResult,
} from '../../src/contracts/index.ts';
import { NO_METRICS, secondsSince, type Metrics } from '../../src/telemetry/index.ts';
import { TurnStopped } from './stops.ts';
import type { RunWatch } from './watch.ts';

/** One run, as far as it is measured. */
interface Run {
  run(): Promise<TurnResult>;
  readonly log: { readonly turnEnd: LoggedEvent | undefined };
}

export class TurnMeasures {
  readonly #metrics: Metrics;
  readonly #watch: RunWatch | undefined;
  #running = 0;

  constructor(metrics: Metrics = NO_METRICS, watch?: RunWatch) {
    this.#metrics = metrics;
    this.#watch = watch;
    metrics.read('convoke_turns_running', () => [[{}, this.#running]]);
  }

  /** `attempt`: Temporal's; 0 if it counts none. */
  async of(run: Run, input: TurnInput, attempt: number): Promise<TurnResult> {
    const { tenant } = input;
    const began = performance.now();
    this.#running += 1;
    this.#arrived(input, attempt);
    let outcome = 'fault';
    try {
      const result = await run.run();
      outcome = outcomeOf(result, run.log.turnEnd);
      if (result.needs !== undefined) this.#watch?.lacks(input, result.needs);
      return result;
    } catch (error) {
      if (error instanceof TurnStopped) outcome = 'superseded';
      throw error;
    } finally {
      this.#running -= 1;
      this.#metrics.add('convoke_stage_total', { stage: 'execute', tenant, outcome });
      this.#metrics.observe('convoke_stage_seconds', { stage: 'execute', tenant }, secondsSince(began));
    }
  }

  /** The first run of a turn is where the orchestration of its message ends. */
  #arrived({ tenant, lead, turn, ranMs, attempts }: TurnInput, attempt: number): void {
    if (ranMs !== undefined || attempts > 0 || attempt > 1) return;
    const since = sinceOf(lead.filter((fact) => fact.turn === turn));
    if (since === undefined) return;
    const stage = { stage: 'orchestrate', tenant };
    this.#metrics.add('convoke_stage_total', { ...stage, outcome: 'ok' });
    this.#metrics.observe('convoke_stage_seconds', stage, (Date.now() - since) / 1000);
  }
}

/** When the message was taken, or, if it had to wait, when its turn began; undefined: these facts do not tell. */
function sinceOf(facts: readonly EventDraft[]): number | undefined {
  const started = facts.find(({ type }) => type === 'turn.started');
  const accepted = facts.find((fact) => fact.type === 'message.accepted' && !fact.data.queued);
  return started && (accepted?.stamps?.ingest ?? started.at);
}

function outcomeOf({ status }: TurnResult, end: LoggedEvent | undefined): string {
  if (status !== 'done') return status;
  return end?.type === 'turn.failed' ? 'failed' : 'ok';
}
