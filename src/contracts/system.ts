/** The deployment as operators see it: the answer of `GET /v1/admin/system`. Times are ms since the Unix epoch, durations ms. */

import type { LimitUse } from './tenant-limits.ts';

/** Of each part that was asked. `unknown`: it has not answered in time, or `reason` says what else. */
export interface Answered {
  readonly status: 'ok' | 'unknown';
  /** Until it had answered, or was given up. */
  readonly ms: number;
  readonly reason?: string;
}

/** A session that is followed at a gateway. */
export interface BusySession {
  readonly tenant: string;
  readonly session: string;
  readonly watchers: number;
  /** In the last minute, at most `LIMITS.pushesKept`. */
  readonly events: number;
}

/** Requests of a tenant that a limit has refused in the last minute. */
export interface RefusedTenant {
  readonly tenant: string;
  readonly refused: number;
}

export interface GatewayStatus {
  /** `pid@host`. */
  readonly id: string;
  readonly version: string;
  readonly startedAt: number;
  /** It takes no new connections and has sent the others elsewhere. */
  readonly draining: boolean;
  /** As `/readyz` tells, but for draining. */
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, 'ok' | 'failed' | 'timeout'>>;
  readonly sockets: number;
  readonly streams: number;
  /** Bytes that wait to be sent, on all connections. */
  readonly waitingBytes: number;
  /** Sessions that are followed here. */
  readonly sessions: number;
  /** How late the event loop is: its latest tenth of rounds. */
  readonly lateMs: number;
  readonly heapBytes: number;
  readonly busiest: readonly BusySession[];
  readonly refused: readonly RefusedTenant[];
}

export interface Slots {
  readonly used: number;
  readonly most: number;
}

export interface WorkerTurn {
  readonly tenant: string;
  readonly session: string;
  readonly turn: string;
  /** Of this execution. */
  readonly startedAt: number;
  /** The step of it that runs longest; absent: none, or an earlier version does not tell. */
  readonly doing?: WorkerStep;
}

export interface WorkerStep {
  readonly agent: string;
  readonly tool?: string;
  /** The model endpoint that is asked, and the model. */
  readonly provider?: string;
  readonly model?: string;
  readonly startedAt: number;
}

/** Calls of a model endpoint that ended in the last `LIMITS.recentMs`, of the newest `LIMITS.endpointCalls`. */
export interface EndpointUse {
  readonly provider: string;
  readonly calls: number;
  /** Of these: failed by the endpoint. */
  readonly failed: number;
  /** The median until the first token; absent: there was none. */
  readonly firstMs?: number;
}

/** What turns needed in the last `LIMITS.recentMs` and the worker does not have: it handed them over. */
export interface Lacked {
  /** As `needs` of a span. */
  readonly needs: string;
  readonly times: number;
  readonly lastAt: number;
}

/** A turn that the worker has handed over, for it does not have what the turn needs. */
export interface HandedOver {
  readonly tenant: string;
  readonly session: string;
  readonly turn: string;
  /** As `needs` of a span. */
  readonly needs: string;
  readonly at: number;
}

/** A turn that waits for a place among those of its tenant. */
export interface WaitingTurn {
  readonly tenant: string;
  readonly session: string;
  readonly turn: string;
  readonly since: number;
  /** How many turns of the tenant may run. */
  readonly most: number;
  /** It asks again by then. */
  readonly until: number;
}

