/** The names of a session's agents: a sender may not use one of them as `from`. */
import { LIMITS, sessionKey } from '../contracts/index.ts';
import type { SessionRef } from '../contracts/index.ts';
import { inTime } from './in-time.ts';
import { invalidAt } from './json-guard.ts';

/** The names of a session's agents; null if they are not known here. */
export type AgentsOf = (ref: SessionRef) => Promise<readonly string[] | null>;

/** A message does not wait longer than this for the log, ms. */
const LOOK_UP_MS = 250;

const plain = (name: string): string => name.trim().toLowerCase();

/** Caches the rosters of the most recently used sessions; a session never changes its agents. */
export class Roster {
  readonly #agentsOf: AgentsOf;
  readonly #known = new Map<string, ReadonlySet<string>>();

  constructor(agentsOf: AgentsOf) {
    this.#agentsOf = agentsOf;
  }

  /**
   * Throws `invalid_request` if `from` is an agent's name, ignoring case. While the log does not answer, the name is accepted: it is only a
   * label for people, and agents are shown by other means who is an agent.
   */
  async refuseAgentName(ref: SessionRef, from: string): Promise<void> {
    const names = await this.#names(ref);
    if (names?.has(plain(from)))
      throw invalidAt(['from'], 'this is the name of an agent in this session; use another name.');
  }

  async #names(ref: SessionRef): Promise<ReadonlySet<string> | null> {
    const key = sessionKey(ref);
    const known = this.#known.get(key);
    this.#known.delete(key); // to become the newest
    const late = (): Error => new Error('The log did not answer in time.');
    const agents = known ? null : await inTime(this.#agentsOf(ref), LOOK_UP_MS, late).catch(() => null);
    const names = known ?? (agents && new Set(agents.map(plain)));
    if (!names) return null;
    this.#known.set(key, names);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= LIMITS.rostersKept) break;
      this.#known.delete(oldest);
    }
    return names;
  }
}
