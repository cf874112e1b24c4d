/** A summary of the session on the screen: a line that unfolds. */
import { turnNumber } from '../../src/contracts/public.ts';
import type { StepEntry } from '../../src/contracts/public.ts';
import { el, setText } from './dom.ts';
import { GrowingMarkdown } from './markdown.ts';
import { failureText } from './words.ts';

export class DigestView {
  readonly node = el('details', 'digest');
  readonly #title = el('summary');
  readonly #text = new GrowingMarkdown();

  constructor() {
    this.node.append(this.#title, this.#text.node);
  }

  set({ agent, summarises, status, text, failure }: StepEntry): void {
    const last = turnNumber(summarises?.upTo ?? '');
    const what = last === 1 ? 'Summary of turn 1' : `Summary of turns 1 to ${last}`;
    const ended = failure ? `: failed. ${failureText(failure)}` : status === 'cancelled' ? ': stopped' : '';
    setText(this.#title, status === 'running' ? `${what}: ${agent} is writing it` : `${what}${ended}`);
    this.#text.set(text, status !== 'running');
    this.node.dataset['status'] = status;
    this.node.ariaBusy = String(status === 'running');
  }
}
