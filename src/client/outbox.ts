/**
 * Outgoing messages: sent in order, one at a time, until the server has answered each. A message keeps its `messageId` through every attempt,
 * so one that arrived although its answer was lost does not count twice.
 */
import type { Receipt, SendRequest } from '../contracts/public.ts';
import { asError, ClientError } from './errors.ts';
import { codeOf } from './outgoing.ts';
import { retryDelay } from './timing.ts';
import type { Pace } from './timing.ts';

/** The part of `sessionStorage` that is needed. It must not be shared between tabs, which would overwrite each other's list. */
export interface ClientStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** A message that the server has not answered yet. */
export interface PendingMessage {
  readonly request: SendRequest;
  /** `waiting`: for the connection, or for messages before it. `sending`: waiting for the answer. `retrying`: waiting to try again, at `retryAt`. */
  readonly state: 'waiting' | 'sending' | 'retrying';
  /** The error of the last attempt, and its code: `rate_limited`, `overloaded`, `offline`, … */
  readonly error?: Error;
  readonly code?: string;
  /** When it is sent again, ms since the Unix epoch. */
  readonly retryAt?: number;
}

export interface OutboxOptions {
  /** One attempt. Throws `offline` without a connection. */
  readonly send: (request: SendRequest) => Promise<Receipt>;
  readonly online: () => boolean;
  /** Messages that may wait. */
  readonly limit: number;
  readonly pace: Pace;
  readonly storage: ClientStorage | undefined;
  readonly storageKey: string;
  readonly onChange: () => void;
  /** A message has left the outbox: with its receipt, or with an error. */
  readonly onSettled: (request: SendRequest, outcome: Receipt | Error) => void;
}

interface Item {
  message: PendingMessage;
  readonly promise: Promise<Receipt>;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: Error) => void;
}

function makeItem(request: SendRequest): Item {
  let resolve!: Item['resolve'];
  let reject!: Item['reject'];
  const promise = new Promise<Receipt>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { message: { request, state: 'waiting' }, promise, resolve, reject };
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #items: Item[];
  #busy = false;
  #stopped: Error | null = null;
  #wakeUp: (() => void) | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#items = this.#restore();
  }

  /** In the order in which they will be sent. */
  get pending(): readonly PendingMessage[] {
    return this.#items.map((item) => item.message);
  }

  /**
   * Queues a message; resolves with the server's answer, however long that takes. Throws `outbox_full`, `closed`, and problems that are not
   * retryable. A `messageId` that is already queued is not queued again.
   */
  push(request: SendRequest): Promise<Receipt> {
    if (this.#stopped) return Promise.reject(this.#stopped);
    const same = this.#items.find((item) => item.message.request.messageId === request.messageId);
    if (same) return same.promise;
    if (this.#items.length >= this.#options.limit) return Promise.reject(new ClientError('outbox_full'));
    const item = makeItem(request);
    this.#items.push(item);
    this.#changed();
    this.wake();
    return item.promise;
  }

  /** There is a connection again: continue. */
  wake(): void {
    if (!this.#busy) void this.#run();
  }

  /** Stops the outbox; queued messages fail with `error`. `keep`: the stored list is kept for the next time. */
  stop(error: Error, keep: boolean): void {
    if (this.#stopped) return;
    this.#stopped = error;
    if (!keep) this.#store([]);
    for (const item of this.#items.splice(0)) item.reject(error);
    this.#wakeUp?.();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    let attempt = 0;
    for (let item = this.#items[0]; item && this.#options.online(); item = this.#items[0]) {
      const error = await this.#attempt(item);
      if (this.#stopped) break;
      if (!error) {
        attempt = 0;
        continue;
      }
      const code = codeOf(error);
      if (code === 'offline') {
        this.#mark(item, { state: 'waiting', error, code });
        continue;
      }
      const delay = retryDelay(error, attempt++, this.#options.pace) ?? 0;
      this.#mark(item, { state: 'retrying', error, code, retryAt: Date.now() + delay });
      await this.#rest(delay);
    }
    this.#busy = false;
  }

  /** Sends once. Returns null if the message is settled, otherwise the error that keeps it in the outbox. */
  async #attempt(item: Item): Promise<Error | null> {
    const { request } = item.message;
    this.#mark(item, { state: 'sending' });
    try {
      const receipt = await this.#options.send(request);
      if (this.#leaves(item)) {
        this.#options.onSettled(request, receipt);
        item.resolve(receipt);
      }
      return null;
    } catch (thrown) {
      const error = asError(thrown);
      if (retryDelay(error, 0) !== null) return error;
      if (this.#leaves(item)) {
        this.#options.onSettled(request, error);
        item.reject(error);
      }
      return null;
    }
  }

  #leaves(item: Item): boolean {
    const at = this.#items.indexOf(item);
    if (at < 0) return false;
    this.#items.splice(at, 1);
    this.#changed();
    return true;
  }

  #mark(item: Item, state: Omit<PendingMessage, 'request'>): void {
    item.message = { request: item.message.request, ...state };
    this.#options.onChange();
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #changed(): void {
    this.#store(this.#items.map((item) => item.message.request));
    this.#options.onChange();
  }

  #store(requests: readonly SendRequest[]): void {
    const { storage, storageKey } = this.#options;
    try {
      if (requests.length === 0) storage?.removeItem(storageKey);
      else storage?.setItem(storageKey, JSON.stringify(requests));
    } catch {
      // The storage is full or forbidden: the messages are still in memory; only a reload would lose them.
    }
  }

  #restore(): Item[] {
    const { storage, storageKey, limit } = this.#options;
    try {
      const stored: unknown = JSON.parse(storage?.getItem(storageKey) ?? '[]');
      if (!Array.isArray(stored)) return [];
      const items = stored.filter(isRequest).slice(0, limit).map(makeItem);
      // Nobody holds these promises; the outcome is reported by `onSettled`.
      for (const item of items) item.promise.catch(() => undefined);
      return items;
    } catch {
      return [];
    }
  }
}

function isRequest(value: unknown): value is SendRequest {
  return (
    typeof value === 'object' && value !== null && 'messageId' in value && typeof value.messageId === 'string'
  );
}
