/** One step on the screen: what an agent said, with its reasoning and its earlier attempts. */
import { shownText } from '../../src/contracts/public.ts';
import type { StepEntry, ToolCall } from '../../src/contracts/public.ts';
import type { EndedAttempt } from './attempts.ts';
import { el, GrowingText, KeyedList, setText } from './dom.ts';
import { GrowingMarkdown } from './markdown.ts';
import type { FileSource } from './files-view.ts';
import { duration, failureText } from './words.ts';

/** What a step needs besides itself. */
export interface StepContext extends FileSource {
  /** Earlier attempts that this page has seen end. */
  ended(step: string): readonly EndedAttempt[];
  /** Tells somebody who does not see the screen. */
  announce(text: string): void;
}

/** What is read out of an answer, characters; the rest can be read at leisure. */
const SPOKEN_CHARS = 400;

/** What one attempt had said before it ended. */
class AttemptView {
  readonly node: HTMLElement;
  readonly #title = el('p', 'withdrawn-title');
  readonly #text = el('del', 'text');

  constructor() {
    this.node = el('div', 'withdrawn', this.#title, this.#text);
  }

  set({ attempt, text, because, lastedMs }: EndedAttempt): void {
    const after = lastedMs === undefined ? '' : ` after ${duration(lastedMs)}`;
    const ended = `Attempt ${attempt} ended${after}${because === undefined ? '' : `: ${because}`}`;
    setText(this.#title, because === undefined && text === '' ? unknownEnd(attempt) : ended);
    setText(this.#text, text);
    this.#text.hidden = text === '';
  }
}

/** The attempts up to this one ended before this page followed the session: the log keeps none of their text. */
function unknownEnd(attempt: number): string {
  const which = attempt === 1 ? 'Attempt 1 was' : `Attempts 1 to ${attempt} were`;
  return `${which} withdrawn; the text is not kept.`;
}

/** Earlier attempts of a step, the oldest first. Without what this page has not seen, it at least says which attempt this is. */
export class AttemptsView {
  readonly node = el('div', 'attempts');
  readonly #views = new KeyedList<AttemptView>(this.node);
  #shown: readonly EndedAttempt[] | null = null;

  /** False if nothing has changed. */
  set(step: StepEntry, ended: readonly EndedAttempt[]): boolean {
    if (this.#shown === ended && ended.length > 0) return false;
    this.#shown = ended;
    const known = ended.length > 0 || step.attempt < 2 ? ended : [{ attempt: step.attempt - 1, text: '' }];
    const views = this.#views.set(
      known.map(({ attempt }) => String(attempt)),
      () => new AttemptView(),
    );
    views.forEach((view, index) => {
      const attempt = known[index];
      if (attempt) view.set(attempt);
    });
    this.node.hidden = known.length === 0;
    return true;
  }
}

/** Text that is folded away under a title, and grows. */
export class Folded {
  readonly node: HTMLDetailsElement;
  readonly #text = new GrowingText();

  constructor(className: string, title: string) {
    const text = el('p', 'text', this.#text.node);
    this.node = el('details', className, el('summary', '', title), text);
  }

  set(text: string): void {
    this.#text.set(text);
    this.node.hidden = text === '';
  }
}

/** What a step that ended otherwise than usual is told as. */
export function endOf({ agent, status, text, failure }: StepEntry): string {
  if (status === 'failed') return `${agent} failed. ${failure ? failureText(failure) : ''}`.trim();
  if (status === 'cancelled') return `${agent} was stopped.`;
  return `${agent}: ${text.length > SPOKEN_CHARS ? `${text.slice(0, SPOKEN_CHARS)} …` : text}`;
}

export class SaidView {
  readonly node: HTMLElement;
  readonly #attempts = new AttemptsView();
  readonly #reasoning = new Folded('thoughts', 'Reasoning');
  readonly #text = new GrowingMarkdown();
  readonly #thinking = el('p', 'thinking', el('span'), el('span'), el('span'));
  readonly #handed = el('ul', 'handed');
  readonly #failure = el('p', 'failure');
  /** What the agent was shown, if it was not all. */
  readonly #shown = el('p', 'shown');
  readonly #context: StepContext;
  #before: StepEntry | null = null;

  constructor(context: StepContext) {
    this.#context = context;
    this.#thinking.ariaHidden = 'true';
    this.node = el(
      ...(['div', 'step said', this.#attempts.node, this.#reasoning.node, this.#text.node] as const),
      ...[this.#thinking, this.#handed, this.#failure, this.#shown],
    );
  }

  /** `handed`: what it asked of others, as far as that has no step of its own. */
  set(step: StepEntry, handed: readonly ToolCall[]): void {
    const before = this.#before;
    const changed = this.#attempts.set(step, this.#context.ended(step.step));
    if (step === before && !changed) return;
    this.#before = step;
    const { status, attempt, failure, shown, text, reasoning = '' } = step;
    const running = status === 'running';
    this.node.dataset['status'] = status;
    this.node.ariaBusy = String(running);
    this.#reasoning.set(reasoning);
    this.#text.set(text, !running);
    this.#thinking.hidden = !running || text !== '';
    this.#handed.hidden = handed.length === 0;
    if (handed.length !== this.#handed.childElementCount) this.#handed.replaceChildren(...handed.map(handOf));
    this.#failure.hidden = !failure;
    setText(this.#failure, failure ? failureText(failure) : '');
    this.#shown.hidden = !shown;
    setText(this.#shown, shown ? `${step.agent} ${shownText(shown)}.` : '');
    if (!before) return;
    // Only what changes the picture; the tokens themselves would drown everything else.
    if (attempt > before.attempt) this.#context.announce(`${step.agent} begins again.`);
    if (status !== before.status && (text !== '' || status !== 'completed'))
      this.#context.announce(endOf(step));
  }
}

/** A task for another agent, or the hand-over to one. */
function handOf({ tool, input }: ToolCall): HTMLElement {
  const agent = typeof input['agent'] === 'string' ? input['agent'] : '';
  const what = input['task'] ?? input['reason'] ?? input['message'];
  const title = agent === '' ? tool : tool === 'hand_over' ? `Hands over to ${agent}` : `Asks ${agent}`;
  return el('li', '', typeof what === 'string' ? `${title}: ${what}` : title);
}
