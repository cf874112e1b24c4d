/** Ingest: the one door into the engine, and the schemas that describe it. */
export { createAdministration } from './administration.ts';
export type { Administration } from './administration.ts';
export { bearerToken, createAuthenticator } from './authenticate.ts';
export type { Authenticator } from './authenticate.ts';
export { Arrivals } from './arrivals.ts';
export { createAdmission } from './admit.ts';
export type { Admission } from './admit.ts';
export { createEraser } from './erase.ts';
export type { Eraser, ErasureReply } from './erase.ts';
export { createIntake } from './intake.ts';
export { WayIn } from './way-in.ts';
export type { Intake } from './intake.ts';
export { invalidAt } from './json-guard.ts';
export { limited } from './admit-limited.ts';
export { Rates } from './rates.ts';
export { shedding } from './shed.ts';
export { createNotes } from './notes.ts';
export type { Arrival, Notes } from './notes.ts';
export type { LimitsFile } from './schemas/index.ts';
export {
  approvalIdSchema,
  auditQuerySchema,
  keysQuerySchema,
  newKeySchema,
  newTenantSchema,
  revocationSchema,
  revocationsQuerySchema,
  rotationSchema,
  tenantChangeSchema,
  tenantsQuerySchema,
  subscribeSchema,
  tokenSchema,
  wakeSchema,
  cancelSchema,
  eventsQuerySchema,
  feedbackSchema,
  forkSchema,
  idempotencyKeySchema,
  idSchema,
  limitsFileSchema,
  membersSchema,
  openSchema,
  kickSchema,
  publishSchema,
  readSchema,
  receiptSchema,
  scheduleSchema,
  schedulesQuerySchema,
  sendSchema,
  sessionSchema,
  renewSchema,
  sessionsQuerySchema,
  streamQuerySchema,
  voteSchema,
} from './schemas/index.ts';
export { sentenceOf } from './sentences.ts';
export { derivedId, ownerOf, placeOf, positionOf, takeSession, validate } from './validate.ts';
export { createSchedules } from './schedules.ts';
export type { Controls } from './control.ts';
export type { Schedules } from './schedules.ts';
export { createStoredCalls } from './stored.ts';
export { createReopen } from './reopen.ts';
