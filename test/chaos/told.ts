/** What one client is told of a session, every event, delta and view, and what the log says to it in the end. */
import { expect } from '@jest/globals';
import type { Session, TurnPiece } from '../../src/client/index.ts';
import { endsStep, isAfter, openSteps, START } from '../../src/contracts/index.ts';
import type { Delta, Position, SessionEvent, SessionView } from '../../src/contracts/index.ts';
import { expectOrdered } from '../e2e/scene.ts';

/** The log of a session, read without a gateway: its events, and the view that they make. */
export interface Truth {
  readonly events: readonly SessionEvent[];
  readonly view: SessionView;
  /** What an agent says in every step, if nothing goes wrong. */
  readonly speech: (agent: string) => string;
}

interface Said {
  readonly step: string;
  readonly attempt: number;
  readonly text: string;
}

export class Told {
  readonly session: Session;
  readonly #events: SessionEvent[] = [];
  readonly #snapshots: Position[] = [];
  /** Of each step the newest attempt and its text, as deltas and views have it. */
  readonly #have = new Map<string, Said>();
  /** Of each attempt of a step all that was ever told. */
  readonly #said = new Map<string, Said>();
  /** The first thing that was wrong by itself. */
  #fault: string | null = null;
  #at = START;

  constructor(session: Session) {
    this.session = session;
    const { view } = session;
    if (view) this.#replaced(view);
    session.on('event', (event) => this.#event(event));
    session.on('delta', (delta) => this.#delta(delta));
    session.on('reset', (reset) => this.#replaced(reset));
    session.on('view', (next) => this.#view(next));
  }

  get counts(): { readonly events: number; readonly snapshots: number; readonly attempts: number } {
    return {
      ...{ events: this.#events.length, snapshots: this.#snapshots.length, attempts: this.#said.size },
    };
  }

  /** All that was told is true, in order, and once. */
  check({ events, speech }: Truth): void {
    expect(this.#fault).toBeNull();
    expectOrdered({ events: this.#events, snapshots: this.#snapshots });
    for (const event of this.#events) expect(event).toEqual(events[event.seq - 1]);
    const agents = new Map(events.map(({ step, agent }) => [step, agent ?? '']));
    for (const { step, text } of this.#said.values()) {
      const whole = speech(agents.get(step) ?? '');
      expect(`${step}: ${text}`).toBe(`${step}: ${whole.slice(0, text.length)}`);
    }
  }

  #wrong(what: string): void {
    this.#fault ??= what;
  }

  #event(event: SessionEvent): void {
    this.#events.push(event);
    const { step, attempt = 1 } = event;
    if (step === undefined) return;
    if (event.type === 'step.restarted') this.#keep({ step, attempt, text: '' });
    if (endsStep(event.type)) this.#have.delete(step);
  }

  #delta({ step, attempt, offset, text }: Delta): void {
    const before = this.#have.get(step);
    if (before && before.attempt > attempt) this.#wrong(`${step} goes back to attempt ${attempt}`);
    const have = before?.attempt === attempt ? before.text : '';
    if (offset !== have.length) this.#wrong(`${step} goes on at ${offset}, not at ${have.length}`);
    this.#keep({ step, attempt, text: have + text });
  }

  #keep(said: Said): void {
    const before = this.#have.get(said.step);
    if (before?.attempt === said.attempt && !said.text.startsWith(before.text)) return;
    this.#have.set(said.step, said);
    this.#said.set(`${said.step}/${said.attempt}`, said);
  }

  #replaced(view: SessionView): void {
    this.#snapshots.push(view.position);
    this.#have.clear();
    for (const { step, attempt, text } of openSteps(view)) this.#keep({ step, attempt, text });
  }

  #view(view: SessionView): void {
    if (this.#at === START && this.#snapshots.length === 0) this.#replaced(view);
    if (isAfter(this.#at, view.position)) this.#wrong(`the view goes back to ${view.position.seq}`);
    this.#at = view.position;
    for (const { step, attempt, text } of openSteps(view)) {
      const have = this.#have.get(step);
      if (have?.attempt === attempt && have.text !== text)
        this.#wrong(`${step} shows "${text}", and was told "${have.text}"`);
    }
  }
}

/** The texts of a turn by its pieces: what was withdrawn is gone. */
export function heardIn(pieces: readonly TurnPiece[]): ReadonlyMap<string, string> {
  const heard = new Map<string, string>();
  for (const piece of pieces) {
    if (piece.type === 'withdrawn') heard.delete(piece.step);
    if (piece.type === 'text') heard.set(piece.step, (heard.get(piece.step) ?? '') + piece.text);
  }
  return heard;
}

/** The texts of a turn by the log. */
export function saidIn(events: readonly SessionEvent[], turn: string): ReadonlyMap<string, string> {
  const ends = events.filter((event) => event.turn === turn && endsStep(event.type));
  const texts = ends.map(({ step = '', data }): [string, string] => [step, 'text' in data ? data.text : '']);
  return new Map(texts.filter(([, text]) => text !== ''));
}
