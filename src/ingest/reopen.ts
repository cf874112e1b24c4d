/** Reopens interrupted sessions: if the workflow was terminated, failed or timed out, the session continues in a new run, from log and archive. */
import { carryOver, isConvokeError, isUnmade, RECOVERY, sessionKey } from '../contracts/index.ts';
import type { ConvokeError, EndedRun, Message, SessionRef } from '../contracts/index.ts';
import { settleInterrupted } from '../log/index.ts';
import type { SettleDeps } from '../log/index.ts';
import { closedError } from '../temporal/index.ts';
import type { SessionCalls } from '../temporal/index.ts';

export interface ReopenDeps extends SettleDeps {
  readonly calls: SessionCalls;
}

/**
 * Starts a new run of the session, unless there already is one, and passes it the message. Messages that waited are answered first. Throws
 * `session_closed`, and for temporary failures `log_unavailable`, `archive_unavailable`, `temporal_unavailable`, `overloaded`.
 */
export type Reopen = (ref: SessionRef, message?: Message) => Promise<void>;

export function createReopen({ calls, ...deps }: ReopenDeps): Reopen {
  return async (ref, message) => {
    const run = await calls.interrupted(ref);
    if (!run) {
      if (message) await calls.send(ref, message);
      return;
    }
    if (isUnmade(run.interrupted.input)) return makeAgain(calls, run, message);
    const { events, head, closed } = await settleInterrupted(deps, ref, run);
    if (closed) throw closedError();
    const { info, interrupted } = run;
    const carried = carryOver(interrupted, events, { head, at: Date.now() });
    await calls.reopen({ tenant: ref.tenant, session: ref.session, info, carried }, message);
  };
}

/** A fork that had nothing of its parent yet begins anew. */
async function makeAgain(
  calls: SessionCalls,
  { interrupted: { input, arrived } }: EndedRun,
  message?: Message,
): Promise<void> {
  const [first, ...rest] = [...arrived, ...(message ? [message] : [])];
  await calls.reopen(input, first);
  for (const each of rest) await calls.send(input, each);
}

/**
 * Reopens a session that is full if nobody runs it: no message gets as far as to reopen it, and what waits would wait until its room expires.
 * Not waited for, and repeated when the next message is refused.
 */
export function createFullLook(reopen: Reopen): (ref: SessionRef) => void {
  /** When, oldest first; ms since the Unix epoch. */
  const looked = new Map<string, number>();
  return (ref) => {
    const now = Date.now();
    for (const [key, at] of looked) {
      if (now - at < RECOVERY.fullLookEveryMs) break;
      looked.delete(key);
    }
    const key = sessionKey(ref);
    if (looked.has(key)) return;
    looked.set(key, now);
    reopen(ref).catch(() => undefined);
  };
}

/** The result of a call to a session; if the session was interrupted, the result of `act`. */
export async function ifInterrupted<T>(
  call: Promise<T>,
  act: (error: ConvokeError) => T | Promise<T>,
): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!isConvokeError(error) || error.code !== 'session_interrupted') throw error;
    return act(error);
  }
}
