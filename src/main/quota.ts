/** The limits of tenants, put in front of what they bound. */
import type { Client } from '@temporalio/client';
import type { Quota } from '../gateway/index.ts';
import { createAdmission, limited } from '../ingest/index.ts';
import type { Admission } from '../ingest/index.ts';
import { createBuckets, createUsage, Fleet, OpenSessions, TenantConnections } from '../quota/index.ts';
import type { LimitsOf } from '../quota/index.ts';
import { createOpenCount } from '../temporal/index.ts';
import type { Opened } from './opened.ts';
import type { LogConnections } from './redis.ts';

interface Parts {
  readonly session: Pick<LogConnections, 'log' | 'commands'>;
  readonly client: Client;
  readonly limitsOf: LimitsOf;
  readonly opened: Opened;
}

export interface TenantQuota {
  readonly admission: Admission;
  /** Counts a session that is about to be opened. */
  readonly counted: (tenant: string) => Promise<void>;
  readonly quota: Quota;
}

export function openQuota({ session, client, limitsOf, opened }: Parts): TenantQuota {
  const { log, commands } = session;
  const fleet = opened.add(new Fleet(commands), (each) => each.close());
  const sessions = new OpenSessions(createOpenCount(client), limitsOf);
  const connections = opened.add(new TenantConnections(commands, limitsOf, fleet), (each) => each.close());
  return {
    admission: limited(createAdmission(log), { limitsOf, buckets: createBuckets(commands), fleet }),
    counted: (tenant) => sessions.open(tenant),
    quota: {
      connect: (tenant) => connections.open(tenant),
      usage: createUsage(commands, limitsOf, sessions),
    },
  };
}
