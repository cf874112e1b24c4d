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
