/** The archive of a process, sealed if the deployment has keys. */
import { openArchive, sealArchive } from '../archive/index.ts';
import type { SharedArchive } from '../archive/index.ts';
import { isConvokeError } from '../contracts/index.ts';
import { ConfigError } from '../project/config-error.ts';
import { Keyring } from '../seal/index.ts';
import type { Logger } from '../telemetry/index.ts';
import { createCodec } from '../temporal/index.ts';
import type { Config } from './config.ts';
import type { Opened } from './opened.ts';
import { Outage } from './outage.ts';

interface Parts {
  readonly logger: Logger;
  readonly opened: Opened;
}

export interface Store {
  readonly archive: SharedArchive;
  /** Null: what is stored is not sealed. */
  readonly seal: Keyring | null;
  /** For whatever talks to Temporal. */
  readonly converter: ReturnType<typeof converterOf>;
}

/**
 * As `openArchive`; the operator hears of it when its server cannot be used. Throws `ConfigError` if the master keys do not open the data keys that
 * are there, or there are none: such a process could not read what others store, and would store in the clear what they seal.
 */
export async function openStore(
  { archiveUrl, sealKeys }: Pick<Config, 'archiveUrl' | 'sealKeys'>,
  { logger, opened }: Parts,
): Promise<Store> {
  const archive = opened.add(await openArchive(archiveUrl), (each) => each.close());
  const outage = new Outage({
    ...{ what: 'The archive', where: {}, logger },
    meanwhile: 'sessions go on with what they hold, and what is older cannot be read',
  });
  opened.add(
    outage.watch(() => archive.ping()),
    (end) => end(),
  );
  const seal = sealKeys.length > 0 ? new Keyring(archive.database, sealKeys) : null;
  await requireKeys(seal ?? new Keyring(archive.database, []));
  return { archive: sealArchive(archive, seal), seal, converter: converterOf(seal) };
}

/** A database that is away is asked when a key is needed. */
async function requireKeys(seal: Keyring): Promise<void> {
  try {
    await seal.check();
  } catch (error) {
    if (isConvokeError(error) && error.code.startsWith('seal_'))
      throw new ConfigError('CONVOKE_SEAL_KEYS', error.message);
  }
}

/** What a client or a worker of Temporal gets beside its other options. */
export function converterOf(seal: Keyring | null) {
  return seal ? { dataConverter: { payloadCodecs: [createCodec(seal)] } } : {};
}
