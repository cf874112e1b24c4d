/** Questions of a team to people: each can be answered here. */
import type { Question } from '../../src/contracts/public.ts';
import { el, KeyedList, part, setText } from './dom.ts';
import { clock } from './words.ts';

/** Answers a question in the name of whoever was asked. */
type Answer = (question: Question, text: string) => void;

class QuestionView {
  readonly node: HTMLFormElement;
  readonly #title = el('span');
  readonly #text = el('p', 'text');
  readonly #until = el('p', 'time');
  #question: Question | null = null;

  constructor(answer: Answer) {
    const input = el('input');
    input.required = true;
    input.autocomplete = 'off';
    const button = el('button', 'strong', 'Answer');
    const field = el('label', 'name', this.#title, input);
    this.node = el('form', 'question', this.#text, field, button, this.#until);
    this.node.addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.#question && input.value.trim() !== '') answer(this.#question, input.value.trim());
    });
  }

  set(question: Question): void {
    this.#question = question;
    setText(this.#text, question.text);
    setText(this.#title, `${question.name} is asked`);
    setText(this.#until, `Without an answer it goes on at ${clock(question.until)}.`);
  }
}

export class QuestionsView {
  readonly #list = new KeyedList<QuestionView>(part('questions', HTMLElement));
  readonly #answer: Answer;
  #shown: readonly Question[] = [];

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  set(questions: readonly Question[]): void {
    if (questions === this.#shown) return;
    this.#shown = questions;
    const views = this.#list.set(
      questions.map(({ question }) => question),
      () => new QuestionView(this.#answer),
    );
    views.forEach((view, index) => {
      const question = questions[index];
      if (question) view.set(question);
    });
  }
}
