/** What a process with many clients is told, and what it tells. */

export type Order =
  /** Clients of sessions by turns; of the product or of the bare engine. Answered by `told` once all follow. */
  | {
      readonly do: 'gather';
      readonly engine: 'product' | 'bare';
      readonly url: string;
      readonly sessions: readonly string[];
      readonly clients: number;
    }
  /** Whoever loses the connection comes back to this address, with its cursor, after a pause that is spread as the SDK's. */
  | { readonly do: 'return'; readonly url: string }
  /** Answered by `told` with what was noted since the last time. */
  | { readonly do: 'tell' }
  | { readonly do: 'leave' };

export interface Told {
  /** When each came back and had what it had missed, µs of the clock of all processes. */
  readonly back: readonly number[];
  /** How they came back. */
  readonly resumed: number;
  /** Lags of stamped tokens, ms: of each token the last client of this process. */
  readonly lags: readonly number[];
  /** Tokens that came in, at all clients. */
  readonly tokens: number;
  /** Gaps and repetitions of events that were seen. */
  readonly faults: number;
  readonly following: number;
}
