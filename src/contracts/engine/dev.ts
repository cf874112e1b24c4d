/** What the supervisor of `convoke dev` and its gateways tell each other, over the channel that Node gives to a parent and its child. */

/** A process of a development stack. */
export interface DevProcess {
  readonly name: string;
  readonly kind: 'temporal' | 'redis' | 'worker' | 'gateway';
  /** Since when it has been ready, ms since the Unix epoch; absent: it is not. */
  readonly since?: number;
  /** How long it was away the last time, ms. */
  readonly backAfterMs?: number;
}

/** To a gateway: all processes, whenever one of them has changed. */
export interface DevNews {
  readonly convoke: 'processes';
  readonly processes: readonly DevProcess[];
}

/** To the supervisor: a gateway wants to be told, or asks to have a process killed. */
export type DevRequest = { readonly convoke: 'watch' } | { readonly convoke: 'kill'; readonly name: string };
