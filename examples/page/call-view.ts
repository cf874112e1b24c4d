/** One use of a tool on the screen: a line that unfolds. */
import type { StepEntry } from '../../src/contracts/public.ts';
import { filesIn } from '../../src/contracts/public.ts';
import { el, setText } from './dom.ts';
import { FilesView } from './files-view.ts';
import { AttemptsView, endOf, Folded } from './step-view.ts';
import type { StepContext } from './step-view.ts';
import { failureText, stateOf } from './words.ts';

/** What is shown of a result while it is folded, characters. */
const GLANCE_CHARS = 160;

export class CallView {
  readonly node: HTMLElement;
  readonly #attempts = new AttemptsView();
  readonly #tool = el('span', 'tool');
  readonly #glance = el('span', 'glance');
  readonly #state = el('span', 'state');
  readonly #input = el('p', 'text input');
  readonly #progress = new Folded('thoughts', 'Progress');
  readonly #result = el('p', 'text result');
  readonly #files: FilesView;
  readonly #context: StepContext;
  #before: StepEntry | null = null;

  constructor(context: StepContext) {
    this.#context = context;
    const details = el(
      ...(['details', 'call', el('summary', '', this.#tool, this.#glance, this.#state)] as const),
      ...[el('p', 'label', 'Arguments'), this.#input, this.#progress.node],
      ...[el('p', 'label', 'Result'), this.#result],
    );
    this.#files = new FilesView(context);
    this.node = el('div', 'step use', this.#attempts.node, details, this.#files.node);
  }

  set(step: StepEntry): void {
    const before = this.#before;
    const changed = this.#attempts.set(step, this.#context.ended(step.step));
    if (step === before && !changed) return;
    this.#before = step;
    const { status, use, text, reasoning = '', failure } = step;
    const result = failure ? failureText(failure) : text;
    this.node.dataset['status'] = status;
    this.node.ariaBusy = String(status === 'running');
    setText(this.#tool, use?.tool ?? '');
    setText(this.#glance, result.slice(0, GLANCE_CHARS));
    setText(this.#state, stateOf(step) || 'done');
    setText(this.#input, use ? (use.malformed ?? JSON.stringify(use.input, null, 2)) : '');
    this.#progress.set(reasoning);
    setText(this.#result, result || 'None yet');
    this.#files.set(status === 'completed' ? filesIn(text) : []);
    if (before && status !== before.status && status !== 'completed') this.#context.announce(endOf(step));
  }
}
