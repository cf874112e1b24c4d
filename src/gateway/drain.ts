/** How a gateway stops without losing anything. */
import type { Server as HttpServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../contracts/index.ts';
import type { GatewayContext } from './context.ts';
import type { GatewayServer } from './socket-client.ts';

/** Requests in progress get this long to finish, ms. */
const GRACE_MS = 2_000;

/**
 * 1. Readiness turns false and new connections are refused. 2. Clients are told to reconnect elsewhere, each at a different moment.
 * 3. Connections are closed in batches. 4. Requests in progress finish. 5. The port is closed, and what is left is cut.
 */
export async function drainGateway(
  context: GatewayContext,
  io: GatewayServer,
  http: HttpServer,
): Promise<void> {
  const { connections, peers, logger } = context;
  connections.refuse();
  logger.info({}, 'Draining');
  await connections.drain(LIMITS.drainMs);
  // Closes the adapter, the rest of the engine and the HTTP server; closing the adapter waits for Redis, which may be gone.
  const closed = io.close();
  const inTime = await Promise.race([closed.then(() => true), sleep(GRACE_MS, false, { ref: false })]);
  peers.cutAll();
  if (!inTime) await abandon(http);
  logger.info({}, 'Drained');
}

/** Closes the port and every remaining connection. */
async function abandon(http: HttpServer): Promise<void> {
  const closed = new Promise<void>((resolve) => http.close(() => resolve()));
  http.closeAllConnections();
  await closed;
}
