/** Facts of a running turn, as `FakeTurn` tells them. */
import { endsTurn, eventId, reason, type Closing, type EventDraft } from '../../../src/contracts/index.ts';

interface Joined {
  readonly message: string;
  /** Its own turn, which does not start. */
  readonly turn: string;
  readonly into: string;
  readonly at: number;
}

export function joined({ message, turn, into, at }: Joined): EventDraft {
  const data = { into, messageIds: [message], reason: reason('joined') };
  return { id: eventId.turnEnded(turn), type: 'turn.merged', at, turn, cause: message, data };
}

/** The end of the turn, if it is among these, ends what is open in it. */
export function closing(turn: string, drafts: readonly EventDraft[]): { readonly closes?: Closing } {
  const ends = drafts.some((each) => each.turn === turn && endsTurn(each.type));
  return ends ? { closes: { turn, type: 'step.cancelled', data: { reason: 'over' } } } : {};
}
