/** One message on the screen: who says what, and what became of it. */
import type { MessageEntry } from '../../src/contracts/public.ts';
import { el, setText } from './dom.ts';
import { FilesView } from './files-view.ts';
import type { FileSource } from './files-view.ts';
import { progressOf, textOf } from './rows.ts';
import type { Progress, Row } from './rows.ts';
import type { UnseenMessage } from './unseen.ts';
import { clock, PROGRESS, sentenceOf, toTheSecond } from './words.ts';

/** What can be done with a message. */
export interface MessageActions extends FileSource {
  dismiss(messageId: string): void;
  /** A message for later is not delivered. */
  unschedule(messageId: string): void;
  /** The conversation goes on differently from this message, in a fork. */
  edit(messageId: string, text: string): void;
}

export class MessageView {
  readonly node: HTMLElement;
  /** What became of it. */
  readonly fate: HTMLElement;
  readonly #who = el('strong', 'name');
  readonly #time = el('time', 'time');
  readonly #text = el('p', 'text');
  readonly #files: FilesView;
  readonly #receipt = el('span', 'receipt');
  readonly #edit = el('button', 'quiet', 'Edit');
  readonly #unschedule = el('button', 'quiet', 'Do not send');
  readonly #dismiss = el('button', 'quiet', 'Dismiss');

  constructor(messageId: string, actions: MessageActions) {
    this.#edit.type = 'button';
    this.#edit.title = 'Go on differently from here, in a session of its own';
    this.#edit.addEventListener('click', () => actions.edit(messageId, this.#text.textContent));
    this.#unschedule.type = 'button';
    this.#unschedule.addEventListener('click', () => actions.unschedule(messageId));
    this.#dismiss.type = 'button';
    this.#dismiss.addEventListener('click', () => actions.dismiss(messageId));
    this.fate = el('p', 'fate', this.#who, this.#time, this.#receipt);
    this.fate.append(this.#edit, this.#unschedule, this.#dismiss);
    this.#files = new FilesView(actions);
    this.node = el('article', 'message', this.#text, this.#files.node, this.fate);
  }

  /** `begins`: its turn begins with it. */
  set(message: MessageEntry | UnseenMessage, row: Row, begins: boolean): void {
    const progress = progressOf(message, row);
    const seen = message.kind === 'message';
    setText(this.#who, (seen ? message.from : undefined) ?? 'You');
    setText(this.#time, seen ? clock(message.at) : '');
    setText(this.#text, textOf(message));
    this.#files.set(seen ? message.parts.filter((part) => part.type === 'file') : []);
    const why = message.code === undefined ? '' : `: ${sentenceOf(message.code)}`;
    setText(this.#receipt, `${seen ? wordsOf(message, progress) : unseenWords(message)}${why}`);
    this.#receipt.title = message.code ?? '';
    this.node.dataset['progress'] = progress;
    this.node.ariaLabel = `Message of ${this.#who.textContent}`;
    this.#edit.hidden = !begins || !row.turn || row.turn.status === 'running';
    this.#unschedule.hidden = progress !== 'scheduled';
    this.#dismiss.hidden = !(message.kind === 'unseen' && progress === 'rejected');
  }
}

function unseenWords({ status, retryAt }: UnseenMessage): string {
  return retryAt === undefined ? PROGRESS[status] : `${PROGRESS[status]}, goes on at ${toTheSecond(retryAt)}`;
}

function wordsOf({ policy, deliverAt }: MessageEntry, progress: Progress): string {
  if (progress === 'queued' && policy === 'steer') return 'Joins the answer soon';
  if (progress === 'scheduled' && deliverAt !== undefined) return `Comes at ${clock(deliverAt)}`;
  return PROGRESS[progress];
}
