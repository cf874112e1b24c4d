/**
 * The port of the session log: short-lived, ordered, shared by every gateway and worker. It may lose everything at any moment; what is
 * accepted and answered lives in Temporal and the archive, from which a lost log is built anew (`recover.ts`).
 *
 * Invariants that every log keeps (proved by test/conformance/log.suite.ts)
 * 1. `seq` runs without a gap inside an epoch, from 1 or from the first event that the log was built from. An event is appended under its
 *    `id` at most once while the log retains it; the id of an event that was trimmed is new again. So `LIMITS.logBytes` must hold more than
 *    a session says while one call may still be repeated.
 * 2. Every write but a delta states a position its writer knows. If the log is missing, or is not as far (a lower head in that epoch, or an
 *    older epoch: a server that fell back), nothing is written and the answer is `lost` or `behind`. Epochs only grow, and an epoch ends with
 *    the server's life (a restart, a promoted replica: their newest events may be missing), so a position names one event for ever.
 * 3. Only the newest attempt of a step writes text, only at the current end of the text, and only until the step has ended.
 * 4. A step is open from its start to its end, and ends once: whoever ends it second gets the stored end.
 * 5. Repeating a call that was executed, but whose answer was lost, changes nothing and, unless others wrote meanwhile, gives the same answer.
 * 6. What waits in a session is never more than was admitted within the bounds, whoever admits at the same time.
 * 7. What a session holds is bounded: the oldest events are trimmed (the newest always stays), and all of it expires when nobody writes.
 */
import type {
  Delta,
  EventData,
  EventDraft,
  HeardNote,
  LoggedEvent,
  OpenStep,
  Placement,
  Position,
  SessionInfo,
  SessionNote,
  SessionRef,
  Usage,
} from '../contracts/index.ts';

/** The log is gone (`lost`), or its newest events are (`behind`): build it anew, then repeat the call. */
export interface Incomplete {
  readonly status: 'lost' | 'behind';
}

/**
 * The step, or for a `begin` its turn, has ended: `events` are the stored end of the step if it has one, then that of its turn if the turn
 * has ended.
 */
export interface Ended {
  readonly status: 'ended';
  readonly position: Position;
  /** Positions of the lead of a `begin`, but for the start of a step that cannot start in an ended turn; empty for a `commit`. */
  readonly placed: readonly Placement[];
  readonly events: readonly LoggedEvent[];
}

/** A newer attempt of the step has begun: stop. */
export interface Fenced {
  readonly status: 'fenced';
  readonly attempt: number;
}

export interface BeginInput {
  readonly known: Position;
  readonly turn: string;
  readonly step: string;
  readonly agent: string;
  /** Names this execution: the same owner that begins twice keeps its attempt, another one supersedes it. */
  readonly owner: string;
  /**
   * Fences: a lower order than that of the open attempt is refused. Grows with every execution of the step, across retries, activities and
   * runs; any integer up to 2^53. It does not enter the attempt's number. 0: no order known (local activities), the last to come wins.
   */
  readonly order: number;
  /**
   * The attempt given is the open one's number + 1, or this if it is more. Callers state what they know of earlier attempts (their own before
   * the log was built anew, their predecessors'), so that a writer that outlived a lost log cannot take the place of one that came after it.
   * 0: nothing known.
   */
  readonly atLeast: number;
  readonly lead: readonly EventDraft[];
  /** Why there is another attempt, and what the one before has cost, for `step.restarted`. */
  readonly reason: string;
  readonly usage?: Usage | undefined;
  /** Of `step.started` and `step.restarted`: the process that begins the attempt, and the pause before it. */
  readonly by?: string | undefined;
  readonly waits?: EventDraft['waits'];
  /** Of both, too; absent: there is none. */
  readonly trace?: string | undefined;
  /** Messages that wait no longer (consumed, refused, or sent twice): their room is given back. See `admit`. */
  readonly release?: readonly string[];
  readonly at: number;
  /** Return the retained events after this position (all of them if it is of another epoch), so that the caller can fold them. */
  readonly since: Position;
}

