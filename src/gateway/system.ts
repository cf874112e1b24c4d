/** The deployment as operators see it: each part is asked at once, and told as unknown if it does not answer in time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ConvokeError, LIMITS, troublesOf } from '../contracts/index.ts';
import type {
  Answered,
  GatewayStatus,
  GoneWorker,
  QueueStatus,
  RedisStatus,
  RefusedTenant,
  SystemStatus,
  ToldWorker,
} from '../contracts/index.ts';
import { actorOf } from '../tenants/index.ts';
import type { Audit, Principal } from '../tenants/index.ts';
import type { FleetAsk } from './fleet-ask.ts';
import type { GatewayQuestion } from './own-status.ts';

/** What a gateway asks of the rest. All of them may take long, and throw. */
export interface SystemPorts {
  readonly version: string;
  workers(): Promise<readonly ToldWorker[]>;
  /** Workers that have ended without a word; absent: nobody knows. */
  gone?(): Promise<readonly GoneWorker[]>;
  /** The task queue of all sessions, and these. */
  queues(further: readonly string[]): Promise<readonly QueueStatus[]>;
  redis(): Promise<RedisStatus>;
  temporal(): Promise<{ readonly namespace: string; readonly version: string }>;
  archive(): Promise<{ readonly kind: 'sqlite' | 'postgres' }>;
  /** Tenants that limits have refused here, the most refused first. */
  refused(): readonly RefusedTenant[];
}

const untold = (): Promise<never> => Promise.reject(new Error('This gateway is not told of it.'));

/** A gateway alone. */
export const NO_SYSTEM: SystemPorts = {
  version: 'unknown',
  workers: untold,
  queues: untold,
  redis: untold,
  temporal: untold,
  archive: untold,
  refused: () => [],
};

/** What a part has answered; without an answer `fallback`. Never throws, and takes no longer than `LIMITS.systemAskMs`. */
export async function answered<T extends object>(ask: () => Promise<T>, fallback: T): Promise<Answered & T> {
  const began = performance.now();
  const ms = (): number => Math.round(performance.now() - began);
  const late = new AbortController();
  const deadline = async (): Promise<never> => {
    await sleep(LIMITS.systemAskMs, undefined, { signal: late.signal, ref: false });
    throw new Error(`It has not answered within ${LIMITS.systemAskMs / 1_000} s.`);
  };
  try {
    const answer = await Promise.race([ask(), deadline()]);
    return { status: 'ok', ms: ms(), ...answer };
  } catch (error) {
    const reason = reasonOf(error).slice(0, LIMITS.systemReasonChars);
    return { status: 'unknown', ms: ms(), reason, ...fallback };
  } finally {
    late.abort();
  }
}

/** For operators: hosts may be named. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { details } = error as { readonly details?: unknown };
  return typeof details === 'string' && details !== '' ? details : error.message;
}

export interface SystemConfig {
  /** The name of this gateway. */
  readonly name: string;
  readonly ports: SystemPorts;
  readonly fleet: Pick<FleetAsk<GatewayQuestion, GatewayStatus>, 'ask'>;
  readonly audit: Audit;
}

export class System {
  readonly #config: SystemConfig;
  #last: { readonly at: number; readonly report: Promise<SystemStatus> } | undefined;

  constructor(config: SystemConfig) {
    this.#config = config;
  }

  /** At most `LIMITS.systemFreshMs` old; whoever asks meanwhile gets the same. */
  report(): Promise<SystemStatus> {
    const at = performance.now();
    if (!this.#last || at - this.#last.at > LIMITS.systemFreshMs) this.#last = { at, report: this.#ask() };
    return this.#last.report;
  }

  /**
   * A gateway takes no new connections and sends the others elsewhere, until it is resumed or stopped. Throws `gateway_not_found`, and
   * `last_gateway` if no other one takes connections.
   */
  async drain(principal: Principal, id: string): Promise<GatewayStatus> {
    const { answers } = await this.#config.fleet.ask({});
    requireGateway(answers, id);
    if (!answers.some((each) => each.id !== id && each.ready && !each.draining))
      throw new ConvokeError('last_gateway', 'Start another one first, or stop the process itself.');
    return this.#change(principal, id, 'drain');
  }

  /** It takes connections again. Throws `gateway_not_found`. */
  resume(principal: Principal, id: string): Promise<GatewayStatus> {
    return this.#change(principal, id, 'resume');
  }

  async #change(principal: Principal, id: string, act: 'drain' | 'resume'): Promise<GatewayStatus> {
    const { fleet, audit, name } = this.#config;
    const { answers } = await fleet.ask({ [act]: id });
    const changed = requireGateway(answers, id);
    this.#last = undefined;
    const deed = { tenant: null, action: `gateway.${act}`, target: id, detail: { asked: name } };
    audit.note({ actor: actorOf(principal), ...deed });
    return changed;
  }

  async #ask(): Promise<SystemStatus> {
    const { ports, fleet, name } = this.#config;
    const at = Date.now();
    const workers = answered<{ data: readonly ToldWorker[]; gone?: readonly GoneWorker[] }>(
      async () => {
        const [data, gone] = await Promise.all([ports.workers(), ports.gone?.()]);
        return { data, ...(gone && { gone }) };
      },
      { data: [] },
    );
    const queues = workers.then(({ data }) =>
      answered(async () => ({ data: await ports.queues(furtherQueues(data)) }), { data: [] }),
    );
    const [gateways, ...rest] = await Promise.all([
      answered(() => askAll(fleet), { asked: 0, data: [] }),
      ...([workers, queues] as const),
      answered<{ server?: RedisStatus }>(async () => ({ server: await ports.redis() }), {}),
      answered<{ namespace?: string; version?: string }>(() => ports.temporal(), {}),
      answered<{ kind?: 'sqlite' | 'postgres' }>(() => ports.archive(), {}),
    ]);
    const [told, waiting, redis, temporal, archive] = rest;
    const system = {
      ...{ at, by: name, gateways, workers: told, queues: waiting },
      ...{ redis, temporal, archive },
    };
    return { ...system, troubles: troublesOf(system) };
  }
}

async function askAll(fleet: SystemConfig['fleet']): Promise<Omit<SystemStatus['gateways'], keyof Answered>> {
  const { answers, asked } = await fleet.ask({});
  return { asked, data: answers.toSorted((one, other) => (one.id < other.id ? -1 : 1)) };
}

/** Those of single kinds of agents, which only some workers poll. */
function furtherQueues(workers: readonly ToldWorker[]): readonly string[] {
  return [...new Set(workers.flatMap(({ queues }) => queues.slice(1)))].slice(0, LIMITS.systemQueues);
}

function requireGateway(answers: readonly GatewayStatus[], id: string): GatewayStatus {
  const found = answers.find((each) => each.id === id);
  if (!found) throw new ConvokeError('gateway_not_found', 'See GET /v1/admin/system for those that run.');
  return found;
}
