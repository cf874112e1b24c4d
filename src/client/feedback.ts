/**
 * Feedback on turns and steps: `feedbackOf(session).give({ turn: 't1', thumb: 'up' })`. An entry of its own (`@convoke/client/feedback`), so that
 * a page without it does not load it.
 */
import type {
  FeedbackReply,
  FeedbackRequest,
  GivenFeedback,
  SessionView,
  SocketRequests,
} from '../contracts/public.ts';
import type { Beside, BesideRequest } from './beside.ts';
import { pause, randomId, retryDelay } from './timing.ts';

/** A `Session`, as far as it is needed here. */
export interface Rated {
  readonly view: SessionView | null;
  tell<N extends BesideRequest>(name: N, what: Beside<N>): Promise<SocketRequests[N]['reply']>;
}

/** How often it is sent before it is given up. */
const ATTEMPTS = 5;

export interface SessionFeedback {
  /**
   * Gives feedback on a turn, or on a step of it; it replaces what the same giver has said of it before. Sent again if the answer is lost, and
   * counts once. Throws `turn_not_found`, `step_not_found`, `invalid_request`, `forbidden`, `session_closed`, and `offline` after five attempts.
   */
  give(feedback: FeedbackRequest): Promise<FeedbackReply>;
  /** Takes it back. Throws as `give`. */
  retract(target: Pick<FeedbackRequest, 'turn' | 'step' | 'from'>): Promise<FeedbackReply>;
  /** What is said of a turn and its steps, as it is known here; the session's event `view` tells of changes. Private feedback is not among it. */
  of(turn: string): readonly GivenFeedback[];
}

export function feedbackOf(session: Rated): SessionFeedback {
  const give = async (feedback: FeedbackRequest): Promise<FeedbackReply> => {
    const named = { feedbackId: randomId(), ...feedback };
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await session.tell('feedback', named);
      } catch (error) {
        const delay = attempt < ATTEMPTS ? retryDelay(error, attempt) : null;
        if (delay === null) throw error;
        await pause(delay);
      }
    }
  };
  return {
    give,
    retract: (target) => give({ ...target, retracted: true }),
    of: (turn) => (session.view?.feedback ?? []).filter((each) => each.turn === turn),
  };
}