export interface Begun {
  readonly status: 'begun';
  readonly position: Position;
  readonly attempt: number;
  readonly placed: readonly Placement[];
  /** The `step.restarted` that opened this attempt, also when the call is repeated; null for a first attempt. */
  readonly restarted: LoggedEvent | null;
  /** Present if `since` was of another epoch. */
  readonly info: SessionInfo | null;
  readonly fresh: readonly LoggedEvent[];
}

/** `closed`: the step is not open any more (ended, or the log was built anew without it): begin again to learn which. */
export type DeltaReply =
  | { readonly status: 'ok' }
  /** The log's text ends here: send the rest from this offset. 0: it wants the whole text, also if it has some of it. */
  | { readonly status: 'offset'; readonly offset: number }
  | { readonly status: 'closed' }
  | Fenced
  | Incomplete;

export interface CommitInput {
  readonly known: Position;
  readonly step: string;
  readonly attempt: number;
  /** The step's end, then the turn's if the turn ends with it. */
  readonly ends: readonly EventDraft[];
  /** Along with the turn's end: ends what its team, or an earlier execution of it, has left open. */
  readonly closes?: Closing;
}

export interface Appended {
  readonly status: 'ok';
  readonly position: Position;
  /** Positions of the drafts, also of those that had been appended before. */
  readonly placed: readonly Placement[];
  /**
   * Every end of a step or a turn among the drafts, as the log holds it (another writer may have been first, or its text was put in), and
   * every end that closing the turn has made, by this call or by the same call before.
   */
  readonly events: readonly LoggedEvent[];
}

type EndOf<T extends 'step.cancelled' | 'step.failed'> = Pick<
  Extract<EventDraft, { type: T }>,
  'type' | 'at' | 'cause' | 'trace' | 'stamps'
> & { readonly data: Omit<EventData[T], 'text' | 'reasoning'> };

/** Ends what is open in a turn: each open step gets this end, with its own id, agent, attempt, text and reasoning. */
export interface Closing {
  readonly turn: string;
  /** Only this one; if it has ended before, its end is told. */
  readonly step?: string;
  readonly end: EndOf<'step.cancelled'> | EndOf<'step.failed'>;
}

export interface AppendInput {
  readonly known: Position;
  readonly drafts: readonly EventDraft[];
  /** Carried out, in the order in which the steps were opened, before the draft that ends the turn, or else after the last draft. */
  readonly closes?: Closing;
  /** Messages that wait no longer (consumed, refused, or sent twice): their room is given back. See `admit`. */
  readonly release?: readonly string[];
}

/** An open step as the log holds it. */
export interface OpenLogStep extends OpenStep {
  readonly turn: string;
  readonly agent: string;
}

/** What a reader gets in one consistent piece. */
export interface LogSlice {
  readonly position: Position;
  /** Lowest seq still in the log; `position.seq + 1` if it is empty. */
  readonly first: number;
  /** As the log was created with it, and `roster` by the newest `session.members` that was appended since. */
  readonly info: SessionInfo;
  readonly events: readonly LoggedEvent[];
  /** Steps that an attempt has begun and nobody has ended, in the order of their opening. */
  readonly open: readonly OpenLogStep[];
}

export interface RebuildInput {
  /** The position that the caller saw; null: no log. A log that is further than that stays as it is: another caller was first. */
  readonly expected: Position | null;
  /** The least epoch that the new log gets. */
  readonly epoch: number;
  readonly info: SessionInfo;
  /** Contiguous, in order. */
  readonly events: readonly LoggedEvent[];
  /** `step.started` of each step that has not ended: it stays open, and an attempt of it must begin before it speaks. */
  readonly started?: readonly EventDraft[];
  /** The messages that wait: their room counts again. */
  readonly waiting?: readonly AdmitInput[];
}

export interface AdmitInput {
  readonly messageId: string;
  /** UTF-8 bytes of the message's JSON, as it will wait. */
  readonly bytes: number;
  /** Of its sender and content, without spaces; absent: any message of this id is the same. */
  readonly digest?: string;
  /** Messages that may wait; default `LIMITS.inboxMessages`. */
  readonly most?: number;
  /** Of that, and of the room in bytes and signals, what may be taken with it; default 1. */
  readonly share?: number;
}

