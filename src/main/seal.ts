/** `convoke seal`: master keys and data keys are rotated while everything goes on. */
import { openArchive } from '../archive/index.ts';
import { isId } from '../contracts/index.ts';
import { ConfigError } from '../project/config-error.ts';
import { Keyring } from '../seal/index.ts';
import { AuditBuffer, createRegistry } from '../tenants/index.ts';
import type { Config } from './config.ts';
import { Opened } from './opened.ts';

/** What `work` has done stands in the audit log before this resolves. */
async function withKeyring<T>(
  { archiveUrl, sealKeys }: Config,
  work: (keyring: Keyring, audit: AuditBuffer) => Promise<T>,
): Promise<T> {
  if (sealKeys.length === 0) throw new ConfigError('CONVOKE_SEAL_KEYS', 'it is not set: nothing is sealed.');
  const opened = new Opened();
  try {
    const archive = opened.add(await openArchive(archiveUrl), (each) => each.close());
    const audit = new AuditBuffer();
    const done = await work(new Keyring(archive.database, sealKeys), audit);
    await audit.flush(createRegistry(archive.database));
    return done;
  } finally {
    await opened.close();
  }
}

/** Whoever may run the command has the keys of the environment. */
const ACTOR = 'environment';

/** Throws `ConfigError`, `archive_unavailable`, `seal_key_missing`, `seal_broken`. */
export async function rewrap(config: Config): Promise<void> {
  const master = config.sealKeys[0]?.id ?? '';
  const rewrapped = await withKeyring(config, async (keyring, audit) => {
    const count = await keyring.rewrap();
    const detail = { rewrapped: count };
    audit.note({ actor: ACTOR, tenant: null, action: 'seal.rewrap', target: master, detail });
    return count;
  });
  process.stdout.write(`All data keys are wrapped with ${master}; ${told(rewrapped)} so now.\n`);
}

const told = (count: number): string => `${count} of them ${count === 1 ? 'is' : 'are'}`;

/** Throws as `rewrap`. */
export async function rotate(config: Config, tenant: string): Promise<void> {
  if (!isId(tenant)) throw new ConfigError('tenant', 'it is 1 to 64 characters of A-Z a-z 0-9 _ -.');
  await withKeyring(config, async (keyring, audit) => {
    const { id, generation, master } = await keyring.rotate(tenant);
    const detail = { generation, master };
    audit.note({ actor: ACTOR, tenant, action: 'seal.rotate', target: id, detail });
  });
  process.stdout.write(`A new data key seals what is stored for ${tenant}, everywhere within a minute.\n`);
}
