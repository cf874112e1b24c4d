/** What a gateway tells of its protocols. */
import type { Handler } from 'express';
import { NO_METRICS, secondsSince } from '../telemetry/index.ts';
import type { GatewayContext } from './context.ts';
import type { Route } from './route.ts';

/** What is read when somebody asks. */
export function measureGateway({ metrics, connections, pages, uploads, downloads }: GatewayContext): void {
  metrics.read('convoke_connections', () =>
    (['socket', 'stream'] as const).map((kind) => [{ kind }, connections.count(kind)]),
  );
  metrics.read('convoke_waiting_bytes', () => [[{}, connections.waitingBytes]]);
  metrics.read('convoke_queue_waiting', () =>
    Object.entries({ pages, uploads, downloads }).map(([queue, { waiting }]) => [{ queue }, waiting]),
  );
}

/** Tells how long a request took; one that follows a session lasts for as long as its client likes. */
export function timed({ metrics }: GatewayContext, { method, path }: Route): readonly Handler[] {
  if (metrics === NO_METRICS) return [];
  const tell: Handler = (_req, res, next) => {
    const began = performance.now();
    res.once('close', () => {
      if (String(res.getHeader('Content-Type')).startsWith('text/event-stream')) return;
      const status = `${Math.floor(res.statusCode / 100)}xx`;
      metrics.observe('convoke_http_seconds', { method, route: path, status }, secondsSince(began));
    });
    next();
  };
  return [tell];
}
