/**
 * Files of sessions: what is known of them stands in the archive's database, their bytes in a `FileStore`.
 *
 * A file is there for readers once all of it is; it never changes. Its row comes before its first byte and goes after its last, so no bytes
 * are without a row: what a crash leaves behind is found and deleted (`sweep`).
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { withTables } from '../archive/index.ts';
import type { Database, Row } from '../archive/index.ts';
import { ConvokeError, isConvokeError, LIMITS } from '../contracts/index.ts';
import type { FileInfo, LimitName, SessionRef, TenantLimits } from '../contracts/index.ts';
import { invalidDigest, replay } from './replay.ts';
import type { FileStore, Range } from './store.ts';
import * as table from './table.ts';

export interface NewFile {
  readonly name: string;
  readonly contentType: string;
  /** If it is known; a content of another length is refused. */
  readonly bytes?: number;
  /** That it has to have, in hexadecimal. */
  readonly sha256?: string;
  /** The same for each repeat of a request: an equal content gets the first answer. */
  readonly request?: string;
}

export interface StoredFile {
  readonly info: FileInfo;
  /** An earlier, equal request has stored it. */
  readonly replayed: boolean;
}

export interface FoundFile {
  readonly info: FileInfo;
  /** Its bytes. Whoever does not read to the end destroys it. */
  readonly read: (range?: Range) => Promise<Readable>;
}

/** Every method throws `archive_unavailable` and `files_unavailable`. */
export interface Files {
  /**
   * Stores a file; if it rejects, nothing of it stays. Nothing of a refused content is read. Throws `too_large`, `quota_exceeded`,
   * `idempotency_mismatch`, `invalid_digest`, `session_not_found` of a session that was erased, `file_not_found` if it is erased meanwhile, and what the
   * content throws.
   */
  store(ref: SessionRef, file: NewFile, content: AsyncIterable<Uint8Array>): Promise<StoredFile>;
  /** A file of the session, or of one that it was forked from. Throws `file_not_found`. */
  find(ref: SessionRef, file: string): Promise<FoundFile>;
  /** Something refers to these files now: they stay as long as the session. In the same order. Throws `file_not_found`. */
  use(ref: SessionRef, files: readonly string[]): Promise<readonly FileInfo[]>;
  /** Deletes all files of a session; returns how many. Can be repeated safely. */
  removeSession(ref: SessionRef): Promise<number>;
  /** The same for all of a tenant. */
  removeTenant(tenant: string): Promise<number>;
  /** Deletes what nothing refers to for `LIMITS.unusedFileMs`, and what crashes have left. Any number of processes may do so at a time. */
  sweep(now: number): Promise<void>;
  /** Bytes of all files of a tenant, those included that are being stored. */
  storedBytes(tenant: string): Promise<number>;
}

export interface FilesConfig {
  readonly database: Database;
  readonly store: FileStore;
  readonly limitsOf: (tenant: string) => TenantLimits;
  /** What a session was forked from, and so on, the nearest first, as far as it knows: it has the files of those, too, as long as they are there. */
  readonly ancestorsOf: (ref: SessionRef) => Promise<readonly SessionRef[]>;
}

/** Its tables are created before the first call that succeeds. */
export function createFiles(config: FilesConfig): Files {
  return new StoredFiles({ ...config, database: withTables(config.database, table.TABLES) });
}

const keyOf = ({ tenant, session }: SessionRef, file: string): string => `${tenant}/${session}/${file}`;
const newId = (): string => `f_${randomBytes(18).toString('base64url')}`;

const tooLarge = (most: number): ConvokeError =>
  new ConvokeError('too_large', `A file may have at most ${most} bytes.`);

const full = (limit: LimitName, most: number, used: number): ConvokeError =>
  new ConvokeError(
    'quota_exceeded',
    `The tenant has reached ${limit} (${most}). Delete sessions, or have it raised.`,
    {
      limits: [{ limit, most, used, left: Math.max(0, most - used) }],
    },
  );

