/** Stages, and why something waits in them. */

/** The four stages, as everywhere. */
export type Stage = 'ingest' | 'orchestrate' | 'execute' | 'deliver';

/**
 * Why something waited. `quota`: a limit of the tenant. `overload`: the engine took no more at that moment. `queue`: a running turn. `schedule`: its
 * time had not come. `worker`: no worker had it. `slot`: as many calls ran at the model's endpoint as may. `provider`: the model's endpoint.
 * `retry`: the pause before another attempt. `approval`, `person`: people. `engine`: Redis, the archive or Temporal. `client`: a connection.
 */
export type WaitReason =
  | 'quota'
  | 'overload'
  | 'queue'
  | 'schedule'
  | 'worker'
  | 'slot'
  | 'provider'
  | 'retry'
  | 'approval'
  | 'person'
  | 'engine'
  | 'client';

/** A wait that rides on the event that came after it. Times are ms since the Unix epoch. */
export interface Wait {
  readonly reason: WaitReason;
  readonly from: number;
  readonly until: number;
  /** Of the error table, if it was refused with one. */
  readonly code?: string;
  /** The limit of the tenant that refused it. */
  readonly limit?: string;
  /** How often; absent: once. */
  readonly times?: number;
  /** What a worker had to have, if it waited for one that has it. */
  readonly needs?: string;
}
