/** Where a message is written. */
import type { OutgoingMessage } from '../../src/client/index.ts';
import { isPolicy, LIMITS } from '../../src/contracts/public.ts';
import type { FilePart, SessionView } from '../../src/contracts/public.ts';
import { Attachments } from './attachments.ts';
import { el, part } from './dom.ts';
import { POLICY_CHOICES } from './words.ts';

/** What the composer shows: whether it takes a message, and why not. */
export interface ComposerState {
  readonly view: SessionView | null;
  /** There is no such session yet. */
  readonly absent: boolean;
  /** The connection has been refused. */
  readonly refused: boolean;
}

export class Composer {
  readonly #form = part('composer', HTMLFormElement);
  readonly #text = part('text', HTMLTextAreaElement);
  readonly #send = part('send', HTMLButtonElement);
  readonly #reopen = part('reopen', HTMLButtonElement);

  readonly #policy = part('policy', HTMLSelectElement);

  readonly #attachments: Attachments;

  /**
   * `send` takes a message; false if it was not taken: then it stays where it was written. `reopen`: a closed session is to go on. `store`: a
   * file is to go along.
   */
  constructor(
    send: (message: OutgoingMessage) => boolean,
    reopen: () => Promise<void>,
    store: (file: File) => Promise<FilePart>,
  ) {
    this.#attachments = new Attachments(store);
    this.#reopen.addEventListener('click', () => {
      this.#reopen.disabled = true;
      void reopen().finally(() => {
        this.#reopen.disabled = false;
      });
    });
    const submit = (): void => {
      const text = this.#text.value.trim();
      const policy = this.#policy.value;
      const { parts, ready } = this.#attachments;
      if (!ready || (text === '' && parts.length === 0)) return;
      const words = text === '' ? [] : [{ type: 'text', text } as const];
      const content = parts.length === 0 ? { text } : { parts: [...words, ...parts] };
      if (!send({ ...content, ...(isPolicy(policy) ? { policy } : {}) })) return;
      this.#attachments.clear();
      this.#text.value = '';
      this.#fit();
    };
    for (const [policy, words] of POLICY_CHOICES) {
      const choice = el('option', '', words);
      choice.value = policy;
      this.#policy.append(choice);
    }
    this.#text.maxLength = LIMITS.messageChars;
    this.#text.addEventListener('input', () => this.#fit());
    this.#text.addEventListener('keydown', (event) => {
      // While an input method composes, Enter belongs to it.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      submit();
    });
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      submit();
      this.#text.focus();
    });
  }

  set({ view, absent, refused }: ComposerState): void {
    // A message reopens a session that was interrupted.
    const over = view?.status === 'closing' || view?.status === 'closed';
    const shut = over || absent || refused;
    this.#text.disabled = shut;
    this.#text.placeholder = over ? 'This session is closed.' : 'Write a message';
    this.#send.disabled = shut;
    this.#attachments.disabled = shut;
    const isClosed = view?.status === 'closed' && !refused;
    const hadFocus = document.activeElement === this.#reopen;
    this.#reopen.hidden = !isClosed;
    this.#send.hidden = isClosed;
    // Who has reopened it wants to write next.
    if (hadFocus && !shut) this.#text.focus();
    const isAnswering = view?.turns.some(({ status }) => status === 'running') ?? false;
    part('policy-choice', HTMLElement).hidden = shut || !isAnswering;
    // A choice is for the answer that runs.
    if (!isAnswering) this.#policy.value = '';
    this.#form.hidden = absent;
  }

  /** What is written is for another session now: files belong to one. */
  forget(): void {
    this.#attachments.clear();
  }

  focus(): void {
    this.#text.focus();
  }

  /** As high as its text, up to what the style allows. */
  #fit(): void {
    this.#text.style.height = 'auto';
    this.#text.style.height = `${this.#text.scrollHeight}px`;
  }
}
