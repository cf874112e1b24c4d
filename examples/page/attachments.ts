/** Files that go along with the message that is being written. */
import type { FilePart } from '../../src/contracts/public.ts';
import { el, part, setText } from './dom.ts';

export class Attachments {
  readonly #list = part('attached', HTMLElement);
  readonly #problem = part('attach-problem', HTMLElement);
  readonly #input = part('attach-file', HTMLInputElement);
  readonly #button = part('attach', HTMLButtonElement);
  readonly #store: (file: File) => Promise<FilePart>;
  readonly #parts: FilePart[] = [];
  #storing = 0;

  constructor(store: (file: File) => Promise<FilePart>) {
    this.#store = store;
    this.#button.addEventListener('click', () => this.#input.click());
    this.#input.addEventListener('change', () => {
      for (const file of this.#input.files ?? []) void this.#add(file);
      // The same one may be chosen again.
      this.#input.value = '';
    });
  }

  /** False while one is on its way: a message without it would be another one. */
  get ready(): boolean {
    return this.#storing === 0;
  }

  get parts(): readonly FilePart[] {
    return this.#parts;
  }

  set disabled(disabled: boolean) {
    this.#button.disabled = disabled;
  }

  clear(): void {
    this.#parts.length = 0;
    this.#list.replaceChildren();
  }

  async #add(file: File): Promise<void> {
    const remove = el('button', 'quiet', 'Remove');
    remove.type = 'button';
    const state = el('span', 'soft', ' is sent …');
    const item = el('li', '', file.name, state);
    this.#list.append(item);
    this.#problem.hidden = true;
    this.#storing += 1;
    try {
      const stored = await this.#store(file);
      this.#parts.push(stored);
      state.replaceWith(remove);
      remove.addEventListener('click', () => {
        this.#parts.splice(this.#parts.indexOf(stored), 1);
        item.remove();
      });
    } catch (error) {
      item.remove();
      setText(this.#problem, `${file.name}: ${error instanceof Error ? error.message : String(error)}`);
      this.#problem.hidden = false;
    } finally {
      this.#storing -= 1;
    }
  }
}
