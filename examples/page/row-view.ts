/** One row on the screen: messages with their receipts above, a lane for each agent below. */
import type { MessageEntry, StepEntry } from '../../src/contracts/public.ts';
import { el, GrowingText, KeyedList, setText } from './dom.ts';
import { cancellable, progressOf, sameRow, textOf } from './rows.ts';
import type { Row } from './rows.ts';
import type { UnseenMessage } from './unseen.ts';

/** What a row can ask for. */
export interface RowActions {
  cancel(turn: string): void;
  dismiss(messageId: string): void;
  /** Tells somebody who does not see the screen. */
  announce(text: string): void;
}

/** Colours of lanes; a team with more agents begins again. */
const LANE_COLOURS = 6;

class MessageView {
  readonly node: HTMLElement;
  readonly #who = el('span', 'who');
  readonly #text = el('p', 'text');
  readonly #receipt = el('span', 'receipt');
  readonly #dismiss = el('button', 'quiet', 'Dismiss');

  constructor(messageId: string, actions: RowActions) {
    this.#dismiss.type = 'button';
    this.#dismiss.addEventListener('click', () => actions.dismiss(messageId));
    this.node = el('div', 'message', this.#who, this.#text, el('p', 'fate', this.#receipt, this.#dismiss));
  }

  set(message: MessageEntry | UnseenMessage, row: Row): void {
    const progress = progressOf(message, row.turn);
    const from = message.kind === 'message' ? message.from : undefined;
    setText(this.#who, from ?? 'You');
    this.#who.hidden = from === undefined;
    setText(this.#text, textOf(message));
    setText(this.#receipt, message.code === undefined ? progress : `${progress} · ${message.code}`);
    this.node.dataset['progress'] = progress;
    this.#dismiss.hidden = !(message.kind === 'unseen' && progress === 'rejected');
  }
}

class StepView {
  readonly node: HTMLElement;
  readonly #text = new GrowingText();
  /** The tool and, folded, its arguments. */
  readonly #call = el('details', 'call');
  readonly #tool = el('summary');
  readonly #input = el('p', 'input');
  readonly #thoughts = el('details', 'thoughts');
  readonly #thoughtsTitle = el('summary');
  readonly #reasoningText = el('p', 'reasoning');
  readonly #reasoning = new GrowingText();
  readonly #attempt = el('span', 'attempt');
  readonly #state = el('span', 'state');
  readonly #failure = el('p', 'failure');
  readonly #actions: RowActions;
  #before: StepEntry | null = null;

  constructor(actions: RowActions) {
    this.#actions = actions;
    const text = el('p', 'text');
    text.append(this.#text.node, el('span', 'caret'));
    this.#call.append(this.#tool, this.#input);
    this.#thoughts.append(this.#thoughtsTitle, this.#reasoningText);
    this.#reasoningText.append(this.#reasoning.node);
    const fate = el('p', 'fate', this.#state, this.#attempt);
    this.node = el('div', 'step', fate, this.#call, this.#thoughts, text, this.#failure);
  }

  set(step: StepEntry): void {
    const before = this.#before;
    if (step === before) return;
    this.#before = step;
    const { status, attempt, failure, text, reasoning = '', use } = step;
    this.#call.hidden = !use;
    setText(this.#tool, use?.tool ?? '');
    setText(this.#input, use ? (use.malformed ?? JSON.stringify(use.input, null, 2)) : '');
    setText(this.#thoughtsTitle, use ? 'Progress' : 'Reasoning');
    this.#text.set(text);
    this.#reasoning.set(reasoning);
    this.#thoughts.hidden = reasoning === '';
    this.node.dataset['status'] = status;
    this.node.ariaBusy = String(status === 'running');
    setText(this.#state, stateOf(step));
    this.#attempt.hidden = attempt < 2;
    setText(this.#attempt, `attempt ${attempt}`);
    this.#attempt.title = 'What earlier attempts said has been withdrawn.';
    this.#failure.hidden = !failure;
    setText(this.#failure, failure ? `${failure.code}: ${failure.message}` : '');
    if (before) this.#tell(before, step);
  }

  /** Only what changes the picture; the tokens themselves would drown everything else. */
  #tell(before: StepEntry, { agent, attempt, status, text, failure }: StepEntry): void {
    if (attempt > before.attempt) this.#actions.announce(`${agent} begins again.`);
    if (status === before.status) return;
    if (status === 'completed') this.#actions.announce(`${agent}: ${text}`);
    else this.#actions.announce(`${agent} ${status}${failure ? `, ${failure.code}` : ''}.`);
  }
}

function stateOf({ status, text, waiting, finish, use }: StepEntry): string {
  if (waiting) return `paused until ${new Date(waiting.until).toLocaleTimeString()} · ${waiting.code}`;
  if (status === 'running' && use) return 'working';
  if (status === 'running') return text ? 'writing' : 'thinking';
  return finish === 'length' || finish === 'filter' ? `${status} · cut: ${finish}` : status;
}

/** What one agent says in one turn. */
class LaneView {
  readonly node: HTMLElement;
  readonly #idle = el('p', 'idle');
  readonly #steps: KeyedList<StepView>;
  readonly #actions: RowActions;

  constructor(agent: string, colour: number, actions: RowActions) {
    this.#actions = actions;
    const steps = el('div');
    this.#steps = new KeyedList(steps);
    this.node = el('section', 'lane', el('h3', '', agent), this.#idle, steps);
    this.node.dataset['colour'] = String(colour);
  }

  set(steps: readonly StepEntry[], running: boolean): void {
    const views = this.#steps.set(
      steps.map((step) => step.step),
      () => new StepView(this.#actions),
    );
    views.forEach((view, index) => {
      const step = steps[index];
      if (step) view.set(step);
    });
    this.#idle.hidden = steps.length > 0;
    setText(this.#idle, running ? 'waits' : '—');
  }
}

export class RowView {
  readonly node: HTMLElement;
  readonly #messages: KeyedList<MessageView>;
  readonly #lanes: KeyedList<LaneView>;
  readonly #board = el('div', 'lanes');
  readonly #cancel = el('button', 'quiet cancel', 'Cancel');
  readonly #outcome = el('p', 'outcome');
  readonly #actions: RowActions;
  #row: Row | null = null;
  #agents: readonly string[] = [];

  constructor(actions: RowActions) {
    this.#actions = actions;
    const messages = el('div', 'messages');
    this.#cancel.type = 'button';
    this.#cancel.addEventListener('click', () => {
      const turn = this.#row && cancellable(this.#row);
      if (turn) actions.cancel(turn);
    });
    this.node = el('article', 'row', el('div', 'head', messages, this.#cancel), this.#board, this.#outcome);
    this.#messages = new KeyedList(messages);
    this.#lanes = new KeyedList(this.#board);
  }

  /** Does nothing if nothing of it has changed. */
  set(row: Row, agents: readonly string[]): void {
    if (this.#row && sameRow(this.#row, row) && agents === this.#agents) return;
    this.#row = row;
    this.#agents = agents;
    const ids = row.messages.map((message) => message.messageId);
    const views = this.#messages.set(ids, (id) => new MessageView(id, this.#actions));
    views.forEach((view, index) => {
      const message = row.messages[index];
      if (message) view.set(message, row);
    });
    this.#setLanes(row, agents);
    const turn = cancellable(row);
    this.#cancel.hidden = turn === null;
    this.#cancel.ariaLabel = turn === null ? null : `Cancel turn ${turn}`;
    this.#setOutcome(row);
  }

  #setLanes(row: Row, agents: readonly string[]): void {
    this.#board.hidden = !row.turn || (row.turn.status !== 'running' && row.steps.length === 0);
    if (this.#board.hidden) return;
    const names = [...new Set([...agents, ...row.steps.map((step) => step.agent)])];
    const lanes = this.#lanes.set(
      names,
      (name) => new LaneView(name, names.indexOf(name) % LANE_COLOURS, this.#actions),
    );
    lanes.forEach((lane, index) => {
      const steps = row.steps.filter((step) => step.agent === names[index]);
      lane.set(steps, row.turn?.status === 'running');
    });
  }

  #setOutcome({ turn }: Row): void {
    const failed = turn?.status === 'failed';
    this.#outcome.hidden = !failed && turn?.status !== 'cancelled';
    this.node.dataset['turn'] = turn?.status ?? '';
    const why = failed ? ` · ${turn.failure?.code ?? 'internal'}` : '';
    setText(this.#outcome, turn ? `Turn ${turn.status}${why}` : '');
  }
}
