/** The options of a team, checked where the team begins: what is wrong ends the turn with a sentence that says so. */
import type { Json, Member } from '../../src/contracts/index.ts';
import { TeamBroken } from '../turn/stops.ts';
import type { TeamContext } from './team.ts';

export class TeamOptions {
  readonly #options: TeamContext['options'];
  /** Agents of the session that may be asked, and those that are paused or have left. */
  #session: readonly string[];
  #absent: readonly string[];

  /** Throws if there is an option that is not among `known`. */
  constructor(
    { options, agents, absent }: Pick<TeamContext, 'options' | 'agents' | 'absent'>,
    known: readonly string[],
  ) {
    this.#options = options;
    this.#session = agents.map(({ name }) => name);
    this.#absent = absent;
    for (const name of Object.keys(options)) {
      if (!known.includes(name)) throw wrong(`The team has no option "${name}", only ${known.join(', ')}.`);
    }
  }

  /** From now on these take part in the session. */
  heard(members: readonly Member[]): void {
    const agents = members.filter(({ kind }) => kind === 'agent');
    const before = [...this.#session, ...this.#absent];
    this.#session = agents.filter(({ status }) => status === 'active').map(({ name }) => name);
    this.#absent = before.filter((name) => !this.#session.includes(name));
  }

  /**
   * The option `agents`: those that take part; default: all of the session but `others`, in its order. Those that are paused or have left are
   * passed over: there may be nobody.
   */
  cast(others: readonly (string | undefined)[] = []): readonly string[] {
    const given = this.#options['agents'] ?? this.#session.filter((name) => !others.includes(name));
    if (!Array.isArray(given) || (given.length === 0 && this.#absent.length === 0)) {
      throw wrong('The team needs at least one agent; its option "agents" is a list of names.');
    }
    const present = given.filter((name: Json) => !this.#absent.some((each) => each === name));
    return present.map((name: Json) => this.#known('agents', name));
  }

  /** True for an agent of the session that may be asked. */
  has(name: string): boolean {
    return this.#session.includes(name);
  }

  /** An option that names an agent. */
  agent(name: string): string | undefined {
    const given = this.#options[name];
    return given === undefined ? undefined : this.#known(name, given);
  }

  /** The agent that an option names, or the one at this place in the session. */
  role(name: string, index: number): string {
    const found = this.agent(name) ?? this.#session[index];
    if (found === undefined) throw wrong(`The team needs ${index + 1} agents, or its option "${name}".`);
    return found;
  }

  /** An option that is a whole number. */
  count(name: string, otherwise: number, most: number): number {
    const given = this.#options[name] ?? otherwise;
    if (typeof given === 'number' && Number.isInteger(given) && given >= 1 && given <= most) return given;
    throw wrong(`The team’s option "${name}" is a whole number from 1 to ${most}.`);
  }

  #known(option: string, name: Json): string {
    if (typeof name !== 'string') throw wrong(`The team’s option "${option}" names agents of the session.`);
    if (this.#session.includes(name)) return name;
    const why = this.#absent.includes(name)
      ? 'is paused, or has left the session'
      : 'the session does not have';
    const message = `The team’s option "${option}" names the agent "${name}", which ${why}.`;
    throw new TeamBroken('agent_unknown', message);
  }
}

/** The team cannot begin. */
export function wrong(message: string): TeamBroken {
  return new TeamBroken('team_failed', message);
}
