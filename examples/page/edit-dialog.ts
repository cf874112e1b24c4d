/** Says something else than was said, in a fork: a session of its own, so nothing is lost. */
import type { ForkRequest } from '../../src/contracts/public.ts';
import { LIMITS } from '../../src/contracts/public.ts';
import { part, setText } from './dom.ts';

export class EditDialog {
  readonly #dialog = part('edit', HTMLDialogElement);
  readonly #text = part('edit-text', HTMLTextAreaElement);
  readonly #problem = part('edit-problem', HTMLElement);
  #before = '';

  /** `fork` makes the session and goes there. */
  constructor(fork: (request: ForkRequest) => Promise<void>) {
    this.#text.maxLength = LIMITS.messageChars;
    part('edit-cancel', HTMLButtonElement).addEventListener('click', () => this.#dialog.close());
    this.#dialog.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#tell('');
      fork({ before: this.#before, message: { text: this.#text.value } }).then(
        () => this.#dialog.close(),
        (error: unknown) => this.#tell(error instanceof Error ? error.message : String(error)),
      );
    });
  }

  /** Instead of this message. */
  open(messageId: string, text: string): void {
    this.#before = messageId;
    this.#text.value = text;
    this.#tell('');
    this.#dialog.showModal();
    this.#text.select();
  }

  #tell(problem: string): void {
    this.#problem.hidden = problem === '';
    setText(this.#problem, problem);
  }
}
