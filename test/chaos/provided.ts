/** A session whose agent is a model that is asked over a network which misbehaves. */
import { expect } from '@jest/globals';
import type { SessionEvent } from '../../src/contracts/index.ts';
import { openSession, words } from '../e2e/scene.ts';
import { endTexts, Talk } from './talks.ts';

const TOKENS = 25;

/** What it says, as `ScriptedModelOptions`. */
export const ANSWER = { answer: words(TOKENS), paceMs: 40 };
/** The name of its endpoint. */
export const PROVIDER = 'far';

export class ProvidedTalk extends Talk {
  static async open(urls: readonly string[]): Promise<Talk> {
    const agent = { name: 'model', runner: 'model', provider: PROVIDER, maxAttempts: 20 } as const;
    return new ProvidedTalk(urls, await openSession(urls[0]!, [agent]));
  }

  async run(going: () => boolean): Promise<void> {
    for (let index = 1; going(); index += 1) {
      await this.seen.session.send({ messageId: `m${index}`, text: 'go on' });
      this.accepted.push(`m${index}`);
      await this.settled(`m${index} is answered`, () => this.answered());
    }
  }

  protected checkAnswers(events: readonly SessionEvent[]): void {
    expect(endTexts(events)).toEqual(this.accepted.map(() => words(TOKENS)));
  }
}
