/** What people, applications and scorers say of a turn or a step. */

/** What is said: at least one of the four, or that it is taken back. */
export interface Verdict {
  readonly thumb?: 'up' | 'down';
  /** 0 (worst) to 1 (best). */
  readonly score?: number;
  /** An id: `wrong-tool`. */
  readonly label?: string;
  readonly comment?: string;
  /** What its giver has said of this turn or step before is taken back. */
  readonly retracted?: true;
}

/** One's feedback on a turn, or on a step of it; giving it again replaces it. */
export interface Feedback extends Verdict {
  readonly turn: string;
  /** Absent: on the whole turn. */
  readonly step?: string;
  /** The subject of a session token, who a key says it is, `application`, or `scorer:NAME`. */
  readonly by: string;
  /** Only its giver, keys, and tokens with the scope `operate` are told. */
  readonly private?: true;
}

/** Body of `POST /v1/sessions/{id}/feedback`. */
export interface FeedbackRequest extends Verdict {
  readonly turn: string;
  readonly step?: string;
  /** Names this feedback: a repeat takes effect once. Absent: each request counts. */
  readonly feedbackId?: string;
  /** Who gives it, if it comes with a key. */
  readonly from?: string;
  readonly private?: true;
}

/** The feedback is persisted; the event `feedback.given` follows. */
export interface FeedbackReply {
  readonly session: string;
  readonly turn: string;
  readonly by: string;
  readonly status: 'accepted';
}

/** Feedback is handed to a session as a message on this channel, which starts no turn. */
export const FEEDBACK_CHANNEL = 'feedback';
/** In the place of a name, if a key does not say for whom. */
export const APPLICATION = 'application';

/** `at`: ms since the Unix epoch. */
export interface GivenFeedback extends Feedback {
  readonly at: number;
}
