/** What a team keeps from turn to turn: as it was when the turn began, and what the team has changed since. Pure. */
import { LIMITS, type Json, type JsonObject } from '../../src/contracts/index.ts';
import type { TeamMemory } from '../teams/team.ts';
import { TeamBroken } from './stops.ts';

/** What one team has of the memory. */
export interface MemoryPart extends TeamMemory {
  /** That of a team of this name that it runs inside: keys of its own, the same in every turn, whatever ran before it. */
  below(name: string): MemoryPart;
}

/**
 * What a team sets follows from its answers, so it is not journaled: a run from the start sets it again. A turn that completes carries it in
 * its end; of one that does not, nothing is kept, nor of one beside the main lane: two that run at once would each undo what the other has set.
 */
export class Memory implements MemoryPart {
  #values: ReadonlyMap<string, Json>;
  readonly #isKept: boolean;
  #isChanged = false;

  /** `isKept`: the turn's end is to carry it. */
  constructor(values: JsonObject, isKept = true) {
    this.#isKept = isKept;
    this.#values = new Map(Object.entries(values));
  }

  /** What the turn's end carries; undefined: nothing has changed, or is kept. */
  get changed(): JsonObject | undefined {
    return this.#isChanged && this.#isKept ? Object.fromEntries(this.#values) : undefined;
  }

  below(name: string): MemoryPart {
    return partOf(this, `${name}/`);
  }

  /** A copy: a team that changes what it has got must set it, which is when its size is checked. */
  get(key: string): Json | undefined {
    return structuredClone(this.#values.get(key));
  }

  set(key: string, value: Json | undefined): void {
    const json = jsonOf(value);
    if (json === JSON.stringify(this.#values.get(key))) return;
    const next = new Map(this.#values);
    if (json === undefined) next.delete(key);
    // A copy: what is kept is what was JSON at this moment.
    else next.set(key, JSON.parse(json) as Json);
    if (Buffer.byteLength(JSON.stringify(Object.fromEntries(next))) > LIMITS.memoryBytes) {
      throw new TeamBroken('team_failed', `A team’s memory may hold ${LIMITS.memoryBytes} bytes of JSON.`);
    }
    this.#isChanged = true;
    this.#values = next;
  }
}

function jsonOf(value: Json | undefined): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    throw new TeamBroken(
      'team_failed',
      'A team’s memory holds JSON: no BigInt, nothing that holds itself.',
      error,
    );
  }
}

function partOf(memory: Memory, prefix: string): MemoryPart {
  return {
    get: (key) => memory.get(`${prefix}${key}`),
    set: (key, value) => memory.set(`${prefix}${key}`, value),
    below: (name) => partOf(memory, `${prefix}${name}/`),
  };
}
