/**
 * An archive whose rows are sealed. What the database has to know stays in the clear: which session, the position of each event, and of a stored
 * state its generation, status and position. Rows that were written before it was sealed are read as they are.
 *
 * An event is bound to its tenant and position, not to its session: the database itself copies events into forks.
 */
import { ConvokeError } from '../contracts/index.ts';
import type {
  LoggedEvent,
  Seal,
  SessionInfo,
  SessionRef,
  StoredSession,
  StoredState,
} from '../contracts/index.ts';
import { FOUND_MOST, type Archive, type SharedArchive } from './archive.ts';

/** What stands in the place of what is sealed. */
interface SealedJson {
  readonly key: string;
  /** Base64. */
  readonly data: string;
}

interface Cover {
  readonly sealed: SealedJson;
}

type Text = Pick<Seal, 'seal' | 'open'>;

/** Events that are looked at at a time. */
const LOOKED_AT = 256;

const isCovered = (value: object): value is Cover => 'sealed' in value;
const INFO = 'archive.info';
const STATE = 'archive.state';
const eventPlace = (seq: number): string => `archive.event:${seq}`;

async function cover(seal: Text, tenant: string, place: string, value: object): Promise<Cover> {
  const { key, data } = await seal.seal(tenant, place, Buffer.from(JSON.stringify(value)));
  return { sealed: { key, data: Buffer.from(data).toString('base64') } };
}

/** Sealed rows of a deployment that has no keys. */
const NO_KEYS: Text = {
  seal: () => Promise.reject(new ConvokeError('internal')),
  open: () =>
    Promise.reject(
      new ConvokeError(
        'seal_key_missing',
        'The archive is sealed: set CONVOKE_SEAL_KEYS for this process, too.',
      ),
    ),
};

/** `seal` null: rows are written as they are, and sealed ones refused with `seal_key_missing`. */
export function sealArchive<A extends SharedArchive>(archive: A, seal: Seal | null): A {
  const text = seal ?? NO_KEYS;
  const uncovered = async <T extends object>(tenant: string, place: string, value: T): Promise<T> => {
    if (!isCovered(value)) return value;
    const { key, data } = value.sealed;
    const plain = await text.open(tenant, place, { key, data: Buffer.from(data, 'base64') });
    return JSON.parse(Buffer.from(plain).toString()) as T; // safety: only `cover` makes them
  };
  const events = async ({ tenant }: SessionRef, rows: readonly LoggedEvent[]): Promise<LoggedEvent[]> =>
    Promise.all(rows.map((row) => uncovered(tenant, eventPlace(row.seq), row)));
  const reads = readsOf(archive, uncovered, events);
  if (!seal) return { ...archive, ...reads };
  const infoOf = async ({ tenant }: SessionRef, info: SessionInfo): Promise<SessionInfo> =>
    // safety: an archive stores an info as it is; only `uncovered` reads it
    (await cover(seal, tenant, INFO, info)) as unknown as SessionInfo;
  return {
    ...archive,
    ...reads,
    async write(ref, info, written) {
      const covered = (event: LoggedEvent): Promise<Cover> =>
        cover(seal, ref.tenant, eventPlace(event.seq), event);
      const [opening, ...rows] = await Promise.all([infoOf(ref, info), ...written.map(covered)]);
      const events = rows.map((row, index) => ({ seq: written[index]?.seq, ...row }));
      // safety: an archive stores an event as it is, by its `seq`
      await archive.write(ref, opening, events as unknown as LoggedEvent[]);
    },
    async copy(from, to, info, upTo) {
      // What its database copies would be sealed with keys of another tenant.
      if (from.tenant !== to.tenant) throw new ConvokeError('internal');
      await archive.copy(from, to, await infoOf(to, info), upTo);
    },
    async store(ref, { info, ...state }) {
      const { generation, status, carried } = state;
      const { known, archivedTo } = carried;
      const [covered, sealed] = await Promise.all([cover(seal, ref.tenant, STATE, state), infoOf(ref, info)]);
      const row = { generation, status, carried: { known, archivedTo }, ...covered, info: sealed };
      // safety: of a state an archive looks at what stands there in the clear
      await archive.store(ref, row as unknown as StoredSession);
    },
  };
}

type Reads = 'read' | 'readTail' | 'find' | 'session' | 'stored';

function readsOf(
  archive: Archive,
  uncovered: <T extends object>(tenant: string, place: string, value: T) => Promise<T>,
  events: (ref: SessionRef, rows: readonly LoggedEvent[]) => Promise<LoggedEvent[]>,
): Pick<Archive, Reads> {
  return {
    read: async (ref, after, limit) => events(ref, await archive.read(ref, after, limit)),
    readTail: async (ref, upTo, limit) => events(ref, await archive.readTail(ref, upTo, limit)),
    async find(ref, sought, upTo) {
      const plain = await archive.find(ref, sought, upTo);
      const [newest] = await archive.readTail(ref, upTo, 1);
      // A session that is not sealed at its end is not sealed before.
      if (!newest || !isCovered(newest)) return plain;
      const found: LoggedEvent[] = [];
      for (let last = upTo; last > 0 && found.length < FOUND_MOST;) {
        const rows = await archive.readTail(ref, last, LOOKED_AT);
        for (const event of (await events(ref, rows)).toReversed())
          if (found.length < FOUND_MOST && JSON.stringify(event).includes(sought)) found.push(event);
        last = (rows[0]?.seq ?? 1) - 1;
      }
      return found;
    },
    async session(ref) {
      const found = await archive.session(ref);
      return found && { ...found, info: await uncovered(ref.tenant, INFO, found.info) };
    },
    async stored(ref) {
      const found = await archive.stored(ref);
      if (!found) return null;
      const { info, ...state } = found;
      const opened: StoredState = await uncovered(ref.tenant, STATE, state);
      return { ...opened, info: await uncovered(ref.tenant, INFO, info) };
    },
  };
}
