/** The options of a team, checked where the team begins: what is wrong ends the turn with a sentence that says so. */
import type { Json } from '../../src/contracts/index.ts';
import { TeamBroken } from '../turn/stops.ts';
import type { TeamContext } from './team.ts';

export class TeamOptions {
  readonly #options: TeamContext['options'];
  readonly #session: readonly string[];

  /** Throws if there is an option that is not among `known`. */
  constructor({ options, agents }: Pick<TeamContext, 'options' | 'agents'>, known: readonly string[]) {
    this.#options = options;
    this.#session = agents.map(({ name }) => name);
    for (const name of Object.keys(options)) {
      if (!known.includes(name)) throw wrong(`The team has no option "${name}", only ${known.join(', ')}.`);
    }
  }

  /** The option `agents`: those that take part; default: all of the session but `others`, in its order. */
  cast(others: readonly (string | undefined)[] = []): readonly string[] {
    const given = this.#options['agents'] ?? this.#session.filter((name) => !others.includes(name));
    if (!Array.isArray(given) || given.length === 0) {
      throw wrong('The team needs at least one agent; its option "agents" is a list of names.');
    }
    return given.map((name: Json) => this.#known('agents', name));
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
    const message = `The team’s option "${option}" names the agent "${name}", which the session does not have.`;
    throw new TeamBroken('agent_unknown', message);
  }
}

/** The team cannot begin. */
export function wrong(message: string): TeamBroken {
  return new TeamBroken('team_failed', message);
}
