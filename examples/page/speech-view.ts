/** What one agent says and does in a row: its name and face, then its steps. */
import type { StepEntry, ToolCall } from '../../src/contracts/public.ts';
import { CallView } from './call-view.ts';
import type { Speech } from './blocks.ts';
import { el, KeyedList, setText } from './dom.ts';
import { SaidView } from './step-view.ts';
import type { StepContext } from './step-view.ts';
import { clock, stateOf } from './words.ts';

/** Colours that the style has; a team with more speakers begins again. */
const COLOURS = 8;

export interface SpeechContext extends StepContext {
  /** A number for each speaker, in the order in which they appeared. */
  colour(agent: string): number;
}

/** What this step asked of others that is no step itself. */
function handedBy({ step, calls = [] }: StepEntry, all: ReadonlySet<string>): readonly ToolCall[] {
  return calls.filter((_, index) => !all.has(`${step}.c${index + 1}`));
}

export class SpeechView {
  readonly node: HTMLElement;
  readonly #face = el('span', 'face');
  readonly #name = el('strong', 'name');
  readonly #time = el('time', 'time');
  readonly #state = el('span', 'state');
  readonly #steps: KeyedList<SaidView | CallView>;
  readonly #context: SpeechContext;

  constructor(context: SpeechContext) {
    this.#context = context;
    const steps = el('div', 'steps');
    this.#steps = new KeyedList<SaidView | CallView>(steps);
    this.#face.ariaHidden = 'true';
    const head = el('p', 'speaker', this.#name, this.#time, this.#state);
    this.node = el('article', 'speech', this.#face, head, steps);
  }

  set({ agent, steps }: Speech): void {
    const [first] = steps;
    const last = steps.at(-1);
    if (!first || !last) return;
    setText(this.#name, agent);
    setText(this.#face, Array.from(agent)[0]?.toUpperCase() ?? '?');
    setText(this.#time, clock(first.at));
    this.#time.dateTime = new Date(first.at).toISOString();
    setText(this.#state, last.use && last.status === 'completed' ? '' : stateOf(last));
    this.node.dataset['colour'] = String(this.#context.colour(agent) % COLOURS);
    this.node.dataset['status'] = last.status;
    this.node.ariaLabel = agent;
    const names = new Set(steps.map(({ step }) => step));
    const views = this.#steps.set(
      steps.map(({ step }) => step),
      (key) =>
        steps.find(({ step }) => step === key)?.use
          ? new CallView(this.#context)
          : new SaidView(this.#context),
    );
    views.forEach((view, index) => {
      const step = steps[index];
      if (!step) return;
      if (view instanceof CallView) view.set(step);
      else view.set(step, handedBy(step, names));
    });
  }
}
