/** One row on the screen: messages with what became of them, and below what the agents answer. */
import type { MessageEntry } from '../../src/contracts/public.ts';
import { blocksOf } from './blocks.ts';
import { el, KeyedList, setText } from './dom.ts';
import { cancellable, progressOf, sameRow, textOf } from './rows.ts';
import type { Row } from './rows.ts';
import { BlocksView } from './speech-view.ts';
import type { SpeechContext } from './speech-view.ts';
import type { UnseenMessage } from './unseen.ts';
import { clock, outcomeOf, PROGRESS, sentenceOf } from './words.ts';

/** What a row can ask for. */
export interface RowActions extends SpeechContext {
  cancel(turn: string): void;
  dismiss(messageId: string): void;
  /** The conversation goes on differently from this message, in a fork. */
  edit(messageId: string, text: string): void;
}

class MessageView {
  readonly node: HTMLElement;
  /** What became of it. */
  readonly fate: HTMLElement;
  readonly #who = el('strong', 'name');
  readonly #time = el('time', 'time');
  readonly #text = el('p', 'text');
  readonly #receipt = el('span', 'receipt');
  readonly #edit = el('button', 'quiet', 'Edit');
  readonly #dismiss = el('button', 'quiet', 'Dismiss');

  constructor(messageId: string, actions: RowActions) {
    this.#edit.type = 'button';
    this.#edit.title = 'Go on differently from here, in a session of its own';
    this.#edit.addEventListener('click', () => actions.edit(messageId, this.#text.textContent));
    this.#dismiss.type = 'button';
    this.#dismiss.addEventListener('click', () => actions.dismiss(messageId));
    this.fate = el('p', 'fate', this.#who, this.#time, this.#receipt, this.#edit, this.#dismiss);
    this.node = el('article', 'message', this.#text, this.fate);
  }

  set(message: MessageEntry | UnseenMessage, row: Row): void {
    const progress = progressOf(message, row.turn);
    const seen = message.kind === 'message';
    setText(this.#who, (seen ? message.from : undefined) ?? 'You');
    setText(this.#time, seen ? clock(message.at) : '');
    setText(this.#text, textOf(message));
    const why = message.code === undefined ? '' : `: ${sentenceOf(message.code)}`;
    setText(this.#receipt, `${PROGRESS[progress]}${why}`);
    this.#receipt.title = message.code ?? '';
    this.node.dataset['progress'] = progress;
    this.node.ariaLabel = `Message of ${this.#who.textContent}`;
    this.#edit.hidden = !seen || message.status !== 'consumed' || row.messages[0] !== message;
    this.#dismiss.hidden = !(message.kind === 'unseen' && progress === 'rejected');
  }
}

export class RowView {
  readonly node: HTMLElement;
  readonly #title = el('h2', 'unseen');
  readonly #messages: KeyedList<MessageView>;
  readonly #blocks = new BlocksView();
  readonly #cancel = el('button', 'quiet cancel', 'Stop');
  readonly #outcome = el('p', 'outcome');
  readonly #actions: RowActions;
  #row: Row | null = null;

  constructor(actions: RowActions) {
    this.#actions = actions;
    const messages = el('div', 'messages');
    this.#cancel.type = 'button';
    this.#cancel.addEventListener('click', () => {
      const turn = this.#row && cancellable(this.#row);
      if (turn) actions.cancel(turn);
    });
    this.node = el('section', 'row', this.#title, messages, this.#blocks.node, this.#outcome);
    this.#messages = new KeyedList(messages);
  }

  /** Does nothing if nothing of it has changed. */
  set(row: Row): void {
    if (this.#row && sameRow(this.#row, row)) return;
    this.#row = row;
    setText(this.#title, row.turn ? `Turn ${row.turn.turn.slice(1)}` : 'Message');
    const ids = row.messages.map((message) => message.messageId);
    const views = this.#messages.set(ids, (id) => new MessageView(id, this.#actions));
    views.forEach((view, index) => {
      const message = row.messages[index];
      if (message) view.set(message, row);
    });
    this.#blocks.set(blocksOf(row.steps), this.#actions);
    this.#blocks.node.hidden = row.steps.length === 0;
    this.#setCancel(views.at(-1)?.fate ?? this.node, cancellable(row));
    const outcome = row.turn && !isTold(row) ? outcomeOf(row.turn) : '';
    this.node.dataset['turn'] = row.turn?.status ?? '';
    this.#outcome.hidden = outcome === '';
    this.#outcome.title = row.turn?.failure?.code ?? row.turn?.reason?.code ?? '';
    setText(this.#outcome, outcome);
  }

  #setCancel(place: HTMLElement, turn: string | null): void {
    this.#cancel.hidden = turn === null;
    this.#cancel.ariaLabel = turn === null ? null : `Stop turn ${turn}`;
    if (turn !== null && this.#cancel.parentNode !== place) place.append(this.#cancel);
  }
}

/** True if a step has failed for the same reason as its turn: that stands there already. */
function isTold({ turn, steps }: Row): boolean {
  const { failure } = turn ?? {};
  return steps.some(
    (step) => failure && step.failure?.code === failure.code && step.failure.message === failure.message,
  );
}
