/**
 * What workers have told of themselves: one key for all, which holds each different catalog once, however many workers have it. A catalog is
 * forgotten `LIMITS.catalogTtlMs` after the last worker has told it.
 */
import { createHash } from 'node:crypto';
import { LIMITS, type Catalog } from '../contracts/index.ts';
import type { Commands } from './connect.ts';
import { logUnavailable } from './failure.ts';
import { loadCatalogScripts, type LuaReply } from './scripts.ts';

const KEY = 'convoke:{catalogs}';

/** All calls throw `log_unavailable` while Redis is away. */
export interface Catalogs {
  /** To be repeated every `LIMITS.catalogEveryMs`. */
  announce(catalog: Catalog): Promise<void>;
  /** In no order. */
  read(): Promise<readonly Catalog[]>;
}

/** `ttlMs`: default `LIMITS.catalogTtlMs`. */
export function createCatalogs(redis: Commands, ttlMs: number = LIMITS.catalogTtlMs): Catalogs {
  const { announceCatalog, readCatalogs } = loadCatalogScripts(redis);
  const asked = async (call: Promise<LuaReply>): Promise<LuaReply> => {
    try {
      return await call;
    } catch (error) {
      throw logUnavailable(error);
    }
  };
  return {
    async announce(catalog) {
      const json = JSON.stringify(catalog);
      const hash = createHash('sha256').update(json).digest('base64url');
      await asked(announceCatalog(KEY, hash, ttlMs, json));
    },
    async read() {
      const found = await asked(readCatalogs(KEY));
      return (found as string[]).map((json) => JSON.parse(json) as Catalog); // safety: only `announce` writes there
    },
  };
}
