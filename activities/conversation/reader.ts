/**
 * The one reader of a session's past: the log first, then the archive, then the workflow, which holds what neither has. It knows whether what
 * it answers is complete.
 */
import {
  ConvokeError,
  type EventDraft,
  type KnownEvents,
  type LoggedEvent,
  type Position,
  type SessionRef,
} from '../../src/contracts/index.ts';
import type { SessionLog, SessionSource } from '../../src/log/index.ts';

export interface ConversationAccess {
  readonly log: SessionLog;
  readonly source: SessionSource;
}

/** All that happened from `from` on, up to where it was asked for. */
export interface Piece {
  readonly from: number;
  readonly events: readonly LoggedEvent[];
  /** Positions whose events nobody knows but an activity that has not reported yet. */
  readonly unknown: number;
}

/** After everything: where reading back begins if there is no log. */
const END = Number.MAX_SAFE_INTEGER;

/** Events that are asked of the log at a time; all together they are at most `LIMITS.logBytes`. */
const LOG_PIECE = 500;

/** Events that are asked of the archive at a time: each may be as long as a step, most are short. */
const ARCHIVE_PIECE = { least: 32, most: 128, chars: 64 * 1024 };

/** Reads a session backwards once. */
export class Reader {
  readonly #access: ConversationAccess;
  readonly #ref: SessionRef;
  /** First seq of the log as this reader has seen it; Infinity: there is no log. */
  #logFirst = 0;
  #known: KnownEvents | null | undefined;
  #limit = ARCHIVE_PIECE.least;

  constructor(access: ConversationAccess, ref: SessionRef) {
    this.#access = access;
    this.#ref = ref;
  }

  /** The position of the log; of a log that is lost, one after everything. */
  async head(): Promise<Position> {
    const slice = await this.#access.log.read(this.#ref, { limit: 1 });
    return slice?.position ?? { epoch: 0, seq: END - 1 };
  }

  /**
   * What comes right before `below` in the log of this epoch; null: the log has another epoch by now. Throws what log, archive and workflow
   * throw, and `context_incomplete` if none of them has it.
   */
  async before(below: number, epoch: number): Promise<Piece | null> {
    if (below > this.#logFirst && epoch !== 0) {
      const after = Math.max(0, below - 1 - LOG_PIECE);
      const slice = await this.#access.log.read(this.#ref, { after, limit: LOG_PIECE });
      if (slice && slice.position.epoch !== epoch) return null;
      this.#logFirst = slice?.first ?? Infinity;
      const events = (slice?.events ?? []).filter(({ seq }) => seq < below);
      if (events[0]) return { from: events[0].seq, events, unknown: 0 };
    }
    return (await this.#archived(below)) ?? (await this.#held(below));
  }

  /** What the workflow holds. Asked at most once; throws what the source throws. */
  async held(): Promise<readonly LoggedEvent[]> {
    const known = await this.#ask();
    return known ? [...known.events, ...waiting(known.pending, known.known.seq)] : [];
  }

  async #ask(): Promise<KnownEvents | null> {
    this.#known ??= await this.#access.source.known(this.#ref);
    return this.#known;
  }

  /** Null if the archive does not reach up to there. */
  async #archived(below: number): Promise<Piece | null> {
    const upTo = below - 1;
    if (below === END) return null;
    const found = await this.#access.source.archived(this.#ref, upTo, this.#limit);
    let first = found.length;
    while (first > 0 && found[first - 1]?.seq === upTo - (found.length - first)) first -= 1;
    const events = found.slice(first);
    if (!events[0]) return null;
    const chars = events.reduce((sum, event) => sum + textOf(event), 0);
    this.#limit = chars < ARCHIVE_PIECE.chars ? ARCHIVE_PIECE.most : ARCHIVE_PIECE.least;
    return { from: events[0].seq, events, unknown: 0 };
  }

  /** All that the workflow holds, so everything after `archivedTo`. */
  async #held(below: number): Promise<Piece> {
    const before = this.#known;
    const known = await this.#ask();
    const from = (known?.archivedTo ?? Infinity) + 1;
    if (!known || from >= below) {
      // The archive may have got it while the workflow was asked.
      const piece = before ? null : await this.#archived(below);
      if (piece) return piece;
      throw new ConvokeError('context_incomplete', `Event ${below - 1} is nowhere to be found.`);
    }
    const top = below === END ? known.known.seq : below - 1;
    const there = known.events.filter(({ seq }) => seq >= from && seq <= top).length;
    return { from, events: await this.held(), unknown: top + 1 - from - there };
  }
}

/** Facts of the workflow that the log may hold at a position which the workflow has not heard of. */
function waiting(drafts: readonly EventDraft[], seq: number): readonly LoggedEvent[] {
  return drafts
    .filter(({ type }) => type === 'message.accepted' || type === 'turn.started')
    .map((draft) => ({ ...draft, seq }));
}

/** Most of the text of an event, UTF-16 code units. */
function textOf(event: LoggedEvent): number {
  if (event.type === 'message.accepted') return JSON.stringify(event.data.parts).length;
  return 'text' in event.data ? event.data.text.length : 0;
}
