/** What a gateway tells of itself to another one that asks for all of them, and how it is drained. */
import { LIMITS } from '../contracts/index.ts';
import type { GatewayStatus, RefusedTenant } from '../contracts/index.ts';
import type { GatewayContext } from './context.ts';
import type { Vitals } from './edge/vitals.ts';
import { isObject } from './fleet-ask.ts';
import type { Topic } from './fleet-ask.ts';

/** What all gateways are asked; the one that is named drains, or takes connections again, before it tells. */
export interface GatewayQuestion {
  readonly drain?: string;
  readonly resume?: string;
}

interface Own {
  readonly name: string;
  readonly version: string;
  readonly vitals: Vitals;
  readonly refused: () => readonly RefusedTenant[];
}

export function gatewayTopic(
  context: Pick<GatewayContext, 'connections' | 'delivery' | 'readiness' | 'logger'>,
  own: Own,
): Topic<GatewayQuestion, GatewayStatus> {
  const startedAt = Date.now();
  const { connections, logger } = context;
  return {
    name: 'gateway',
    async own({ drain, resume }) {
      if (drain === own.name && !connections.draining) {
        logger.info(
          {},
          'An operator drains this gateway: its connections go elsewhere, new ones are refused',
        );
        void connections.drain(LIMITS.drainMs);
      }
      if (resume === own.name) connections.resume();
      return { ...(await statusOf(context, own)), startedAt };
    },
    isQuestion: (value): value is GatewayQuestion =>
      isObject(value) && [value['drain'], value['resume']].every(isNameOrNothing),
    isAnswer: (value): value is GatewayStatus =>
      isObject(value) &&
      typeof value['id'] === 'string' &&
      isObject(value['checks']) &&
      [value['busiest'], value['refused']].every(Array.isArray),
  };
}

const isNameOrNothing = (value: unknown): boolean => value === undefined || typeof value === 'string';

async function statusOf(
  { connections, delivery, readiness }: Pick<GatewayContext, 'connections' | 'delivery' | 'readiness'>,
  { name, version, vitals, refused }: Own,
): Promise<Omit<GatewayStatus, 'startedAt'>> {
  const { ready, checks } = await readiness.soon(LIMITS.fleetAskMs / 2);
  const { sessions, busiest } = delivery.load();
  return {
    ...{ id: name, version, ready, checks, sessions, busiest },
    draining: connections.draining,
    sockets: connections.count('socket'),
    streams: connections.count('stream'),
    waitingBytes: connections.waitingBytes,
    lateMs: vitals.lateMs(),
    heapBytes: process.memoryUsage().heapUsed,
    refused: refused(),
  };
}
