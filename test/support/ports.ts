import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below what Linux, macOS and Windows give to outgoing connections: those would take a port before its server is started (again). */
const [FIRST, END] = [15_000, 30_000];
/** Random ports that are tried before giving up. */
const TRIES = 100;

/** A TCP port of this machine that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = randomInt(FIRST, END);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port from ${FIRST} to ${END} is free`);
}

export interface DevPorts {
  /** Of the gateway. */
  readonly port: number;
  /** Of the Temporal Web UI. */
  readonly ui: number;
  /** What `convoke dev` is told: all of its ports. */
  readonly args: readonly string[];
}

/** Free ports for a `convoke dev` of one's own. */
export async function devPorts(): Promise<DevPorts> {
  const [port, temporal, ui, redis] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const ports = {
    '--port': port,
    '--temporal-port': temporal,
    '--temporal-ui-port': ui,
    '--redis-port': redis,
  };
  return { port, ui, args: Object.entries(ports).flat().map(String) };
}

function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', () => {
      resolve(false);
    });
    probe.listen(port, '127.0.0.1', () => {
      probe.close(() => {
        resolve(true);
      });
    });
  });
}
