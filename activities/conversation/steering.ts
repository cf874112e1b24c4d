import { endsTurn, turnNumber, type LoggedEvent } from '../../src/contracts/index.ts';

/** A message that is to join a turn; `turn`: its own, which does not start then; `seq`: its place in the log; `trace`: its own, if it has one. */
export interface Steering {
  readonly id: string;
  readonly turn: string;
  readonly seq: number;
  readonly trace?: string;
}

/** The messages that are to join a turn, or have joined it, until that turn ends. Bounded by what may wait in a session. */
export class SteeringMessages {
  /** By the number of the turn that they are to join, in the order in which they came. */
  readonly #byTurn: Map<number, Steering[]>;

  constructor(byTurn: ReadonlyMap<number, readonly Steering[]> = new Map()) {
    this.#byTurn = new Map([...byTurn].map(([turn, list]) => [turn, [...list]]));
  }

  of(turn: number): readonly Steering[] {
    return this.#byTurn.get(turn) ?? [];
  }

  /** `hasEnded`: older events are read after newer ones. */
  note(event: LoggedEvent, hasEnded: (turn: number) => boolean): void {
    if (event.type === 'message.accepted' && event.data.steers !== undefined) {
      const turn = turnNumber(event.data.steers);
      const { messageId: id } = event.data;
      const list = this.of(turn);
      if (hasEnded(turn) || list.some((each) => each.id === id)) return;
      const { seq, trace } = event;
      const its = { id, turn: event.turn ?? '', seq, ...(trace !== undefined && { trace }) };
      this.#byTurn.set(turn, [...list, its]);
    } else if (endsTurn(event.type)) this.#byTurn.delete(turnNumber(event.turn ?? ''));
  }

  clear(): void {
    this.#byTurn.clear();
  }

  copy(): SteeringMessages {
    return new SteeringMessages(this.#byTurn);
  }
}
