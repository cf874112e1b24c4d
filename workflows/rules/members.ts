/** Who takes part in a session. A turn keeps those that it started with; a change counts for the next one, or when the team asks. */
import {
  changeRoster,
  eventId,
  LIMITS,
  openingRoster,
  plainName,
  presentMembers,
  type AgentSpec,
  type CarriedState,
  type MemberRefusal,
  type MembersReply,
  type Roster,
  type RosterChange,
  type Vote,
  type VoteRefusal,
} from '../../src/contracts/index.ts';
import type { Facts } from '../facts/facts.ts';

/** A person who votes, as the session knows her. */
export interface Voter {
  readonly name: string;
  readonly roles: readonly string[];
}

export class Members {
  readonly #facts: Facts;
  readonly #opening: Roster;
  #roster: Roster;

  constructor(facts: Facts, agents: readonly AgentSpec[], carried: Pick<CarriedState, 'roster'> | undefined) {
    this.#facts = facts;
    this.#opening = openingRoster(agents);
    this.#roster = carried?.roster ?? this.#opening;
  }

  get now(): Roster {
    return this.#roster;
  }

  /** Nothing of it is stated while the session has the members that it was opened with. */
  get stated(): { readonly roster?: Roster } {
    return this.#roster.revision === 0 ? {} : { roster: this.#roster };
  }

  /** Those of a turn that states none. */
  get opening(): Roster {
    return this.#opening;
  }

  /**
   * Who votes. Who asks in her name is trusted with it: until tokens name people, that is the server that has the key. Of a member the roles
   * of the session count, and no others.
   */
  voter({ by, roles = [] }: Vote): Voter | VoteRefusal {
    const member = presentMembers(this.#roster).find(({ name }) => plainName(name) === plainName(by));
    if (!member) return { name: by, roles };
    if (member.kind === 'person') return { name: member.name, roles: member.roles ?? [] };
    const detail = `"${member.name}" is an agent of the session; agents do not approve.`;
    return { status: 'refused', code: 'approver_not_allowed', detail };
  }

  change(change: RosterChange, now: number, isOpen: boolean): MembersReply | MemberRefusal {
    if (!isOpen) {
      const detail = 'This session accepts nothing more; open another one.';
      return { status: 'refused', code: 'session_closed', detail };
    }
    const outcome = changeRoster(this.#roster, change);
    if (outcome.status === 'refused') return outcome;
    if (outcome.status === 'changed') {
      if (this.#facts.pendingBytes > LIMITS.outboxBytes) {
        const detail = 'The session log is away, and too much waits for it. Try again.';
        return { status: 'refused', code: 'log_unavailable', detail };
      }
      const { roster, name, change: event } = outcome;
      this.#roster = roster;
      const id = eventId.sessionMembers(roster.revision);
      this.#facts.decide('session.members', id, now, { ...roster, name, change: event });
    }
    return { status: outcome.status, members: presentMembers(this.#roster) };
  }
}
