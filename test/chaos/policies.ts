/** A session in which messages of every policy come at any moment, while things break. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { endsStep, endsTurn, POLICIES } from '../../src/contracts/index.ts';
import type { Receipt, SessionEvent } from '../../src/contracts/index.ts';
import { openSession, rest, speaker, words } from '../e2e/scene.ts';
import { eventually } from '../support/process.ts';
import type { Random } from './random.ts';
import { SETTLE_MS, Talk } from './talks.ts';

const TOKENS: Readonly<Record<string, number>> = { ann: 20, bob: 8 };
const GAP_MS = [50, 1_500] as const;

const isOver = ({ status, turnStatus = 'running' }: Receipt): boolean =>
  status === 'superseded' || status === 'rejected' || (status === 'consumed' && turnStatus !== 'running');

export class PolicyTalk extends Talk {
  readonly #random: Random;

  private constructor(urls: readonly string[], id: string, random: Random) {
    super(urls, id);
    this.#random = random;
  }

  static async open(urls: readonly string[], random: Random): Promise<Talk> {
    const agents = Object.entries(TOKENS).map(([name, tokens]) => speaker(name, tokens));
    return new PolicyTalk(urls, await openSession(urls[0]!, agents), random);
  }

  async run(going: () => boolean): Promise<void> {
    const sent: Promise<void>[] = [];
    for (let index = 1; going(); index += 1) {
      sent.push(this.#send(`m${index}`));
      await pause(this.#random.between(...GAP_MS));
    }
    await Promise.all(sent);
    for (const messageId of this.accepted)
      await eventually(`it is told what came of ${messageId}`, () => this.#isOver(messageId), SETTLE_MS);
  }

  /** What is refused at the door leaves no trace. */
  async #send(messageId: string): Promise<void> {
    const message = { messageId, text: 'go on' };
    const receipt = await this.seen.session
      .send(message, { policy: this.#random.pick(POLICIES) })
      .catch((error: unknown) => {
        if ((error as { readonly code?: string }).code !== 'turn_running') throw error;
        return null;
      });
    if (receipt) this.accepted.push(messageId);
  }

  async #isOver(messageId: string): Promise<boolean> {
    const path = `/v1/sessions/${this.id}/messages/${messageId}`;
    const { status, body } = await rest<Receipt>(this.urls[0]!, 'GET', path);
    return status === 200 && isOver(body);
  }

  /** Each has its place in the log, once, and its turn an end; or it was rejected, once. */
  protected override expectAnswered(events: readonly SessionEvent[]): void {
    const told = events.flatMap((event) =>
      event.type === 'message.accepted' || event.type === 'message.rejected' ? [event.data.messageId] : [],
    );
    expect(told.sort()).toEqual([...this.accepted].sort());
    const ended = events.filter(({ type }) => endsTurn(type)).map(({ turn }) => turn);
    const announced = events.filter(({ type }) => type === 'message.accepted').map(({ turn }) => turn);
    expect(ended).toEqual(expect.arrayContaining(announced));
  }

  protected checkAnswers(events: readonly SessionEvent[]): void {
    expect(events.filter(({ type }) => type === 'turn.failed' || type === 'step.failed')).toEqual([]);
    for (const { type, agent = '', data } of events) {
      if (!endsStep(type) || !('text' in data)) continue;
      const whole = words(TOKENS[agent] ?? 0);
      expect(data.text).toBe(type === 'step.completed' ? whole : whole.slice(0, data.text.length));
    }
  }
}
