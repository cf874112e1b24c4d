/** What a gateway erases sessions with, and its looks for what is to be erased. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { SharedArchive } from '../archive/index.ts';
import { LIMITS } from '../contracts/index.ts';
import type { Files } from '../files/index.ts';
import { createEraser } from '../ingest/index.ts';
import type { Eraser } from '../ingest/index.ts';
import { createLogEraser } from '../log/index.ts';
import type { Keyring } from '../seal/index.ts';
import type { Logger } from '../telemetry/index.ts';
import { createRegistry, Erasures } from '../tenants/index.ts';
import { createTemporalErasure } from '../temporal/index.ts';
import type { SessionCalls } from '../temporal/index.ts';
import type { Access } from './access.ts';
import type { Opened } from './opened.ts';
import type { TenantQuota } from './quota.ts';
import type { LogConnections } from './redis.ts';

interface Parts {
  readonly archive: SharedArchive;
  readonly session: Pick<LogConnections, 'commands'>;
  readonly access: Pick<Access, 'refresh'>;
  readonly client: Client;
  readonly taskQueue: string;
  readonly seal: Keyring | null;
  readonly files: Pick<Files, 'removeSession' | 'removeTenant'> | undefined;
  readonly calls: Pick<SessionCalls, 'find'>;
  readonly takeOperation: TenantQuota['takeOperation'];
  readonly logger: Logger;
  readonly opened: Opened;
}

export function openEraser(parts: Parts): Eraser {
  const { archive, session, access, client, taskQueue, seal, files, calls, logger, opened } = parts;
  const { takeOperation } = parts;
  const eraser = createEraser({
    erasures: new Erasures(archive.database),
    registry: createRegistry(archive.database),
    ...{ refresh: access.refresh, takeOperation },
    exists: async (ref) => (await calls.find(ref)) !== null || (await archive.session(ref)) !== null,
    isRunning: async (ref) => (await calls.find(ref))?.summary.status === 'open',
    places: {
      archive,
      log: createLogEraser(session.commands),
      temporal: createTemporalErasure(client, taskQueue),
      keys: seal ?? undefined,
      files,
    },
  });
  const stopped = opened.add(new AbortController(), (each) => each.abort());
  void every(LIMITS.eraseLookMs, () => eraser.sweep(), { logger, signal: stopped.signal });
  void every(LIMITS.retainEveryMs, () => eraser.retain(), { logger, signal: stopped.signal });
  return eraser;
}

/** Not all gateways at the same time. What fails is tried again the next time. */
async function every(
  ms: number,
  work: () => Promise<unknown>,
  { logger, signal }: { readonly logger: Logger; readonly signal: AbortSignal },
): Promise<void> {
  for (;;) {
    await pause(ms * (0.75 + Math.random() / 2), undefined, { ref: false, signal }).catch(() => undefined);
    if (signal.aborted) return;
    await work().catch((error: unknown) => {
      if (!signal.aborted) logger.warn({ err: error }, 'Sessions could not be erased; it is tried again');
    });
  }
}
