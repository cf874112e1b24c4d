/**
 * What people are asked by the turn at work. Clients are told once the turn waits; from then on the next message of that person, or one that
 * names the question, is the answer, also while the turn goes on with something else.
 */
import { stepId, type AskedPerson, type Message, type TurnWait } from '../../src/contracts/index.ts';

const plain = (name: string): string => name.trim().toLowerCase();

export class Questions {
  readonly #turn: string;
  /** Those that are open, by path. */
  readonly #asked: Map<string, AskedPerson>;

  constructor(turn: string, asked: readonly AskedPerson[] = []) {
    this.#turn = turn;
    this.#asked = new Map(asked.map((each) => [each.path, each]));
  }

  /** The one that the message answers. */
  answeredBy({ from, answers }: Pick<Message, 'from' | 'answers'>): AskedPerson | undefined {
    const open = [...this.#asked.values()].filter(({ message }) => message === undefined);
    if (answers !== undefined) return open.find(({ path }) => stepId(this.#turn, path) === answers);
    return open.find(({ name }) => from !== undefined && plain(name) === plain(from));
  }

  answer(path: string, message: string): void {
    const found = this.#asked.get(path);
    if (found) this.#asked.set(path, { ...found, message });
  }

  /** The turn waits for these: those of which clients are to be told, and those that nobody asks any more. */
  wait(waits: readonly TurnWait[]): {
    readonly asked: readonly TurnWait[];
    readonly gone: readonly AskedPerson[];
  } {
    const people = waits.filter(({ kind }) => kind === 'person');
    const asked = people.filter(({ path }) => !this.#asked.has(path));
    const gone = this.list().filter(({ path }) => !people.some((wait) => wait.path === path));
    for (const { path } of gone) this.#asked.delete(path);
    for (const { path, key } of asked) this.#asked.set(path, { path, name: key });
    return { asked, gone };
  }

  /** Takes an answer out; undefined: there is none. */
  take(path: string): string | undefined {
    const message = this.#asked.get(path)?.message;
    if (message !== undefined) this.#asked.delete(path);
    return message;
  }

  close(path: string): void {
    this.#asked.delete(path);
  }

  list(): readonly AskedPerson[] {
    return [...this.#asked.values()];
  }
}