/** A database's largest exact sum. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER;

interface Reserved {
  readonly file: string;
  readonly bytes: number;
  /** What is to be said of one byte more. */
  readonly refusal: () => ConvokeError;
}

class StoredFiles implements Files {
  readonly #database: Database;
  readonly #store: FileStore;
  readonly #limitsOf: FilesConfig['limitsOf'];
  readonly #ancestorsOf: FilesConfig['ancestorsOf'];

  constructor({ database, store, limitsOf, ancestorsOf }: FilesConfig) {
    this.#database = database;
    this.#store = store;
    this.#limitsOf = limitsOf;
    this.#ancestorsOf = ancestorsOf;
  }

  async store(ref: SessionRef, given: NewFile, content: AsyncIterable<Uint8Array>): Promise<StoredFile> {
    const reserved = await this.#reserve(ref, given);
    if ('info' in reserved) return replay(reserved.info, given, content);
    const { file, bytes: most, refusal } = reserved;
    try {
      const hash = createHash('sha256');
      let [bytes, sha256] = [0, ''];
      const counted = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
        for await (const chunk of content) {
          bytes += chunk.length;
          if (bytes > most) throw refusal();
          hash.update(chunk);
          yield chunk;
        }
        sha256 = hash.digest('hex');
        // Before the store takes it for whole.
        if (given.sha256 !== undefined && given.sha256 !== sha256) throw invalidDigest();
      };
      await reached(this.#store.put(keyOf(ref, file), counted()));
      const info = {
        file,
        name: given.name,
        contentType: given.contentType,
        bytes,
        sha256,
      };
      const rows = await this.#database.write(table.finish(ref, info, most));
      if (rows[2]?.length === 0) throw new ConvokeError('file_not_found', 'It was deleted meanwhile.');
      return { info, replayed: false };
    } catch (error) {
      // What cannot be removed now a sweep removes.
      await this.#drop(ref, file).catch(() => undefined);
      throw error;
    }
  }

  async find(ref: SessionRef, file: string): Promise<FoundFile> {
    for await (const place of this.#line(ref)) {
      const [row] = await this.#database.read(table.find(place, file));
      if (!row) continue;
      const info = table.infoIn(row);
      return { info, read: (range) => reached(this.#store.get(keyOf(place, file), range)) };
    }
    throw new ConvokeError('file_not_found');
  }

  async use(ref: SessionRef, files: readonly string[]): Promise<readonly FileInfo[]> {
    const found = new Map<string, FileInfo>();
    if (files.length === 0) return [];
    for await (const place of this.#line(ref)) {
      const missing = files.filter((file) => !found.has(file));
      const [rows = []] = await this.#database.write([table.use(place, missing)]);
      for (const info of rows.map(table.infoIn)) found.set(info.file, info);
      if (files.every((file) => found.has(file))) break;
    }
    return files.map((file) => {
      const info = found.get(file);
      if (info) return info;
      throw new ConvokeError(
        'file_not_found',
        `There is no file "${file}" in this session; upload it first.`,
      );
    });
  }

  /** The session, and those that it was forked from. The last one that it knows may know more. */
  async *#line(ref: SessionRef): AsyncGenerator<SessionRef, void, undefined> {
    yield ref;
    let last: SessionRef | undefined = ref;
    for (let left: number = LIMITS.forkAncestors; last && left > 0;) {
      const known: readonly SessionRef[] = (await this.#ancestorsOf(last)).slice(0, left);
      yield* known;
      last = known.at(-1);
      left -= known.length;
    }
  }

  async removeSession(ref: SessionRef): Promise<number> {
    await this.#database.write([table.markAllGone(ref)]);
    return this.#removeGone(ref, Date.now());
  }

  async removeTenant(tenant: string): Promise<number> {
    await this.#database.write([table.markAllGone({ tenant })]);
    return this.#removeGone({ tenant }, Date.now());
  }

  async sweep(now: number): Promise<void> {
    await this.#database.write([
      table.markUnusedGone(now - LIMITS.unusedFileMs),
      table.markLostGone(now - LIMITS.transferMs),
    ]);
    await this.#removeGone({}, now);
  }

