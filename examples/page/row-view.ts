/** One row on the screen: messages with what became of them, and below what the agents answer. */
import { BlocksView } from './blocks-view.ts';
import { el, KeyedList, setText } from './dom.ts';
import { MessageView } from './message-view.ts';
import type { MessageActions } from './message-view.ts';
import { QuietView } from './quiet-view.ts';
import { cancellable, sameRow } from './rows.ts';
import type { Row } from './rows.ts';
import type { SpeechContext } from './speech-view.ts';
import { outcomeOf } from './words.ts';

/** What a row can ask for. */
export interface RowActions extends SpeechContext, MessageActions {
  cancel(turn: string): void;
  /** Ends the sleep of its team. */
  wake(turn: string): void;
}

export class RowView {
  readonly node: HTMLElement;
  readonly #title = el('h2', 'unseen');
  readonly #messages: KeyedList<MessageView>;
  readonly #blocks = new BlocksView();
  readonly #cancel = el('button', 'quiet cancel', 'Stop');
  readonly #outcome = el('p', 'outcome');
  readonly #quiet: QuietView;
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
    this.#quiet = new QuietView(() => {
      if (this.#row?.turn) actions.wake(this.#row.turn.turn);
    });
    const below = [this.#blocks.node, this.#quiet.node, this.#outcome];
    this.node = el('section', 'row', this.#title, messages, ...below);
    this.#messages = new KeyedList(messages);
  }

  /** Does nothing if nothing of it has changed. */
  set(row: Row): void {
    if (this.#row && sameRow(this.#row, row)) return;
    this.#row = row;
    const { turn, messages } = row;
    setText(this.#title, turn ? `Turn ${turn.turn.slice(1)}` : 'Message');
    const ids = messages.map((message) => message.messageId);
    const views = this.#messages.set(ids, (id) => new MessageView(id, this.#actions));
    views.forEach((view, index) => {
      const message = messages[index];
      if (message) view.set(message, row, index === 0);
    });
    this.#blocks.set(row, this.#actions);
    this.#quiet.set(row.isQuiet ?? false, turn?.waiting);
    this.#setCancel(views.at(-1)?.fate ?? this.node, cancellable(row));
    const outcome = turn && !isTold(row) ? outcomeOf(turn) : '';
    this.node.dataset['turn'] = turn?.rolledBack ? 'withdrawn' : (turn?.status ?? '');
    this.#outcome.hidden = outcome === '';
    this.#outcome.title = turn?.failure?.code ?? turn?.reason?.code ?? '';
    setText(this.#outcome, outcome);
  }

  #setCancel(place: HTMLElement, turn: string | null): void {
    this.#cancel.hidden = turn === null;
    this.#cancel.ariaLabel = turn === null ? null : `Stop turn ${turn}`;
    if (turn !== null && this.#cancel.parentNode !== place) place.append(this.#cancel);
  }
}

/** True if a step has failed for the same reason as its turn: that stands there already. */
function isTold({ turn, later }: Row): boolean {
  const { failure } = turn ?? {};
  if (!failure) return false;
  return later.some(
    (entry) =>
      entry.kind === 'step' &&
      entry.failure?.code === failure.code &&
      entry.failure.message === failure.message,
  );
}
