/** Limits of tenants: what each has used, counted in Redis for all gateways and workers together. */
export { createBuckets } from './buckets.ts';
export type { Buckets, Taken } from './buckets.ts';
export { TenantConnections } from './connections.ts';
export { Fleet } from './fleet.ts';
export { LocalBuckets } from './local-buckets.ts';
export type { LimitsOf } from './limits-of.ts';
export { isMetered, Meter } from './meter.ts';
export type { Settle, Spending } from './meter.ts';
export { OpenSessions } from './open-sessions.ts';
export { RefusalCounts } from './refusals.ts';
export { RunningTurns } from './running-turns.ts';
export { tellWaits, TurnWaits } from './turn-waits.ts';
export type { TurnWait } from './turn-waits.ts';
export { createHolders, createWaiting } from './waiting.ts';
export { createUsage } from './usage.ts';
export { hasOperationRates, hasRates, rateLimited } from './wants.ts';
export type { Asked, Operation } from './wants.ts';
