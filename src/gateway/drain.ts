/** How a gateway stops without anybody losing anything. */
import type { Server as HttpServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../contracts/index.ts';
import type { GatewayContext } from './context.ts';
import type { GatewayServer } from './socket-client.ts';

/** Requests that are under way get this long to end, ms. */
const GRACE_MS = 2_000;

/**
 * 1. readiness says no and nobody new is let in, 2. everybody is told to come back elsewhere, at different moments, 3. connections are
 * closed in batches, 4. requests under way end, 5. the port is closed.
 */
export async function drainGateway(
  context: GatewayContext,
  io: GatewayServer,
  http: HttpServer,
): Promise<void> {
  const { connections, logger } = context;
  connections.refuse();
  logger.info({}, 'Draining');
  await connections.drain(LIMITS.drainMs);
  // Closes the adapter, what is left of the engine, and the HTTP server; the first of these waits for a Redis that may be gone.
  const closed = io.close();
  const inTime = await Promise.race([closed.then(() => true), sleep(GRACE_MS, false, { ref: false })]);
  if (!inTime) await abandon(http);
  logger.info({}, 'Drained');
}

/** Closes the port, and whatever is still connected to it. */
async function abandon(http: HttpServer): Promise<void> {
  const closed = new Promise<void>((resolve) => http.close(() => resolve()));
  http.closeAllConnections();
  await closed;
}
