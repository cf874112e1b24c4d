/** The files of a process. */
import type { Database } from '../archive/index.ts';
import { LIMITS } from '../contracts/index.ts';
import { createFiles, openStore } from '../files/index.ts';
import type { Files } from '../files/index.ts';
import type { LimitsOf } from '../quota/index.ts';
import type { Logger } from '../telemetry/index.ts';
import type { Config } from './config.ts';
import type { Opened } from './opened.ts';

interface Parts {
  readonly database: Database;
  readonly limitsOf: LimitsOf;
}

/** Undefined: this deployment has no place for them. */
export async function openFiles({ files }: Pick<Config, 'files'>, parts: Parts): Promise<Files | undefined> {
  if (!files) return undefined;
  const store = await openStore(files.place, files.credentials);
  return createFiles({ ...parts, store });
}

/** Deletes now and then what nothing refers to. Every gateway does: the database decides who of them deletes what. */
export function sweepFiles(files: Files, { logger, opened }: { readonly logger: Logger; readonly opened: Opened }): void {
  const sweep = (): void => {
    files.sweep(Date.now()).catch((error: unknown) => {
      logger.warn({ err: error }, 'Files that nothing refers to could not be deleted; the next sweep tries again');
    });
  };
  opened.add(setInterval(sweep, LIMITS.fileSweepMs).unref(), (timer) => clearInterval(timer));
}

