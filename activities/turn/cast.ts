/**
 * Who may be asked in a turn: those who took part when it started, and whoever the team has been told of since. Pure.
 *
 * What a team is told is journaled, so it is told the same when its code runs again: the revision of the roster, and with the first entry of
 * a revision the members, and the agents that the turn did not begin with.
 */
import {
  activeAgents,
  jsonChars,
  LIMITS,
  presentMembers,
  type AgentSpec,
  type JournalEntry,
  type Member,
  type Roster,
} from '../../src/contracts/index.ts';
import { rosterOf } from './roster.ts';
import { TeamBroken } from './stops.ts';

/** What the journal says of an answer. */
export type RosterNews = Pick<JournalEntry, 'roster'> & { readonly outcome: number };

export class Cast {
  /** Those that take part when the turn starts, in order, without those that are paused. */
  readonly agents: readonly AgentSpec[];
  /** Names of agents that were paused then, or had left. */
  readonly absent: readonly string[];
  readonly #start: Roster;
  readonly #configured: (agent: AgentSpec) => AgentSpec;
  /** As the session has them, by name. */
  readonly #known = new Map<string, AgentSpec>();
  readonly #members = new Map<number, readonly Member[]>();
  /** With the settings of the configuration, by name. */
  #agents: ReadonlyMap<string, AgentSpec> = new Map();
  /** Of the rosters that the journal holds. */
  #chars = 0;

  constructor(roster: Roster, configured: (agent: AgentSpec) => AgentSpec) {
    this.#start = roster;
    this.#configured = configured;
    this.#members.set(roster.revision, presentMembers(roster));
    const active = activeAgents(roster);
    this.#take(active);
    this.agents = active.map((agent) => this.find(agent.name) ?? agent);
    const names = new Set(active.map(({ name }) => name));
    this.absent = roster.members
      .filter(({ kind, name }) => kind === 'agent' && !names.has(name))
      .map(({ name }) => name);
  }

  /** Also one that has been paused, or has left, since the turn began: a change counts for the next turn, or when the team acts on it. */
  find(name: string): AgentSpec | undefined {
    return this.#agents.get(name);
  }

  /** True for a person who takes part, as far as the team was told. */
  hasPerson(name: string): boolean {
    const newest = this.#members.get(Math.max(...this.#members.keys())) ?? [];
    return newest.some((member) => member.kind === 'person' && member.name === name);
  }

  /** What the journal is to say of the roster as it is now. One that is older than what the team knows is not told: the log is behind. */
  news(roster: Roster | null): RosterNews {
    const newest = Math.max(...this.#members.keys());
    if (!roster || roster.revision <= newest) return { outcome: newest };
    const before = new Map(this.#start.agents.map((agent) => [agent.name, JSON.stringify(agent)]));
    const agents = roster.agents.filter((agent) => before.get(agent.name) !== JSON.stringify(agent));
    const { revision, members } = roster;
    return { outcome: revision, roster: { revision, members, agents } };
  }

  /** The answer that the journal stands for: those who take part, paused ones too. Throws if the turn has been told too much. */
  told({ outcome, roster }: RosterNews): readonly Member[] {
    if (roster) {
      this.#chars += jsonChars(roster);
      if (this.#chars > LIMITS.turnRosterChars) {
        throw new TeamBroken(
          'turn_too_long',
          'The members of the session changed too often during this turn.',
        );
      }
      this.#members.set(outcome, presentMembers(roster));
      const active = new Set(
        roster.members.filter(({ status }) => status === 'active').map(({ name }) => name),
      );
      this.#take([...this.#start.agents, ...roster.agents].filter(({ name }) => active.has(name)));
    }
    return this.#members.get(outcome) ?? [];
  }

  #take(agents: readonly AgentSpec[]): void {
    for (const agent of agents) this.#known.set(agent.name, agent);
    const all = rosterOf([...this.#known.values()], this.#configured);
    this.#agents = new Map(all.map((agent) => [agent.name, agent]));
  }
}
