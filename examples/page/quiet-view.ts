/** A turn that runs while nobody speaks: its team may sleep, which the log does not tell, and then it can be woken. */
import { el } from './dom.ts';

/** Between two steps it is quiet for a moment: that is not told, ms. */
const AFTER_MS = 2_000;

export class QuietView {
  readonly node = el('p', 'quiet-turn', 'Nobody is speaking; the team may be asleep. ');
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(wake: () => void) {
    const button = el('button', '', 'Wake');
    button.type = 'button';
    button.addEventListener('click', wake);
    this.node.append(button);
    this.node.hidden = true;
  }

  set(isQuiet: boolean): void {
    if (!isQuiet) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.node.hidden = true;
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.node.hidden = false;
    }, AFTER_MS);
  }
}
