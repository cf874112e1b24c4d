/** The files of a process. */
import type { SharedArchive } from '../archive/index.ts';
import { LIMITS } from '../contracts/index.ts';
import type { LimitUse, SessionInfo, SessionRef } from '../contracts/index.ts';
import { createFiles, openStore } from '../files/index.ts';
import type { Files } from '../files/index.ts';
import type { SessionLog } from '../log/index.ts';
import type { Quota, ServedFiles } from '../gateway/index.ts';
import type { LimitsOf } from '../quota/index.ts';
import type { Logger } from '../telemetry/index.ts';
import type { SessionCalls } from '../temporal/index.ts';
import type { Config } from './config.ts';
import type { Opened } from './opened.ts';

interface Parts {
  readonly archive: Pick<SharedArchive, 'database' | 'session'>;
  readonly log: Pick<SessionLog, 'read'>;
  readonly limitsOf: LimitsOf;
  /** Knows of a fork that is not made yet. Absent: only those that are made are asked about. */
  readonly find?: SessionCalls['find'];
}

/** Undefined: this deployment has no place for them. */
export async function openFiles(
  { files }: Pick<Config, 'files'>,
  { archive, log, limitsOf, find }: Parts,
): Promise<Files | undefined> {
  if (!files) return undefined;
  const store = await openStore(files.place, files.credentials);
  const ancestorsOf = async (ref: SessionRef): Promise<readonly SessionRef[]> => {
    const slice = await log.read(ref, { limit: 0 }).catch(() => null);
    const info = slice?.info ?? (await archive.session(ref))?.info ?? (await find?.(ref))?.summary;
    const { parent, ancestors = [] }: Pick<SessionInfo, 'parent' | 'ancestors'> = info ?? {};
    const line = parent ? [parent.session, ...ancestors] : [];
    return line.map((session) => ({ tenant: ref.tenant, session }));
  };
  return createFiles({ database: archive.database, store, limitsOf, ancestorsOf });
}

interface GatewayParts extends Parts {
  readonly exists: ServedFiles['exists'];
  readonly quota: Quota;
  readonly logger: Logger;
  readonly opened: Opened;
}

interface Served {
  readonly files?: ServedFiles;
  readonly useFiles?: Files['use'];
  /** Tells what files take, too. */
  readonly quota: Quota;
}

/** The files of a gateway. Every gateway deletes now and then what nothing refers to: the database decides who of them deletes what. */
export async function serveFiles(
  config: Pick<Config, 'files'>,
  { exists, quota, logger, opened, ...parts }: GatewayParts,
): Promise<Served> {
  const files = await openFiles(config, parts);
  if (!files) return { quota };
  const sweep = (): void => {
    files.sweep(Date.now()).catch((error: unknown) => {
      logger.warn(
        { err: error },
        'Files that nothing refers to could not be deleted; the next sweep tries again',
      );
    });
  };
  opened.add(setInterval(sweep, LIMITS.fileSweepMs).unref(), (timer) => clearInterval(timer));
  const usage = async (tenant: string): Promise<readonly LimitUse[]> => {
    const { storedBytes: most } = parts.limitsOf(tenant);
    const limits = await quota.usage(tenant);
    if (most === undefined) return limits;
    const used = await files.storedBytes(tenant);
    return [...limits, { limit: 'storedBytes', most, used, left: Math.max(0, most - used) }];
  };
  return { files: { files, exists }, useFiles: files.use.bind(files), quota: { ...quota, usage } };
}
