/** The answers about the deployment, as schemas for the description of the API. See `replies.ts`. */
import { z } from 'zod';
import type { GatewayStatus, SystemStatus, TenantUse } from '../contracts/index.ts';
import { limitUseReply } from './replies-system.ts';
import { describes, list, ms } from './shapes.ts';

const answered = {
  status: z
    .enum(['ok', 'unknown'])
    .meta({ description: '`unknown`: it has not answered within a second; `reason` says why.' }),
  ms: z.number().meta({ description: 'Until it had answered, or was given up.' }),
  reason: z.string().optional(),
};
const slots = z.object({ used: z.number(), most: z.number() });
const check = z.enum(['ok', 'failed', 'timeout']);

const busy = z.object({ tenant: z.string(), session: z.string(), watchers: z.number(), events: z.number() });
const refused = z.object({ tenant: z.string(), refused: z.number() });

export const gatewayReply = describes<GatewayStatus>()(
  z
    .object({
      id: z.string(),
      version: z.string(),
      startedAt: ms,
      draining: z.boolean(),
      ready: z.boolean(),
      checks: z.record(z.string(), check),
      sockets: z.number(),
      streams: z.number(),
      waitingBytes: z.number(),
      sessions: z.number().meta({ description: 'Sessions that are followed there.' }),
      lateMs: z.number().meta({ description: 'How late its event loop is: the latest tenth of rounds.' }),
      heapBytes: z.number(),
      busiest: list(busy).meta({ description: 'Sessions with the most events in the last minute.' }),
      refused: list(refused).meta({
        description: 'Tenants that limits have refused most in the last minute.',
      }),
    })
    .meta({ id: 'Gateway' }),
);

const turn = z.object({ tenant: z.string(), session: z.string(), turn: z.string(), startedAt: ms });

const worker = z
  .object({
    id: z.string(),
    version: z.string(),
    deployment: z.object({ name: z.string(), buildId: z.string() }).optional(),
    startedAt: ms,
    draining: z.boolean(),
    queues: list(z.string()),
    agents: list(z.string()),
    teams: list(z.string()),
    tools: list(z.string()),
    models: list(z.string()),
    turns: slots,
    quick: slots,
    tasks: slots,
    cached: z.number(),
    heapBytes: z.number(),
    longest: list(turn).meta({ description: 'The turns that have run longest there.' }),
    toldMsAgo: z.number(),
  })
  .meta({ id: 'Worker' });

const queue = z
  .object({
    ...answered,
    name: z.string(),
    kind: z.enum(['workflow', 'activity']),
    backlog: z.number().optional(),
    oldestMs: z.number().optional(),
    addedPerSecond: z.number().optional(),
    takenPerSecond: z.number().optional(),
    pollers: list(z.string()),
  })
  .meta({ id: 'TaskQueue' });

const redis = z.object({
  version: z.string(),
  nodes: z.number(),
  usedBytes: z.number(),
  mostBytes: z.number().meta({ description: '0: no limit.' }),
  policy: z.string(),
  clients: z.number(),
});

const trouble = z.object({ level: z.enum(['error', 'warning']), text: z.string() });

export const systemReply = describes<SystemStatus>()(
  z
    .object({
      at: ms,
      by: z.string().meta({ description: 'The gateway that has asked.' }),
      gateways: z.object({ ...answered, asked: z.number(), data: list(gatewayReply) }),
      workers: z.object({ ...answered, data: list(worker) }),
      queues: z.object({ ...answered, data: list(queue) }),
      redis: z.object({ ...answered, server: redis.optional() }),
      temporal: z.object({
        ...answered,
        namespace: z.string().optional(),
        version: z.string().optional(),
      }),
      archive: z.object({ ...answered, kind: z.enum(['sqlite', 'postgres']).optional() }),
      troubles: list(trouble).meta({ description: 'What to look at, errors first.' }),
    })
    .meta({ id: 'System' }),
);

export const tenantUseReply = describes<TenantUse>()(
  z
    .object({
      ...answered,
      tenant: z.string(),
      name: z.string().optional(),
      state: z.enum(['active', 'suspended']).optional(),
      limits: list(limitUseReply),
      waiting: z.number().meta({ description: 'Turns that wait for a place.' }),
      refused: z.number().meta({ description: 'Requests that limits have refused in the last minute.' }),
      running: z.number().meta({ description: 'Turns that run, as far as workers tell of them.' }),
    })
    .meta({ id: 'TenantUse' }),
);