/**
 * `ok`: it has room. `told`: so it has, and the log tells of a message for later under its id. `held`: the log holds it, so the workflow has it. `again`: it has room, and was sent `LIMITS.messageSends` times without
 * the log having heard of it. `other`: one of another digest has its id. `full`: what waits already, so many messages of so many bytes.
 */
export type Admission =
  | { readonly status: 'ok' | 'told' | 'held' | 'again' | 'other' }
  | { readonly status: 'full'; readonly messages: number; readonly bytes: number };

/** What a follower hears. Notices can be lost: check `seq`, and `heads` now and then. A listener must not throw. */
export interface LogListener {
  event(epoch: number, event: LoggedEvent): void;
  delta(epoch: number, delta: Delta): void;
  /** A new epoch has begun: what was heard before may be incomplete. */
  epoch(epoch: number): void;
  /** Something beside the log. It has no position, and nothing tells of one that was missed. Absent: it is of no interest. */
  note?(note: HeardNote): void;
  /** The connection was lost and is back: anything may have been missed. */
  reconnected(): void;
}

/** What of a log is read. */
export interface LogQuery {
  /** Events after this seq, oldest first; absent: the newest. */
  readonly after?: number;
  /** Events at most. */
  readonly limit: number;
  /** With `after`: no more once those that were read have so many bytes of JSON. */
  readonly bytes?: number;
}

export interface SessionLog {
  /**
   * Takes room for a message among those that wait in its session, at most `LIMITS.inboxMessages` of `LIMITS.inboxBytes`, before it is
   * signalled. A message that has room already, or that the log holds, takes none. Room is given back by `release` (here, or with a write),
   * after `LIMITS.inboxTtlMs`, and with the server's data: the workflow keeps the same bound for itself.
   */
  admit(ref: SessionRef, input: AdmitInput): Promise<Admission>;
  /** The `seq` of the event with this id; null: the log has none. */
  placeOf(ref: SessionRef, id: string): Promise<number | null>;
  /** Gives back the room of messages that were not signalled after all. */
  release(ref: SessionRef, messageIds: readonly string[]): Promise<void>;
  /** Opens an attempt of a step: appends `lead`, fences older attempts. In a turn that has ended no step begins: `ended`. */
  begin(ref: SessionRef, input: BeginInput): Promise<Begun | Ended | Fenced | Incomplete>;
  /**
   * Appends to the text of an open step, or to its reasoning, which has offsets of its own. `offset` counts UTF-16 units. A text must not
   * end inside a surrogate pair: a half becomes U+FFFD. What the log has already is `ok`; a text that begins before its end and reaches
   * beyond it is told the end and is not taken.
   */
  delta(ref: SessionRef, delta: Omit<Delta, 'session'>): Promise<DeltaReply>;
  /** Ends a step; of the newest attempt, and before anybody else has. A failure without a text gets what the step has said. */
  commit(
    ref: SessionRef,
    input: CommitInput,
  ): Promise<Ended | Fenced | Incomplete | { readonly status: 'closed' }>;
  /**
   * Appends facts; ends of steps among them close these steps. A cancelled or failed end without a text gets the text and the reasoning
   * that the step has. `session.created` from a writer that knows no position creates the log.
   */
  append(ref: SessionRef, input: AppendInput): Promise<Appended | Incomplete>;
  /** Null: there is no log. */
  read(ref: SessionRef, query: LogQuery): Promise<LogSlice | null>;
  /** Replaces the log by a new epoch if it is still as expected; answers the position that the log has afterwards. */
  rebuild(ref: SessionRef, input: RebuildInput): Promise<Position>;
  /** Positions of many logs in one round trip. */
  heads(refs: readonly SessionRef[]): Promise<readonly (Position | null)[]>;
  /** Tells whoever hears the log at this moment; nothing is kept. */
  tell(ref: SessionRef, note: SessionNote): Promise<void>;
  /** Hears the log until the returned function is called. Resolves once nothing appended later can be missed. */
  subscribe(ref: SessionRef, listener: LogListener): Promise<() => Promise<void>>;
}
