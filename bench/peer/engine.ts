/** Starts the engine of another make, with a database of its own. It speaks the bare engine's protocol. */
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/support/ports.ts';
import { startPostgres } from '../../test/support/postgres.ts';
import { createBareEngine } from '../bare/engine.ts';
import type { Engine } from '../engine.ts';
import { saying } from '../service.ts';

const DBOS = fileURLToPath(new URL('dbos.ts', import.meta.url));

export interface Peer {
  readonly engine: Engine;
  stop(): Promise<void>;
}

export async function startPeer(redisUrl: string): Promise<Peer> {
  const [postgres, port] = await Promise.all([startPostgres(), freePort()]);
  try {
    const server = await saying([DBOS, postgres.url, redisUrl, String(port)]);
    return {
      engine: createBareEngine(`http://127.0.0.1:${port}`),
      async stop() {
        await server.end('SIGKILL');
        await postgres.stop();
      },
    };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}
