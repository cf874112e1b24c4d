/** A turn of the conversation, as far as it has been read. */
import { turnNumber, type LoggedEvent } from '../../src/contracts/index.ts';
import { comparePaths, type Line } from './line.ts';

/** What is known of a turn. */
export interface Turn {
  /** In no order. */
  messages: Line[];
  /** By path. */
  steps: Line[];
  /** Text of both, and of the steps alone, UTF-16 code units. */
  chars: number;
  stepChars: number;
  /** The messages that it answered when it started; null: its start has not been read. */
  opens: readonly string[] | null;
  /** The turns that were at work when it started. */
  unseen: readonly string[];
  /** How many of these messages have not been read. */
  lacks: number;
  /** A message that names this turn has been read. */
  accepted: boolean;
  /**
   * `ran`: it had started. `cancelled`: perhaps before it started. `void`: it never starts, or nothing of it is shown any more. `cause`: its
   * first message.
   */
  end: { readonly type: 'ran' | 'cancelled' | 'void'; readonly cause: string } | null;
}

export function emptyTurn(): Turn {
  return {
    messages: [],
    steps: [],
    chars: 0,
    stepChars: 0,
    opens: null,
    unseen: [],
    lacks: 0,
    accepted: false,
    end: null,
  };
}

/** True if it had started for certain. */
export function ran(turn: Turn): boolean {
  if (turn.end?.type === 'void') return false;
  return turn.opens !== null || turn.end?.type === 'ran' || turn.steps.length > 0;
}

/** `said`: the turn had started. `unsaid`: it never did, or nothing of it is shown. `unknown`: older events tell. */
export type Standing = 'said' | 'unsaid' | 'unknown';

/** `isWhole`: all events have been read. `has`: a line has been read. */
export function standingOf(
  turn: Turn | undefined,
  { isWhole, has }: { readonly isWhole: boolean; readonly has: (id: string) => boolean },
): Standing {
  if (turn?.end?.type === 'void') return 'unsaid';
  if (turn?.opens) return 'said';
  const started = turn !== undefined && ran(turn);
  if (isWhole) return started ? 'said' : 'unsaid';
  if (!turn || started) return 'unknown';
  // The first message comes before the start, which would have been read with it.
  const first = turn.end ? has(turn.end.cause) : turn.accepted;
  return first ? 'unsaid' : 'unknown';
}

/** The messages of a turn: those that opened it, then those that joined it. */
export function inOrder({ messages, opens }: Turn): readonly Line[] {
  if (messages.length < 2 || !opens) return messages;
  const place = new Map(opens.map((id, index) => [id, index]));
  const placeOf = ({ id }: Line): number => place.get(id) ?? opens.length;
  return messages.toSorted((a, b) => placeOf(a) - placeOf(b) || a.at - b.at || a.seq - b.seq);
}

/** Puts a line in its place. */
export function addTo(turn: Turn, line: Line): void {
  turn.chars += line.chars;
  if (line.kind === 'message') {
    turn.messages.push(line);
    return;
  }
  turn.stepChars += line.chars;
  const after = turn.steps.findLastIndex(({ id }) => comparePaths(id, line.id) < 0);
  turn.steps.splice(after + 1, 0, line);
}

/** Takes out the first steps of a turn if the last ones are enough to fill a window of `reach`; answers them. */
export function cutSteps(turn: Turn, reach: number, keep: ReadonlySet<string>): readonly Line[] {
  const cut: Line[] = [];
  if (turn.stepChars <= reach) return cut;
  for (const line of [...turn.steps]) {
    if (turn.stepChars - line.chars <= reach) break;
    if (keep.has(line.id)) continue;
    turn.steps.splice(turn.steps.indexOf(line), 1);
    turn.stepChars -= line.chars;
    turn.chars -= line.chars;
    cut.push(line);
  }
  return cut;
}

interface Reach {
  readonly running: number;
  readonly lowest: number;
  /** UTF-16 code units. */
  readonly reach: number;
}

/** The turn from which on those that the running one sees say more than `reach`; null: they do not, or what it sees has not been read. */
export function floorOf(turns: ReadonlyMap<number, Turn>, { running, lowest, reach }: Reach): number | null {
  const { opens, unseen } = turns.get(running) ?? emptyTurn();
  if (!opens) return null;
  const hidden = new Set(unseen.map(turnNumber));
  let chars = 0;
  for (let number = running - 1; number >= lowest; number -= 1) {
    const turn = turns.get(number);
    if (!turn || !ran(turn) || hidden.has(number)) continue;
    chars += turn.chars;
    if (chars > reach) return number;
  }
  return null;
}

/** Takes note of the event that ends the turn. Little more will come: its lists give back the room that they have kept for it. */
export function endTurn(turn: Turn, event: LoggedEvent): void {
  turn.end ??= { type: endOf(event), cause: event.cause ?? '' };
  turn.messages = [...turn.messages];
  turn.steps = [...turn.steps];
}

/** What the end of a turn says of it. */
function endOf(event: LoggedEvent): NonNullable<Turn['end']>['type'] {
  if (event.type === 'turn.merged') return 'void';
  if (event.type !== 'turn.cancelled') return 'ran';
  return event.data.rolledBack ? 'void' : 'cancelled';
}
