/** The newest summaries of a session that a process has read. Which of them a step is shown says the step. */
import type { Line } from './line.ts';

/** Turns that run side by side, or again, may be shown different ones. */
const KEPT = 8;

export class SummaryLines {
  /** By the step that has made it. */
  readonly #lines: Map<string, Line>;

  constructor(lines: Iterable<Line> = []) {
    this.#lines = new Map([...lines].map((line) => [line.id, line]));
  }

  get(step: string): Line | undefined {
    return this.#lines.get(step);
  }

  /** Text that is kept, UTF-16 code units. */
  get chars(): number {
    return [...this.#lines.values()].reduce((sum, { chars }) => sum + chars, 0);
  }

  /** Answers the `seq` of the one that is let go for it, the oldest that `keep` does not name; 0: none is. */
  add(line: Line, keep: ReadonlySet<string>): number {
    this.#lines.set(line.id, line);
    if (this.#lines.size <= KEPT) return 0;
    const free = [...this.#lines.values()].filter(({ id }) => !keep.has(id));
    const oldest = free.reduce((one, other) => (other.seq < one.seq ? other : one), line);
    this.#lines.delete(oldest.id);
    return oldest.seq;
  }

  clear(): void {
    this.#lines.clear();
  }

  copy(): SummaryLines {
    return new SummaryLines(this.#lines.values());
  }
}
