/** `convoke seal`: master keys and data keys are rotated while everything goes on. */
import { openArchive } from '../archive/index.ts';
import { isId } from '../contracts/index.ts';
import { ConfigError } from '../project/config-error.ts';
import { Keyring } from '../seal/index.ts';
import type { Config } from './config.ts';
import { Opened } from './opened.ts';

async function withKeyring<T>(
  { archiveUrl, sealKeys }: Config,
  work: (keyring: Keyring) => Promise<T>,
): Promise<T> {
  if (sealKeys.length === 0) throw new ConfigError('CONVOKE_SEAL_KEYS', 'it is not set: nothing is sealed.');
  const opened = new Opened();
  try {
    const archive = opened.add(await openArchive(archiveUrl), (each) => each.close());
    return await work(new Keyring(archive.database, sealKeys));
  } finally {
    await opened.close();
  }
}

/** Throws `ConfigError`, `archive_unavailable`, `seal_key_missing`, `seal_broken`. */
export async function rewrap(config: Config): Promise<void> {
  const count = await withKeyring(config, (keyring) => keyring.rewrap());
  const [first] = config.sealKeys;
  process.stdout.write(`All data keys are wrapped with ${first?.id ?? ''}; ${count} of them are so now.\n`);
}

/** Throws as `rewrap`. */
export async function rotate(config: Config, tenant: string): Promise<void> {
  if (!isId(tenant)) throw new ConfigError('tenant', 'it is 1 to 64 characters of A-Z a-z 0-9 _ -.');
  await withKeyring(config, (keyring) => keyring.rotate(tenant));
  process.stdout.write(`A new data key seals what is stored for ${tenant}, everywhere within a minute.\n`);
}