export interface WorkerStatus {
  /** `pid@host`. */
  readonly id: string;
  readonly version: string;
  /** Of a deployment with versions; absent: it has none. */
  readonly deployment?: { readonly name: string; readonly buildId: string };
  readonly startedAt: number;
  readonly draining: boolean;
  /** Task queues that it polls; the first one is that of all sessions. */
  readonly queues: readonly string[];
  /** What it has of its own. */
  readonly agents: readonly string[];
  readonly teams: readonly string[];
  readonly tools: readonly string[];
  readonly models: readonly string[];
  /** Turns; fewer are taken while the machine is busy. */
  readonly turns: Slots;
  /** Turns of quick agents, in a workflow task. */
  readonly quick: Slots;
  /** Workflow tasks that are at work, and workflows in memory. */
  readonly tasks: Slots;
  readonly cached: number;
  readonly heapBytes: number;
  /** The turns that run longest. */
  readonly longest: readonly WorkerTurn[];
  /** Absent, as the three that follow: an earlier version does not tell. */
  readonly endpoints?: readonly EndpointUse[];
  readonly lacked?: readonly Lacked[];
  /** Turns that may still wait for a worker that has what they need, the newest last. */
  readonly handedOver?: readonly HandedOver[];
  readonly waiting?: readonly WaitingTurn[];
}

/** A worker, and how long ago it has told this. */
export type ToldWorker = WorkerStatus & { readonly toldMsAgo: number };

/** A worker that has told nothing for longer than `LIMITS.workerTtlMs`, and has not ended by itself. */
export interface GoneWorker extends Pick<
  ToldWorker,
  'id' | 'version' | 'startedAt' | 'queues' | 'agents' | 'teams' | 'tools' | 'models' | 'toldMsAgo'
> {
  /** The turns that it ran when it was heard of last. */
  readonly longest: readonly WorkerTurn[];
}

export interface QueueStatus extends Answered {
  readonly name: string;
  readonly kind: 'workflow' | 'activity';
  /** Tasks that wait, roughly; absent: an older server does not tell. */
  readonly backlog?: number;
  /** How long the oldest of them waits. */
  readonly oldestMs?: number;
  readonly addedPerSecond?: number;
  readonly takenPerSecond?: number;
  /** Workers that have polled it in the last minutes. */
  readonly pollers: readonly string[];
}

export interface RedisStatus {
  readonly version: string;
  /** Servers that hold keys. */
  readonly nodes: number;
  readonly usedBytes: number;
  /** 0: no limit. */
  readonly mostBytes: number;
  readonly policy: string;
  readonly clients: number;
}

export interface SystemStatus {
  readonly at: number;
  /** The gateway that has asked. */
  readonly by: string;
  /** `asked`: gateways that run, as far as Redis knows. */
  readonly gateways: Answered & { readonly asked: number; readonly data: readonly GatewayStatus[] };
  /** `gone`: those of the last `LIMITS.workerGoneMs`; absent: not known. */
  readonly workers: Answered & {
    readonly data: readonly ToldWorker[];
    readonly gone?: readonly GoneWorker[];
  };
  readonly queues: Answered & { readonly data: readonly QueueStatus[] };
  readonly redis: Answered & { readonly server?: RedisStatus };
  readonly temporal: Answered & { readonly namespace?: string; readonly version?: string };
  readonly archive: Answered & { readonly kind?: 'sqlite' | 'postgres' };
  /** What an operator should look at, the worst first. */
  readonly troubles: readonly Trouble[];
}

export interface Trouble {
  readonly level: 'error' | 'warning';
  /** What is wrong, and what to do. */
  readonly text: string;
  /** Where to look, if it is about a tenant, or a turn of a session. */
  readonly tenant?: string;
  readonly session?: string;
}

/** A tenant, and what it uses right now. `unknown`: `limits` and `waiting` could not be asked. */
export interface TenantUse extends Answered {
  readonly tenant: string;
  /** Absent: its keys stand in the environment, and the registry does not have it. */
  readonly name?: string;
  readonly state?: 'active' | 'suspended';
  readonly limits: readonly LimitUse[];
  /** Turns that wait for a place. */
  readonly waiting: number;
  /** Requests that limits have refused in the last minute: of each gateway, the tenants with the most are counted. */
  readonly refused: number;
  /** Turns that run, of those that workers tell: the longest of each. */
  readonly running: number;
}

export interface TenantUsePage {
  readonly data: readonly TenantUse[];
  readonly next: string | null;
}
