/** Seals and opens with the data keys of tenants, which it keeps in memory for a while. */
import type { Database } from '../archive/index.ts';
import { ConvokeError } from '../contracts/index.ts';
import type { Seal, Sealed } from '../contracts/index.ts';
import { decrypt, encrypt } from './cipher.ts';
import { DataKeys } from './data-keys.ts';
import type { DataKey, WrappedKey } from './data-keys.ts';
import { Fresh } from './fresh.ts';
import type { MasterKey } from './master-keys.ts';

const about = (tenant: string, place: string): string => `convoke|${tenant}|${place}`;

const GONE = 'It was destroyed (its tenant was erased), or is in another database.';
const ERASING = 'The tenant is being erased; try again.';

export class Keyring implements Seal {
  readonly #keys: DataKeys;
  /** By tenant: the one that seals. */
  readonly #sealing: Fresh<DataKey>;
  /** By id. */
  readonly #known: Fresh<DataKey>;

  constructor(database: Database, masters: readonly MasterKey[]) {
    this.#keys = new DataKeys(database, masters);
    this.#known = new Fresh((id) => this.#keys.find(id));
    this.#sealing = new Fresh((tenant) => this.#keys.newest(tenant));
  }

  async seal(tenant: string, place: string, plain: Uint8Array): Promise<Sealed> {
    const key = (await this.#sealing.get(tenant)) ?? (await this.#first(tenant));
    return { key: key.id, data: encrypt(key.secret, about(tenant, place), plain) };
  }

  async open(tenant: string | null, place: string, { key: id, data }: Sealed): Promise<Uint8Array> {
    const key = await this.#known.get(id);
    if (!key) throw new ConvokeError('seal_key_missing', `There is no data key ${id}. ${GONE}`);
    if (tenant !== null && key.tenant !== tenant)
      throw new ConvokeError('seal_broken', 'It was sealed for another tenant.');
    try {
      return decrypt(key.secret, about(key.tenant, place), data);
    } catch (cause) {
      throw new ConvokeError('seal_broken', undefined, { cause });
    }
  }

  /**
   * Makes a new data key, which seals from now on; other processes hear of it within `LIMITS.sealKeyFreshMs`. Older ones still open. Returns what is
   * known of it without opening it.
   */
  async rotate(tenant: string): Promise<WrappedKey> {
    const [before] = await this.#keys.list(tenant);
    await this.#keys.make(tenant, before?.generation);
    this.#sealing.forget(tenant);
    const [newest] = await this.#keys.list(tenant);
    if (!newest) throw new ConvokeError('seal_key_missing', ERASING);
    return newest;
  }

  /** Wraps all data keys with the first master key; returns how many another one had wrapped. May be repeated. */
  async rewrap(): Promise<number> {
    let total = 0;
    for (let count = await this.#keys.rewrap(); count > 0; count = await this.#keys.rewrap()) total += count;
    return total;
  }

  /**
   * Destroys the data keys of a tenant: what they have sealed, wherever it still is, can never be opened again. Other processes forget them within
   * `LIMITS.sealKeyMostMs`. Returns how many there were.
   */
  async destroy(tenant: string): Promise<number> {
    const keys = await this.#keys.list(tenant);
    const destroyed = await this.#keys.destroy(tenant);
    this.#sealing.forget(tenant);
    for (const { id } of keys) this.#known.forget(id);
    return destroyed;
  }

  /** Throws `seal_key_missing` or `seal_broken` if there are data keys that the master keys do not open. */
  async check(): Promise<void> {
    for (const key of await this.#keys.samples()) this.#keys.unwrap(key);
  }

  async #first(tenant: string): Promise<DataKey> {
    await this.#keys.make(tenant);
    this.#sealing.forget(tenant);
    const key = await this.#sealing.get(tenant);
    if (!key) throw new ConvokeError('seal_key_missing', ERASING);
    return key;
  }
}
