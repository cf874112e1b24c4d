/** Data keys in the database of the archive, wrapped by a master key. */
import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { withTables } from '../archive/index.ts';
import type { Database, Row, Statement, Tables } from '../archive/index.ts';
import { ConvokeError, DEPLOYMENT, LIMITS } from '../contracts/index.ts';
import { decrypt, encrypt } from './cipher.ts';
import type { MasterKey } from './master-keys.ts';

export interface DataKey {
  readonly id: string;
  readonly tenant: string;
  readonly secret: KeyObject;
}

/** What is known of a data key without opening it. */
export interface WrappedKey {
  readonly id: string;
  readonly tenant: string;
  /** 1, 2, …: the highest of a tenant seals. */
  readonly generation: number;
  /** The id of the master key. */
  readonly master: string;
  readonly wrapped: string;
  /** ms since the Unix epoch. */
  readonly createdAt: number;
}

const tables = (number: string, strict: string): string => `
  CREATE TABLE IF NOT EXISTS convoke_data_key (
    id text PRIMARY KEY,
    tenant text NOT NULL,
    generation ${number} NOT NULL,
    master text NOT NULL,
    wrapped text NOT NULL,
    created_at ${number} NOT NULL,
    UNIQUE (tenant, generation)
  )${strict};
`;

export const TABLES: Tables = {
  names: ['convoke_data_key'],
  sqlite: tables('INTEGER', ' STRICT'),
  postgres: tables('bigint', ''),
};

const aboutKey = (tenant: string, id: string): string => `convoke data key|${tenant}|${id}`;
const keyId = (): string => randomBytes(9).toString('base64url');

function wrappedOf(row: Row): WrappedKey {
  return {
    ...{ id: String(row['id']), tenant: String(row['tenant']), generation: Number(row['generation']) },
    ...{ master: String(row['master']), wrapped: String(row['wrapped']) },
    createdAt: Number(row['created_at']),
  };
}

/** Every method throws `archive_unavailable`. */
export class DataKeys {
  readonly #database: Database;
  readonly #masters: readonly MasterKey[];

  /** `masters`: the first wraps. */
  constructor(database: Database, masters: readonly MasterKey[]) {
    this.#database = withTables(database, TABLES);
    this.#masters = masters;
  }

  /** The key that seals for a tenant; null: it has none yet. */
  async newest(tenant: string): Promise<DataKey | null> {
    const sql = 'SELECT * FROM convoke_data_key WHERE tenant = $1 ORDER BY generation DESC LIMIT 1';
    return this.#opened(await this.#database.read({ sql, values: [tenant] }));
  }

  /** Null: there is no such key, or it was destroyed. */
  async find(id: string): Promise<DataKey | null> {
    return this.#opened(
      await this.#database.read({ sql: 'SELECT * FROM convoke_data_key WHERE id = $1', values: [id] }),
    );
  }

  /** Makes the first key of a tenant, or the one after `generation`. Of several processes that do so at once, one makes it. */
  async make(tenant: string, generation = 0): Promise<void> {
    const [id, secret] = [keyId(), createSecretKey(randomBytes(LIMITS.sealKeyBytes))];
    const { id: master, wrapped } = this.#wrap({ id, tenant, secret });
    await this.#write({
      sql: `INSERT INTO convoke_data_key (id, tenant, generation, master, wrapped, created_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
      values: [id, tenant, generation + 1, master, wrapped, Date.now()],
    });
  }

  /** All of a tenant, the newest first; undefined: of all, up to `limit`. */
  async list(tenant: string): Promise<readonly WrappedKey[]> {
    const sql = 'SELECT * FROM convoke_data_key WHERE tenant = $1 ORDER BY generation DESC';
    return (await this.#database.read({ sql, values: [tenant] })).map(wrappedOf);
  }

  /** What was sealed with the keys of this tenant can never be opened again. Returns how many there were. */
  async destroy(tenant: string): Promise<number> {
    if (tenant === DEPLOYMENT) throw new ConvokeError('internal');
    const sql = 'DELETE FROM convoke_data_key WHERE tenant = $1 RETURNING id';
    return (await this.#write({ sql, values: [tenant] })).length;
  }

  /** Wraps keys that other master keys have wrapped with the first one, some at a time; returns how many, 0: none is left. */
  async rewrap(): Promise<number> {
    const rows = await this.#database.read({
      sql: `SELECT * FROM convoke_data_key WHERE master <> $1 ORDER BY id LIMIT ${LIMITS.sealRewrapped}`,
      values: [this.#first.id],
    });
    if (rows.length === 0) return 0;
    const statements = rows.map(wrappedOf).map((key): Statement => {
      const { id: master, wrapped } = this.#wrap(this.#open(key));
      return {
        sql: 'UPDATE convoke_data_key SET master = $1, wrapped = $2 WHERE id = $3 AND master = $4',
        values: [master, wrapped, key.id, key.master],
      };
    });
    await this.#database.write(statements);
    return rows.length;
  }

  /** One key of each master key that has wrapped any. */
  async samples(): Promise<readonly WrappedKey[]> {
    const sql =
      'SELECT * FROM convoke_data_key WHERE id IN (SELECT min(id) FROM convoke_data_key GROUP BY master)';
    return (await this.#database.read({ sql })).map(wrappedOf);
  }

  /** Throws `seal_key_missing` without its master key, and `seal_broken` for another one of the same id. */
  unwrap(key: WrappedKey): DataKey {
    return this.#open(key);
  }

  get #first(): MasterKey {
    const [first] = this.#masters;
    if (!first) throw new ConvokeError('internal');
    return first;
  }

  #wrap({ id, tenant, secret }: DataKey): { readonly id: string; readonly wrapped: string } {
    const master = this.#first;
    const wrapped = encrypt(master.secret, aboutKey(tenant, id), secret.export()).toString('base64');
    return { id: master.id, wrapped };
  }

  #opened([row]: readonly Row[]): DataKey | null {
    return row === undefined ? null : this.#open(wrappedOf(row));
  }

  #open({ id, tenant, master: name, wrapped }: WrappedKey): DataKey {
    const master = this.#masters.find((each) => each.id === name);
    if (!master) {
      const mend = `Put the master key ${name} back into CONVOKE_SEAL_KEYS: it has wrapped what this was sealed with.`;
      throw new ConvokeError('seal_key_missing', mend);
    }
    try {
      const secret = decrypt(master.secret, aboutKey(tenant, id), Buffer.from(wrapped, 'base64'));
      return { id, tenant, secret: createSecretKey(secret) };
    } catch (cause) {
      const mend = `The master key ${name} in CONVOKE_SEAL_KEYS is another one than has wrapped the data keys: give the right one.`;
      throw new ConvokeError('seal_broken', mend, { cause });
    }
  }

  async #write(statement: Statement): Promise<readonly Row[]> {
    const [rows = []] = await this.#database.write([statement]);
    return rows;
  }
}
