/** Who gets into a gateway: keys of the environment and of the registry, and session tokens. Makes a first key if nobody could administer it. */
import type { Database } from '../archive/index.ts';
import type { SessionRef } from '../contracts/index.ts';
import type { GatewayConfig } from '../gateway/index.ts';
import { createAdministration, createAuthenticator } from '../ingest/index.ts';
import type { Authenticator } from '../ingest/index.ts';
import {
  AuditBuffer,
  createRegistry,
  Directory,
  Erasures,
  Issuer,
  makeKey,
  RegistryWatch,
  Tokens,
} from '../tenants/index.ts';
import type { Audit, Principal, Registry } from '../tenants/index.ts';
import type { Logger } from '../telemetry/index.ts';
import type { Config } from './config.ts';
import type { Opened } from './opened.ts';
import { tokenKeysIn } from './token-keys.ts';

export interface Access {
  readonly authenticator: Authenticator;
  readonly audit: Audit;
  /** What tenants may use, as last known. */
  readonly directory: Directory;
  /** Is a session being erased, so that nothing of it is served any more? */
  readonly isErasing: (ref: SessionRef) => boolean;
  /** What a gateway takes of it. */
  readonly served: Pick<GatewayConfig, 'tokens' | 'admin' | 'audit' | 'standing'>;
  /** Rejects while the registry cannot be read. */
  readonly check: () => Promise<void>;
  /** Knows afterwards what has been written before. */
  readonly refresh: () => Promise<void>;
}

interface Parts {
  readonly logger: Logger;
  readonly opened: Opened;
}

/** Resolves once the registry was read, or could not be: then it is read as soon as its database answers. */
export async function openAccess(
  database: Database,
  config: Pick<Config, 'keys' | 'tokenKeys' | 'issuers' | 'operatorKey' | 'devMode'>,
  { logger, opened }: Parts,
): Promise<Access> {
  const registry = createRegistry(database);
  const directory = new Directory();
  const audit = new AuditBuffer();
  const watch = opened.add(new RegistryWatch({ registry, directory, audit }), (each) => each.stop());
  if (!config.devMode && config.operatorKey === undefined)
    void watch.loaded
      .then(() => (directory.isEmpty ? makeFirstKey(registry, logger) : undefined))
      .catch((error: unknown) => {
        logger.warn({ err: error }, 'The first operator key could not be stored; the next start tries again');
      });
  await watch.start();
  const { keys, devMode: devKey, operatorKey } = config;
  const tokens = tokensOf(config, logger);
  const refresh = (): Promise<void> => watch.refresh();
  const standing = {
    refuses: (principal: Principal) => directory.refuses(principal),
    onChange: (told: () => void) => watch.onChange(told),
  };
  return {
    authenticator: createAuthenticator({ keys, devKey, operatorKey, tokens, directory }),
    ...{ audit, directory, refresh },
    isErasing: (ref) => directory.isErasing(ref),
    served: {
      tokens,
      audit,
      standing,
      admin: createAdministration({ registry, erasures: new Erasures(database), refresh }),
    },
    check: () => watch.check(),
  };
}

/** Those that are minted here, and those of other issuers. */
function tokensOf(config: Pick<Config, 'tokenKeys' | 'issuers' | 'devMode'>, logger: Logger): Tokens {
  const others = config.issuers.map((settings) => {
    const where = { issuer: settings.issuer, jwksUrl: settings.jwksUrl };
    const said = 'The keys of an issuer cannot be read; those that were read before go on counting';
    return new Issuer(settings, (err) => logger.warn({ err, ...where }, said));
  });
  return new Tokens(tokenKeysIn(config), others);
}

/** Of gateways that start at the same time one makes it. */
async function makeFirstKey(registry: Registry, logger: Logger): Promise<void> {
  const { id, secret, digest } = makeKey();
  const key = { id, digest, tenant: null, name: 'first key', scopes: ['admin'] as const, expiresAt: null };
  const isStored = await registry.storeFirstKey(key, { actor: 'environment', at: Date.now() });
  if (!isStored) return;
  logger.warn(
    { operatorKey: secret },
    'An operator key was made, because there is none yet. It is shown only now: keep it, it manages tenants and keys',
  );
}
