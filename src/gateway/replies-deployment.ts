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

const place = { tenant: z.string(), session: z.string(), turn: z.string() };
const turn = z.object({
  ...{ ...place, startedAt: ms },
  doing: z
    .object({
      agent: z.string(),
      tool: z.string().optional(),
      provider: z.string().optional(),
      model: z.string().optional(),
      startedAt: ms,
    })
    .optional()
    .meta({ description: 'The step of it that has run longest.' }),
});
const endpoint = z.object({
  provider: z.string(),
  calls: z.number(),
  failed: z.number(),
  firstMs: z.number().optional().meta({ description: 'The median until the first token.' }),
});
const lacked = z.object({ needs: z.string(), times: z.number(), lastAt: ms });
const handedOver = z.object({ ...place, needs: z.string(), at: ms });
const waiting = z.object({ ...place, since: ms, most: z.number(), until: ms });
const names = {
  queues: list(z.string()),
  agents: list(z.string()),
  teams: list(z.string()),
  tools: list(z.string()),
  models: list(z.string()),
};

const worker = z
  .object({
    id: z.string(),
    version: z.string(),
    deployment: z.object({ name: z.string(), buildId: z.string() }).optional(),
    startedAt: ms,
    draining: z.boolean(),
    ...names,
    turns: slots,
    quick: slots,
    tasks: slots,
    cached: z.number(),
    heapBytes: z.number(),
    longest: list(turn).meta({ description: 'The turns that have run longest there.' }),
    endpoints: list(endpoint).optional().meta({ description: 'Calls of models in the last 5 minutes.' }),
    lacked: list(lacked)
      .optional()
      .meta({ description: 'What turns needed in the last 5 minutes and it does not have.' }),
    handedOver: list(handedOver)
      .optional()
      .meta({ description: 'Turns that may still wait for a worker that has what they need.' }),
    waiting: list(waiting).optional().meta({ description: 'Turns that wait for a place of their tenant.' }),
    toldMsAgo: z.number(),
  })
  .meta({ id: 'Worker' });

const gone = z
  .object({
    ...{ id: z.string(), version: z.string(), startedAt: ms, ...names },
    longest: list(turn).meta({ description: 'The turns that it ran when it was heard of last.' }),
    toldMsAgo: z.number(),
  })
  .meta({ id: 'GoneWorker' });

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

const trouble = z.object({
  level: z.enum(['error', 'warning']),
  text: z.string(),
  tenant: z.string().optional(),
  session: z.string().optional(),
});

export const systemReply = describes<SystemStatus>()(
  z
    .object({
      at: ms,
      by: z.string().meta({ description: 'The gateway that has asked.' }),
      gateways: z.object({ ...answered, asked: z.number(), data: list(gatewayReply) }),
      workers: z.object({
        ...{ ...answered, data: list(worker) },
        gone: list(gone).optional().meta({ description: 'Ended without a word in the last 10 minutes.' }),
      }),
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
