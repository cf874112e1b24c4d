/** Calls to sessions, also to those that no workflow runs: what is stored of them answers questions, and everything else wakes them. */
import { ConvokeError, isConvokeError, RECOVERY, storedState } from '../contracts/index.ts';
import type {
  CancelRequest,
  EndedRun,
  Message,
  OpenApproval,
  Receipt,
  RosterChange,
  SessionInput,
  SessionRef,
  SessionState,
  StoredSession,
  Vote,
} from '../contracts/index.ts';
import { closedError, storedSummary } from '../temporal/index.ts';
import type { FoundSession, SessionCalls } from '../temporal/index.ts';
import { inTime } from '../log/index.ts';

/** What the archive has stored of a session; null: nothing, or it has gone on since. */
export type StoredOf = (ref: SessionRef) => Promise<StoredSession | null>;

/** A session may go to rest again, or be closed, between waking it and the call. */
const TRIES = 3;

/** Hibernated sessions, and stored ones that Temporal has forgotten, are like others to whoever calls. */
export function createStoredCalls(calls: SessionCalls, storedOf: StoredOf): SessionCalls {
  const late = (): Error => new ConvokeError('archive_unavailable');
  return new StoredCalls(calls, (ref) => inTime(storedOf(ref), RECOVERY.ingressDeadlineMs, late));
}

class StoredCalls implements SessionCalls {
  readonly #calls: SessionCalls;
  readonly #storedOf: StoredOf;

  constructor(calls: SessionCalls, storedOf: StoredOf) {
    this.#calls = calls;
    this.#storedOf = storedOf;
  }

  start(...given: Parameters<SessionCalls['start']>): ReturnType<SessionCalls['start']> {
    return this.#calls.start(...given);
  }

  async find(ref: SessionRef, deadline?: number): Promise<FoundSession | null> {
    const found = await this.#calls.find(ref, deadline);
    const session = found ? null : await this.#storedOf(ref);
    return session ? { summary: storedSummary(ref, session), requestHash: session.requestHash } : found;
  }

  send(ref: SessionRef, message: Message): Promise<void> {
    const send = (): Promise<void> => this.#calls.send(ref, message);
    return this.#orStored(ref, send, (session) => this.#wake(ref, session, message));
  }

  cancel(ref: SessionRef, request: CancelRequest): ReturnType<SessionCalls['cancel']> {
    return this.#awake(ref, () => this.#calls.cancel(ref, request));
  }

  wake(ref: SessionRef, turn: string | undefined): ReturnType<SessionCalls['wake']> {
    return this.#awake(ref, () => this.#calls.wake(ref, turn));
  }

  close(ref: SessionRef, reason: string): Promise<void> {
    return this.#awake(ref, () => this.#calls.close(ref, reason));
  }

  unschedule(ref: SessionRef, messageId: string): Promise<Receipt | null> {
    return this.#awake(ref, () => this.#calls.unschedule(ref, messageId));
  }

  members(ref: SessionRef, change: RosterChange): ReturnType<SessionCalls['members']> {
    return this.#awake(ref, () => this.#calls.members(ref, change));
  }

  vote(ref: SessionRef, vote: Vote): ReturnType<SessionCalls['vote']> {
    return this.#awake(ref, () => this.#calls.vote(ref, vote));
  }

  approvals(ref: SessionRef): Promise<readonly OpenApproval[]> {
    const ask = (): Promise<readonly OpenApproval[]> => this.#calls.approvals(ref);
    return this.#orStored(ref, ask, () => []);
  }

  interrupted(ref: SessionRef): Promise<EndedRun | null> {
    const ask = (): Promise<EndedRun | null> => this.#calls.interrupted(ref);
    return this.#orStored(ref, ask, () => null);
  }

  state(ref: SessionRef): Promise<SessionState> {
    const ask = (): Promise<SessionState> => this.#calls.state(ref);
    return this.#orStored(ref, ask, (session) => storedState(ref, session));
  }

  receipt(ref: SessionRef, messageId: string): Promise<Receipt | null> {
    const ask = (): Promise<Receipt | null> => this.#calls.receipt(ref, messageId);
    return this.#orStored(ref, ask, ({ carried: { receipts } }) => {
      return receipts.find((receipt) => receipt.messageId === messageId) ?? null;
    });
  }

  reopen(input: SessionInput, message?: Message): Promise<void> {
    return this.#calls.reopen(input, message);
  }

  resume(input: SessionInput, requestHash: string, message?: Message): Promise<void> {
    return this.#calls.resume(input, requestHash, message);
  }

  list(...given: Parameters<SessionCalls['list']>): ReturnType<SessionCalls['list']> {
    return this.#calls.list(...given);
  }

  /** The result of a call; of a session that no workflow runs, what `act` makes of it. */
  async #orStored<T>(
    ref: SessionRef,
    call: () => Promise<T>,
    act: (session: StoredSession) => T | Promise<T>,
  ): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!isAtRest(error)) throw error;
      const session = await this.#storedOf(ref);
      if (session) return act(session);
      if (error.code !== 'session_hibernated') throw error;
      // Somebody has just woken it, and it has gone on; or the archive is older than Temporal.
      return call().catch((again: unknown) => {
        throw isAtRest(again) && again.code === 'session_hibernated' ? notStored(again) : again;
      });
    }
  }

  /** The result of a call to a session that is woken for it. */
  #awake<T>(ref: SessionRef, call: () => Promise<T>, tries = TRIES): Promise<T> {
    return this.#orStored(ref, call, async (session) => {
      if (tries === 0) throw new ConvokeError('session_hibernated');
      await this.#wake(ref, session);
      return this.#awake(ref, call, tries - 1);
    });
  }

  async #wake({ tenant, session }: SessionRef, stored: StoredSession, message?: Message): Promise<void> {
    if (stored.status === 'closed') throw closedError();
    const input = { tenant, session, info: stored.info, resumes: 'wake' } as const;
    await this.#calls.resume(input, stored.requestHash, message);
  }
}

const NOT_STORED = 'It hibernates, and the archive has nothing that it could go on with.';

function notStored(cause: ConvokeError): ConvokeError {
  return new ConvokeError('session_not_stored', NOT_STORED, { cause });
}

function isAtRest(error: unknown): error is ConvokeError {
  return isConvokeError(error) && ['session_hibernated', 'session_not_found'].includes(error.code);
}
