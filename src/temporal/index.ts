/** Temporal, as the rest of the engine sees it: calls to sessions, lists of sessions, what their workflows hold, and named errors. */
export { archivedTo } from './archived-to.ts';
export { createCodec, shownPayloads } from './codec.ts';
export { createTemporalErasure } from './erase.ts';
export type { TemporalErasure } from './erase.ts';
export { createOpenCount } from './count-open.ts';
export { ingressConnectionOptions } from './connect.ts';
export { closedError, ingressDeadline, notFoundError, temporalRefuses } from './errors.ts';
export { listInterrupted } from './list-interrupted.ts';
export type { InterruptedRun } from './list-interrupted.ts';
export { findSetUpFault, requireSetUp } from './set-up.ts';
export { createScheduleCalls } from './schedules.ts';
export type { ScheduleCalls, StoredSchedule } from './schedules.ts';
export { storedSummary } from './memo.ts';
export { createNudge } from './nudge.ts';
export { createScoring } from './scoring.ts';
export { createKnownEvents } from './known-events.ts';
export { createSessionCalls } from './session-calls.ts';
export type { FoundSession, SessionCalls } from './port.ts';
