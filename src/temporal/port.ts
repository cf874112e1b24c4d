/** The port of calls to the workflows of sessions. */
import type {
  CancelReply,
  CancelRequest,
  EndedRun,
  MemberRefusal,
  MembersReply,
  Message,
  OpenApproval,
  Receipt,
  RosterChange,
  SessionInfo,
  SessionInput,
  SessionPage,
  SessionRef,
  SessionState,
  SessionSummary,
  Vote,
  VoteRefusal,
  VoteReply,
  WakeReply,
} from '../contracts/index.ts';
import type { ListQuery } from './sessions-query.ts';

/** A session that Temporal knows. */
export interface FoundSession {
  readonly summary: SessionSummary;
  /** As it was passed to `start`. */
  readonly requestHash: string;
}

export interface StartRequest {
  readonly info: SessionInfo;
  /** Stored with the session, to compare later requests with. */
  readonly requestHash: string;
}

/** `started` is false if the session already exists; `found` is null if it has vanished in between. */
export type Started =
  | { readonly started: true; readonly summary: SessionSummary }
  | { readonly started: false; readonly found: FoundSession | null };

/** What needs a run of the workflow, or asks it, throws `session_hibernated` for a session that has none because nothing happened in it. */
export interface SessionCalls {
  /** Starts the workflow of a new session. `deadline`: when to give up, ms since the Unix epoch. */
  start(ref: SessionRef, request: StartRequest, deadline?: number): Promise<Started>;
  /** The newest run of the session's workflow; null if there is none. */
  find(ref: SessionRef, deadline?: number): Promise<FoundSession | null>;
  /** Passes a message on. Resolves once Temporal has persisted it. Throws `session_not_found`, `session_closed`, `session_interrupted`. */
  send(ref: SessionRef, message: Message): Promise<void>;
  /** Cancels a turn; absent: the running one, otherwise the next. Throws as `send`. */
  cancel(ref: SessionRef, request: CancelRequest): Promise<CancelReply>;
  /** Ends a sleep of the named turn; absent: of the running one. Throws as `send`. */
  wake(ref: SessionRef, turn: string | undefined): Promise<WakeReply>;
  /** Throws as `send`. */
  close(ref: SessionRef, reason: string): Promise<void>;
  /** Cancels a message for later; one that was delivered stays so. Null: there is no such message. Throws as `send`. */
  unschedule(ref: SessionRef, messageId: string): Promise<Receipt | null>;
  /** Changes the members. Throws as `send`. */
  members(ref: SessionRef, change: RosterChange): Promise<MembersReply | MemberRefusal>;
  /** Votes on an approval. Throws as `send`. */
  vote(ref: SessionRef, vote: Vote): Promise<VoteReply | VoteRefusal>;
  /** What people have to decide upon. Throws `session_not_found`. */
  approvals(ref: SessionRef): Promise<readonly OpenApproval[]>;
  /** What an interrupted session's workflow has left behind; null if it runs, or is closed. Throws `session_not_found`. */
  interrupted(ref: SessionRef): Promise<EndedRun | null>;
  /**
   * Goes on with an interrupted session in a new run, and hands it a message. If somebody else has begun one, that one gets the message, and
   * the input is not used. Throws `session_not_found`, `session_closed`.
   */
  reopen(input: SessionInput, message?: Message): Promise<void>;
  /**
   * Puts a session into a new run that goes on with what is stored of it (`input.resumes`), and hands it a message. If it runs, that run gets the
   * message, and the input is not used. `requestHash`: as it was passed to `start`.
   */
  resume(input: SessionInput, requestHash: string, message?: Message): Promise<void>;
  /** The session as its workflow sees it. Throws `session_not_found`. */
  state(ref: SessionRef): Promise<SessionState>;
  /**
   * The receipt of a message, as the workflow has it; null if it does not know the message. Those who ask while the session is being asked
   * wait for that, up to twice `answerDeadlineMs` in all, and are answered together. Throws `session_not_found`.
   */
  receipt(ref: SessionRef, messageId: string): Promise<Receipt | null>;
  /** The tenant's sessions, newest first; eventually consistent. Throws `invalid_cursor`. */
  list(tenant: string, query: ListQuery): Promise<SessionPage>;
}
