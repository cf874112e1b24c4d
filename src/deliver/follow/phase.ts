/** What a follower is doing. */

/** The replica may be behind the log: notices wait while it catches up. There is one object per occurrence. */
export interface Behind {
  readonly is: 'behind';
  /** The read that is in progress; everybody who needs one shares it. */
  pass: Promise<void> | null;
  /** Ends the backoff between two attempts. */
  rest: AbortController;
}

export type Phase =
  /** The replica is being made; notices wait. */
  | { readonly is: 'starting' }
  /** Notices go straight into the replica. */
  | { readonly is: 'live' }
  | Behind
  | { readonly is: 'stopped' };
