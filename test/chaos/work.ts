/** Sessions in which agents call tools and a team remembers, while things break. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import type { SessionEvent } from '../../src/contracts/index.ts';
import { freshId, rest, words } from '../e2e/scene.ts';
import { Talk } from './talks.ts';

/** The configuration of the workers. */
export const CONFIG = fileURLToPath(new URL('./project/convoke.config.ts', import.meta.url));

/** Words of a branch that was not cancelled. */
const SAID = words(10);

type Completed = Extract<SessionEvent, { type: 'step.completed' }>;

/** How often each call of a session was made, by its key. */
export async function callsOf(
  file: string,
  session: string,
  effect: 'keyed' | 'once',
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const line of (await readFile(file, 'utf8')).split('\n')) {
    const [what, key = ''] = line.split(' ');
    if (what === effect && key.includes(session)) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

export class WorkTalk extends Talk {
  /** Where the tools count. */
  readonly #file: string;

  private constructor(urls: readonly string[], id: string, file: string) {
    super(urls, id);
    this.#file = file;
  }

  static async open(urls: readonly string[], file: string): Promise<Talk> {
    const id = freshId();
    const body = { id, agents: ['clerk', 'pro', 'con', 'silent', 'judge'], team: 'tally' };
    expect((await rest(urls[0]!, 'POST', '/v1/sessions', { body })).status).toBe(201);
    return new WorkTalk(urls, id, file);
  }

  async run(going: () => boolean): Promise<void> {
    for (let index = 1; going(); index += 1) {
      await this.seen.session.send({ messageId: `m${index}`, text: 'go on' });
      this.accepted.push(`m${index}`);
      await this.settled(`m${index} is answered`, () => this.answered());
    }
  }

  protected async checkAnswers(events: readonly SessionEvent[]): Promise<void> {
    const completed = events.filter((event): event is Completed => event.type === 'step.completed');
    const by = (agent: string): string[] =>
      completed.filter((event) => event.agent === agent).map(({ data }) => data.text);
    const turns = this.accepted.length;
    expect(events.filter(({ type }) => type === 'turn.completed')).toHaveLength(turns);
    // What the team remembers was counted once a turn, however often its code has run.
    expect(by('team')).toEqual(Array.from({ length: turns }, (_, index) => `Turn ${index + 1}.`));
    for (const agent of ['pro', 'con']) expect(by(agent)).toEqual(Array.from({ length: turns }, () => SAID));
    expect(by('silent')).toEqual([]);
    expect(by('judge')).toEqual(Array.from({ length: turns }, () => 'So be it.'));
    await this.#checkCalls(events);
  }

  /** A call that must not be repeated was made at most once; of one that may be, the answer that is told was given. */
  async #checkCalls(events: readonly SessionEvent[]): Promise<void> {
    const once = await callsOf(this.#file, this.id, 'once');
    const keyed = await callsOf(this.#file, this.id, 'keyed');
    expect([...once.values()].filter((times) => times > 1)).toEqual([]);
    const ends = (type: SessionEvent['type']): number =>
      events.filter((event) => event.type === type && /\.c\d+$/.test(event.step ?? '')).length;
    const turns = this.accepted.length;
    expect(ends('step.completed') + ends('step.failed')).toBe(3 * turns);
    expect(keyed.size).toBe(2 * turns);
    expect(once.size).toBeGreaterThanOrEqual(turns - ends('step.failed'));
  }
}
