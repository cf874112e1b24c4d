/** The names of a session's agents: a sender may not use one of them as `from`. */
import { LIMITS, sessionKey } from '../contracts/index.ts';
import type { SessionRef } from '../contracts/index.ts';
import { inTime } from '../log/index.ts';
import { invalidAt } from './json-guard.ts';

/** The names of a session's agents; null if they are not known here. */
export type AgentsOf = (ref: SessionRef) => Promise<readonly string[] | null>;

/** The same, of a session that this gateway follows, at no cost. */
export type FollowedAgents = (ref: SessionRef) => readonly string[] | null;

/** A message does not wait longer than this for the log, ms. */
const LOOK_UP_MS = 250;

const plain = (name: string): string => name.trim().toLowerCase();

interface Names {
  readonly names: ReadonlySet<string>;
  /** When they were read, ms since the Unix epoch. */
  readonly at: number;
}

/** Caches the rosters of the most recently used sessions. One that is not followed here is read again after `LIMITS.rosterCachedMs`. */
export class Roster {
  readonly #agentsOf: AgentsOf;
  readonly #followed: FollowedAgents;
  readonly #known = new Map<string, Names>();

  constructor(agentsOf: AgentsOf, followed: FollowedAgents) {
    this.#agentsOf = agentsOf;
    this.#followed = followed;
  }

  /**
   * Throws `invalid_request` if `from` is an agent's name, ignoring case. While the log does not answer, the name is accepted: it is only a
   * label for people, and agents are shown by other means who is an agent.
   */
  async refuseAgentName(ref: SessionRef, from: string): Promise<void> {
    const followed = this.#followed(ref);
    const names = followed ? new Set(followed.map(plain)) : await this.#names(ref);
    if (names?.has(plain(from)))
      throw invalidAt(['from'], 'this is the name of an agent in this session; use another name.');
  }

  /** The session has other agents now. */
  forget(ref: SessionRef): void {
    this.#known.delete(sessionKey(ref));
  }

  async #names(ref: SessionRef): Promise<ReadonlySet<string> | null> {
    const key = sessionKey(ref);
    const cached = this.#known.get(key);
    const known = cached && Date.now() - cached.at < LIMITS.rosterCachedMs ? cached : null;
    this.#known.delete(key); // to become the newest
    const late = (): Error => new Error('The log did not answer in time.');
    const agents = known ? null : await inTime(this.#agentsOf(ref), LOOK_UP_MS, late).catch(() => null);
    const read = known ?? (agents && { names: new Set(agents.map(plain)), at: Date.now() });
    if (!read) return null;
    this.#known.set(key, read);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= LIMITS.rostersKept) break;
      this.#known.delete(oldest);
    }
    return read.names;
  }
}
