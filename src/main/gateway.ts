/** Composition root of a gateway process. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createShardedAdapter } from '@socket.io/redis-adapter';
import { Client, Connection } from '@temporalio/client';
import { openArchive } from '../archive/index.ts';
import { createDelivery } from '../deliver/index.ts';
import { createGateway } from '../gateway/index.ts';
import { createAdmission, createAuthenticator, createIntake, createReopen } from '../ingest/index.ts';
import { RECOVERY } from '../contracts/index.ts';
import { createLogger } from '../telemetry/index.ts';
import { createSessionCalls, ingressConnectionOptions } from '../temporal/index.ts';
import type { Config } from './config.ts';
import { defaultAgents } from './agents.ts';
import { openAdapterConnections, openLog } from './redis.ts';
import { stopSignal } from './shutdown.ts';
import { sessionSource } from './source.ts';

/** The built page (`npm run build` compiles examples/page). */
const PAGE = fileURLToPath(new URL('../../page', import.meta.url));

/** Serves until SIGTERM or SIGINT, then drains. Rejects if it cannot start. */
export async function runGateway(config: Config, port: number, host: string): Promise<void> {
  const stop = stopSignal();
  const logger = createLogger('gateway', config.logLevel);
  if (config.keys.size === 0 && !config.devMode)
    logger.warn({}, 'No key opens this gateway: every request will be refused. Set CONVOKE_KEYS');
  const { address, namespace, taskQueue } = config.temporal;
  const connection = Connection.lazy({ address, ...ingressConnectionOptions() });
  const client = new Client({ connection, namespace });
  const [session, control, archive] = await Promise.all([
    openLog(config.redisUrl, logger),
    openAdapterConnections(config.redisUrl, logger),
    openArchive(config.archiveUrl),
  ]);
  const calls = createSessionCalls({ client, taskQueue });
  const source = sessionSource(client, archive, RECOVERY.answerDeadlineMs);
  const delivery = createDelivery({
    ...{ log: session.log, source, archive, logger },
    receipt: calls.receipt.bind(calls),
  });
  const gateway = createGateway({
    intake: createIntake({
      calls,
      admission: createAdmission(session.log),
      catalogs: () => session.catalogs.read(),
      endedTurn: (ref) => delivery.endedTurn(ref),
      authenticator: createAuthenticator({ keys: config.keys, devKey: config.devMode }),
      defaultAgents: defaultAgents(config),
      isArchived: async (ref) => (await archive.session(ref)) !== null,
      agentsOf: async (ref) =>
        (await session.log.read(ref, { limit: 1 }))?.info.agents.map(({ name }) => name) ?? null,
      reopen: createReopen({ calls, log: session.log, source, archive }),
    }),
    delivery,
    logger,
    checks: {
      temporal: () =>
        connection.withDeadline(Date.now() + RECOVERY.ingressDeadlineMs, () =>
          connection.workflowService.getSystemInfo({}),
        ),
    },
    notices: { redis: () => session.ping() },
    origins: config.origins,
    devMode: config.devMode,
    ...(config.devMode && existsSync(PAGE) ? { pageDir: PAGE } : {}),
    adapter: createShardedAdapter(control.publisher, control.subscriber, {
      channelPrefix: 'convoke:control',
    }),
  });
  const bound = await gateway.listen(port, host);
  logger.info({ port: bound.port, temporal: address }, 'Gateway listens');
  logger.info({ signal: await stop }, 'Gateway stops');
  await gateway.drain();
  await delivery.stop();
  control.close();
  session.close();
  await Promise.all([archive.close(), connection.close()]);
}
