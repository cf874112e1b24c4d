/** The place of a turn among those of its tenant, of which so many run at a time (`runningTurns`): as who counts them tells who runs it. */
import type { SessionRef } from '../ids.ts';

/** Named by session and turn: every execution of a turn has the same place. */
export interface TurnRef extends SessionRef {
  readonly turn: string;
}

/** `since`: when it began to wait, ms since the Unix epoch; absent: it has not waited. */
export type Entered =
  | { readonly status: 'entered'; readonly since?: number }
  | {
      readonly status: 'waiting';
      readonly since: number;
      /** The limit, and how many run. */
      readonly most: number;
      readonly used: number;
      /** 1: the first in the line. */
      readonly place: number;
      /** When to ask again if nobody calls, ms. */
      readonly againInMs: number;
    };
