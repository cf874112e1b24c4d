/** Keeps the end of the conversation on the screen while somebody reads there, and offers the way back to whoever reads elsewhere. */
import { part } from './dom.ts';

/** Nearer to the end than this, the screen follows what is written, px. */
const FOLLOW_PX = 96;

export class EndFollower {
  readonly #main = part('main', HTMLElement);
  readonly #newest = part('newest', HTMLButtonElement);
  /** It is read from its beginning. */
  readonly #start = part('start', HTMLFormElement);
  #follows = true;

  constructor() {
    this.#newest.addEventListener('click', () => this.toEnd());
    this.#main.addEventListener('scroll', () => {
      const { scrollHeight, scrollTop, clientHeight } = this.#main;
      this.#follows = scrollHeight - scrollTop - clientHeight < FOLLOW_PX;
      this.#newest.hidden = this.#follows;
    });
    // What grows is told of after it has been laid out: asking before would lay it out once more.
    const grown = new ResizeObserver(() => {
      if (this.#follows && this.#start.hidden) this.toEnd();
    });
    for (const node of [this.#main, ...this.#main.children]) grown.observe(node);
  }

  toEnd(): void {
    this.#follows = true;
    this.#newest.hidden = true;
    this.#main.scrollTop = this.#start.hidden ? this.#main.scrollHeight : 0;
  }
}
