/** A value that follows a source, for `useSyncExternalStore`: however often the source changes, readers are told once a frame. */
import type { Unsubscribe } from '../emitter.ts';

/** Where there are no frames (Node), this often, ms. */
const FRAME_MS = 16;

interface Source<T> {
  read(): T;
  /** Calls `changed` after each change until the returned function is called. */
  listen(changed: () => void): Unsubscribe;
}

function nextFrame(run: () => void): Unsubscribe {
  if (typeof requestAnimationFrame !== 'function') {
    const timer = setTimeout(run, FRAME_MS);
    return () => clearTimeout(timer);
  }
  const frame = requestAnimationFrame(run);
  return () => cancelAnimationFrame(frame);
}

export class FrameStore<T> {
  readonly #source: Source<T>;
  readonly #readers = new Set<() => void>();
  #value: T;
  #stop: Unsubscribe | null = null;
  #cancel: Unsubscribe | null = null;

  constructor(source: Source<T>) {
    this.#source = source;
    this.#value = source.read();
  }

  /** The same until readers are told of another one, which a new reader is a frame later. */
  readonly get = (): T => this.#value;

  readonly subscribe = (reader: () => void): Unsubscribe => {
    this.#readers.add(reader);
    if (!this.#stop) {
      this.#stop = this.#source.listen(() => (this.#cancel ??= nextFrame(() => this.#tell())));
      // What has changed since the value was read.
      this.#cancel ??= nextFrame(() => this.#tell());
    }
    return () => {
      this.#readers.delete(reader);
      if (this.#readers.size > 0) return;
      this.#stop?.();
      this.#cancel?.();
      this.#stop = this.#cancel = null;
    };
  };

  #tell(): void {
    this.#cancel = null;
    this.#value = this.#source.read();
    for (const reader of [...this.#readers]) reader();
  }
}
