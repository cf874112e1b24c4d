/** The limits of tenants, put in front of what they bound. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { LIMITS, type RefusedTenant, type SessionRef } from '../contracts/index.ts';
import type { Quota } from '../gateway/index.ts';
import type { Database } from '../archive/index.ts';
import { createAdmission, limited, Rates, shedding } from '../ingest/index.ts';
import type { Admission } from '../ingest/index.ts';
import {
  createBuckets,
  createHolders,
  createUsage,
  createWaiting,
  Fleet,
  OpenSessions,
  RefusalCounts,
  TenantConnections,
  TurnWaits,
} from '../quota/index.ts';
import type { LimitsOf } from '../quota/index.ts';
import { NO_METRICS, type Logger, type Metrics } from '../telemetry/index.ts';
import { createRegistry, Directory } from '../tenants/index.ts';
import type { Principal } from '../tenants/index.ts';
import { createOpenCount } from '../temporal/index.ts';
import type { Config } from './config.ts';
import { watchLimits } from './limits.ts';
import { decided } from './measured.ts';
import type { Opened } from './opened.ts';
import type { LogConnections } from './redis.ts';

interface Parts {
  readonly session: Pick<LogConnections, 'log' | 'commands'>;
  readonly client: Client;
  readonly config: Pick<Config, 'limits'>;
  /** Its limits take the place of configured ones. */
  readonly directory: Pick<Directory, 'limitsOf'>;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly opened: Opened;
  /** Messages are refused whose turns would wait too long: what a schedule sends is not. */
  readonly sheds?: boolean;
}

export interface TenantQuota {
  readonly admission: Admission;
  readonly rates: Rates;
  readonly fleet: Fleet;
  /** Counts a request that starts or changes something, and is no message. */
  readonly takeOperation: (by: Principal) => Promise<void>;
  /** Takes a place for a session that is about to be opened, and resolves to what gives it back. */
  readonly takePlace: (ref: SessionRef) => Promise<() => void>;
  readonly quota: Quota;
  readonly limitsOf: LimitsOf;
  readonly weightOf: (tenant: string) => number | undefined;
  /** Tenants that were refused something here in the last minute. */
  readonly refused: () => readonly RefusedTenant[];
}

/** Throws `ConfigError`. */
export function openQuota(parts: Parts): TenantQuota {
  const { session, client, config, directory, logger, metrics = NO_METRICS, opened } = parts;
  const { log, commands } = session;
  const configured = opened.add(watchLimits(config.limits, logger), (each) => each.close());
  const limitsOf: LimitsOf = (tenant) => {
    const own = directory.limitsOf(tenant);
    return own ? { ...configured.limitsOf(tenant), ...own } : configured.limitsOf(tenant);
  };
  const fleet = opened.add(new Fleet(commands), (each) => each.close());
  const sessions = new OpenSessions(commands, createOpenCount(client), limitsOf);
  const connections = opened.add(new TenantConnections(commands, limitsOf, fleet), (each) => each.close());
  const admission = createAdmission(log);
  const refusals = new RefusalCounts();
  const decide: Decide = (what, call) => decided(metrics, what, call, (tenant) => refusals.add(tenant));
  const rates = new Rates({ limitsOf, buckets: createBuckets(commands), fleet });
  const sheds = (inner: Admission): Admission =>
    shedding(inner, new TurnWaits(commands), (tenant, wait) => {
      if (!wait) logger.info({ tenant }, 'Turns of the tenant wait no longer');
      else logger.warn({ tenant, ...wait }, 'Turns of the tenant wait for workers: messages are refused');
    });
  return {
    ...{ limitsOf, rates, fleet },
    refused: () => refusals.top(),
    weightOf: (tenant) => limitsOf(tenant).weight,
    admission: toldAdmission(limited(parts.sheds === true ? sheds(admission) : admission, rates), decide),
    takeOperation: (by) => decide({ limit: 'operations', tenant: by.tenant }, () => rates.takeOperation(by)),
    takePlace: ({ tenant, session: id }) =>
      decide({ limit: 'sessions', tenant }, () => sessions.open(tenant, id)),
    quota: {
      connect: (tenant) => decide({ limit: 'connections', tenant }, () => connections.open(tenant)),
      usage: createUsage(commands, limitsOf, sessions),
      waiting: createWaiting(commands),
      holders: createHolders(commands),
    },
  };
}

type Decide = <T>(what: Parameters<typeof decided>[1], call: () => Promise<T>) => Promise<T>;

function toldAdmission(admission: Admission, decide: Decide): Admission {
  return {
    admit: (ref, message, limits) =>
      decide({ limit: 'messages', tenant: ref.tenant }, () => admission.admit(ref, message, limits)),
    giveBack: (ref, message) => admission.giveBack(ref, message),
  };
}

export interface WatchedRegistry extends Pick<Directory, 'limitsOf' | 'refuses' | 'isErasing'> {
  /** Called with each tenant that has changed. */
  onChange(told: (tenant: string) => void): void;
}

/** While a tenant is suspended no turn of it starts: each waits for a place until the tenant is resumed. */
export function heldLimits(limitsOf: LimitsOf, directory: Pick<Directory, 'refuses'>): LimitsOf {
  return (tenant) => {
    const limits = limitsOf(tenant);
    return directory.refuses({ tenant }) ? { ...limits, runningTurns: 0 } : limits;
  };
}

/**
 * What a worker asks of the registry: limits, and who is suspended. As last known while its database is away. Resolves after the first look,
 * also if that has failed: a worker that polls before would run turns that nobody counts.
 */
export async function watchRegistry(database: Database, opened: Opened): Promise<WatchedRegistry> {
  const registry = createRegistry(database);
  const directory = new Directory();
  const stopped = opened.add(new AbortController(), (each) => each.abort());
  const listeners: ((tenant: string) => void)[] = [];
  let version = 0;
  const look = async (): Promise<void> => {
    const changes = await registry.changesAfter(version).catch(() => undefined);
    version = changes?.version ?? version;
    if (!changes) return;
    directory.learn(changes);
    for (const { id } of changes.all ? [] : changes.tenants) for (const tell of listeners) tell(id);
  };
  const watch = async (): Promise<void> => {
    for (;;) {
      const hasStopped = await pause(LIMITS.limitsLookMs, false, {
        ref: false,
        signal: stopped.signal,
      }).catch(() => true);
      if (hasStopped) return;
      await look();
    }
  };
  await look();
  void watch();
  return {
    limitsOf: (tenant) => directory.limitsOf(tenant),
    refuses: (principal) => directory.refuses(principal),
    isErasing: (ref) => directory.isErasing(ref),
    onChange: (told) => void listeners.push(told),
  };
}
