/** Controls of a session: cancel and close. */
import { ConvokeError, isConvokeError } from '../contracts/index.ts';
import type { CancelReply, SessionRef } from '../contracts/index.ts';
import type { SessionCalls } from '../temporal/index.ts';
import { inSession } from './archived.ts';
import type { IsArchived } from './archived.ts';
import { ifInterrupted } from './reopen.ts';
import type { Reopen } from './reopen.ts';
import { cancelSchema, closeSchema } from './schemas/index.ts';
import { validate } from './validate.ts';

/** Each control and its answer. */
export interface Controls {
  /** Cancels a turn: the named one, otherwise the running one, otherwise the next. Throws `turn_not_found`, `session_closed`. */
  cancel: CancelReply;
  /** Closes the session; closing a closed session succeeds. */
  close: Record<string, never>;
}

export interface ControlDeps {
  readonly calls: SessionCalls;
  readonly isArchived: IsArchived;
  readonly reopen: Reopen;
}

type Handlers = {
  readonly [C in keyof Controls]: (deps: ControlDeps, ref: SessionRef, body: unknown) => Promise<Controls[C]>;
};

export const controls: Handlers = {
  async cancel({ calls, isArchived }, ref, body) {
    const { turn } = validate(cancelSchema, body);
    const reply = await ifInterrupted(inSession(isArchived, ref, calls.cancel(ref, turn)), (error) => {
      throw new ConvokeError('turn_not_found', error.message, { cause: error });
    });
    if (reply.status !== 'none') return reply;
    const detail =
      turn === undefined
        ? 'No turn is running or waiting; there is nothing to cancel.'
        : 'Pass the id of a turn of this session.';
    throw new ConvokeError('turn_not_found', detail);
  },
  async close({ calls, isArchived, reopen }, ref, body) {
    validate(closeSchema, body);
    const close = (): Promise<void> => inSession(isArchived, ref, calls.close(ref, 'requested'));
    try {
      // What waits in it is answered before it closes.
      await ifInterrupted(close(), () => reopen(ref).then(close));
    } catch (error) {
      if (!isConvokeError(error) || error.code !== 'session_closed') throw error;
    }
    return {};
  },
};
