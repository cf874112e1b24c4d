/** A turn in which nobody speaks: it waits for a place, or its team may sleep, which the log does not tell, and then it can be woken. */
import type { TurnEntry } from '../../src/contracts/public.ts';
import { el, setText } from './dom.ts';

/** As it was when the turn began to wait. */
function placeText({ most, used, place }: NonNullable<TurnEntry['waiting']>): string {
  return `Waits for a place: number ${place} in the line, ${used} of ${most} turns run.`;
}

/** Between two steps it is quiet for a moment: that is not told, ms. */
const AFTER_MS = 2_000;

export class QuietView {
  readonly node = el('p', 'quiet-turn');
  readonly #text = el('span', '');
  readonly #button = el('button', '', 'Wake');
  #what: 'waiting' | 'quiet' | 'busy' = 'busy';
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(wake: () => void) {
    this.#button.type = 'button';
    this.#button.addEventListener('click', wake);
    this.node.append(this.#text, ' ', this.#button);
    this.node.hidden = true;
  }

  set(isQuiet: boolean, waiting: TurnEntry['waiting']): void {
    const what = waiting ? 'waiting' : isQuiet ? 'quiet' : 'busy';
    if (what === this.#what) return;
    this.#what = what;
    clearTimeout(this.#timer);
    this.node.hidden = !waiting;
    this.#button.hidden = what !== 'quiet';
    setText(this.#text, waiting ? placeText(waiting) : 'Nobody is speaking; the team may be asleep.');
    if (what !== 'quiet') return;
    this.#timer = setTimeout(() => {
      this.node.hidden = false;
    }, AFTER_MS);
  }
}
