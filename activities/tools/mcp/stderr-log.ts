/** What an MCP server writes to its standard error goes to the log of the worker: so much a minute, the rest is counted. */
import { LIMITS } from '../../../src/contracts/index.ts';
import type { SourceLogger } from '../source.ts';

const MINUTE = 60_000;

export class StderrLog {
  readonly #server: string;
  readonly #logger: SourceLogger | undefined;
  #since = -Infinity;
  #told = 0;
  #dropped = 0;

  constructor(server: string, logger: SourceLogger | undefined) {
    this.#server = server;
    this.#logger = logger;
  }

  /** @param now ms. */
  heard(text: string, now: number = performance.now()): void {
    if (now - this.#since >= MINUTE) {
      this.#since = now;
      this.#told = 0;
    }
    if (this.#told >= LIMITS.mcpStderrEntries) {
      this.#dropped += 1;
      return;
    }
    this.#told += 1;
    const dropped = this.#dropped > 0 ? { dropped: this.#dropped } : {};
    this.#dropped = 0;
    const said = text.slice(0, LIMITS.mcpStderrChars).trimEnd();
    this.#logger?.info(
      { server: this.#server, said, ...dropped },
      'An MCP server writes to its standard error',
    );
  }
}
