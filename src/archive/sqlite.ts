/**
 * The archive in one SQLite file, for everything that runs on one machine. Several processes may share the file; it must not lie on a
 * network file system, where write-ahead logging does not work.
 *
 * `node:sqlite` is synchronous, and a call may wait for other processes: so it is called in a thread of its own (`sqlite-thread.ts`), and what is
 * written and read crosses as text, which costs the event loop a copy.
 */
import { Worker } from 'node:worker_threads';
import type { SessionRef } from '../contracts/index.ts';
import type { SharedArchive } from './archive.ts';
import { decodeEvent, decodeSession, decodeStored, encode } from './row.ts';
import type { SqliteFile } from './sqlite-file.ts';

/** What the thread is asked; `askedAt`: ms since the Unix epoch. */
export interface SqliteCall {
  readonly id: number;
  readonly name: keyof SqliteFile | 'open';
  readonly args: readonly unknown[];
  readonly askedAt: number;
}

export type SqliteAnswer =
  { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: string };

const IN_MEMORY = ':memory:';
const THREAD = import.meta.url.endsWith('.ts') ? './sqlite-thread.ts' : './sqlite-thread.js';

/**
 * Opens (and creates, with its folder) the file; `:memory:` keeps everything in this process. Rejects if the file cannot be used; then no thread
 * stays.
 */
export async function createSqliteArchive(file: string): Promise<SharedArchive> {
  const thread = new SqliteThread(file);
  try {
    await thread.ask('open');
  } catch (error) {
    await thread.end();
    throw error;
  }
  return archiveOn(thread);
}

function archiveOn(thread: SqliteThread): SharedArchive {
  return {
    async write(ref, info, events) {
      const rows = events.map((event) => ({ seq: event.seq, body: encode(event) }));
      await thread.ask('write', placeOf(ref), encode(info), rows);
    },
    async copy(from, to, info, upTo) {
      await thread.ask('copy', placeOf(from), placeOf(to), encode(info), upTo);
    },
    read: async (ref, after, limit) =>
      (await thread.ask('read', placeOf(ref), after, limit)).map(decodeEvent),
    async readTail(ref, upTo, limit) {
      return (await thread.ask('readTail', placeOf(ref), upTo, limit)).map(decodeEvent).reverse();
    },
    find: async (ref, text, upTo) => (await thread.ask('find', placeOf(ref), text, upTo)).map(decodeEvent),
    async session(ref) {
      const row = await thread.ask('session', placeOf(ref));
      return row && decodeSession(row);
    },
    async store(ref, { info, ...state }) {
      const { generation, status, carried } = state;
      const place = { generation, status, epoch: carried.known.epoch, seq: carried.archivedTo };
      await thread.ask('store', placeOf(ref), { ...place, info: encode(info), body: encode(state) });
    },
    async stored(ref) {
      const row = await thread.ask('stored', placeOf(ref));
      return row && decodeStored(row.info, row.body);
    },
    erase: (ref) => thread.ask('erase', placeOf(ref)),
    isErased: (ref) => thread.ask('isErased', placeOf(ref)),
    sessionsOf: (tenant, after, limit) => thread.ask('sessionsOf', tenant, after, limit),
    closedBefore: (tenant, at, limit) => thread.ask('closedBefore', tenant, at, limit),
    database: {
      create: ({ sqlite }) => thread.ask('create', sqlite),
      read: ({ sql, values = [] }) => thread.ask('query', { sql, values }),
      write: (statements) =>
        thread.ask(
          'change',
          statements.map(({ sql, values = [] }) => ({ sql, values })),
        ),
    },
    async close() {
      // Closed twice, or the thread has ended by itself: there is nothing left to close.
      await thread.ask('close').catch(() => undefined);
      await thread.end();
    },
  };
}

/** Nothing else that the caller's object may have: not everything can be sent to a thread. */
function placeOf({ tenant, session }: SessionRef): SessionRef {
  return { tenant, session };
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

type Calls = SqliteFile & { open(): void };

/**
 * Asks the thread, and gives each answer to who waits for it. It keeps the process alive only while somebody waits. A thread that dies (it may
 * run out of memory) takes with it what it was asked; the next call starts another one, unless what it held was in memory.
 */
class SqliteThread {
  readonly #file: string;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker;
  #isRunning = true;
  #isClosed = false;
  #asked = 0;

  constructor(file: string) {
    this.#file = file;
    this.#worker = this.#start();
  }

  /** Rejects with the sentence of what SQLite says. */
  ask<N extends keyof Calls>(name: N, ...args: Parameters<Calls[N]>): Promise<ReturnType<Calls[N]>> {
    if (this.#isClosed || (!this.#isRunning && this.#file === IN_MEMORY))
      return Promise.reject(new Error('the archive is closed'));
    if (!this.#isRunning) this.#worker = this.#start();
    const id = (this.#asked += 1);
    const call: SqliteCall = { id, name, args, askedAt: Date.now() };
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#worker.postMessage(call);
    this.#waiting.set(id, { resolve, reject });
    this.#worker.ref();
    return promise as Promise<ReturnType<Calls[N]>>; // safety: the thread answers with what the method returned
  }

  async end(): Promise<void> {
    this.#isClosed = true;
    await this.#worker.terminate();
  }

  #start(): Worker {
    // Not the flags of this process: some are for its own program only (`--input-type`).
    const worker = new Worker(new URL(THREAD, import.meta.url), {
      workerData: { file: this.#file },
      execArgv: [],
    });
    worker.unref();
    worker.on('message', (answer: SqliteAnswer) => this.#hear(answer));
    worker.on('error', (error: Error) => this.#fail(error));
    worker.on('exit', () => {
      this.#isRunning = false;
      this.#fail(new Error(this.#isClosed ? 'the archive is closed' : 'the thread of the archive has ended'));
    });
    this.#isRunning = true;
    return worker;
  }

  #hear(answer: SqliteAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('error' in answer) waiting?.reject(new Error(answer.error));
    else waiting?.resolve(answer.value);
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