  async storedBytes(tenant: string): Promise<number> {
    const [row] = await this.#database.read(table.usedBytes(tenant));
    return Number(row?.['bytes'] ?? 0);
  }

  /** Its row, with room for it; or the file that an equal request has stored. */
  async #reserve(ref: SessionRef, given: NewFile): Promise<Reserved | { readonly info: FileInfo }> {
    const limits = this.#limitsOf(ref.tenant);
    const { fileBytes = LIMITS.fileBytes, sessionFiles = LIMITS.sessionFiles, storedBytes } = limits;
    const most = storedBytes ?? NO_LIMIT;
    const { name, contentType, request = null } = given;
    if (given.bytes !== undefined && given.bytes > fileBytes) throw tooLarge(fileBytes);
    // Of a content whose length nobody knows as much as it may have.
    const left =
      storedBytes === undefined ? NO_LIMIT : Math.max(0, most - (await this.storedBytes(ref.tenant)));
    const bytes = given.bytes ?? Math.min(fileBytes, left);
    const file = newId();
    const rows = await this.#database.write(
      table.begin({
        ...{ tenant: ref.tenant, session: ref.session, file, name, contentType, bytes, request },
        ...{ at: Date.now(), storedBytes: most, sessionFiles },
      }),
    );
    const known = rows.at(-1) ?? [];
    const [tenant, session, first] = known.map(table.infoIn);
    if (rows[3]?.length === 1) {
      const isCut = given.bytes === undefined && bytes < fileBytes;
      const refusal = (): ConvokeError =>
        isCut ? full('storedBytes', most, most) : tooLarge(given.bytes ?? fileBytes);
      return { file, bytes, refusal };
    }
    if (table.isErased(known)) throw new ConvokeError('session_not_found');
    if (first) return { info: first };
    if (session && session.bytes >= sessionFiles) throw full('sessionFiles', sessionFiles, session.bytes);
    throw full('storedBytes', most, tenant?.bytes ?? most);
  }

  async #drop(ref: SessionRef, file: string): Promise<void> {
    await this.#database.write([table.markGone(file)]);
    await this.#removeBytes(ref, file);
  }

  async #removeBytes(ref: SessionRef, file: string): Promise<void> {
    await reached(this.#store.remove(keyOf(ref, file)));
    await this.#database.write(table.forget(ref, file));
  }

  async #removeGone(of: Partial<SessionRef>, now: number): Promise<number> {
    const begun = now - LIMITS.transferMs;
    const failed: unknown[] = [];
    let [after, inARow] = ['', 0];
    for (let removed = 0; ;) {
      const page = { begun, after, limit: LIMITS.filesSwept };
      const rows: readonly Row[] = await this.#database.read(table.gone(of, page));
      for (const { file, tenant, session } of rows) {
        const ref = { tenant: String(tenant), session: String(session) };
        try {
          await this.#removeBytes(ref, String(file));
          [removed, inARow] = [removed + 1, 0];
        } catch (error) {
          // One that cannot be deleted keeps no other; so many in a row, and the place is away.
          failed.push(error);
          inARow += 1;
          if (inARow === LIMITS.filesFailed) throw error;
        }
      }
      after = String(rows.at(-1)?.['file'] ?? '');
      if (rows.length === LIMITS.filesSwept) continue;
      if (failed.length > 0) throw failed[0];
      return removed;
    }
  }
}

/** What a store says becomes `files_unavailable`; what the content says stays. */
async function reached<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (isConvokeError(error)) throw error;
    throw new ConvokeError('files_unavailable', undefined, { cause: error });
  }
}
