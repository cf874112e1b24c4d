/** Schemas of everything that callers may send. */
export {
  auditQuerySchema,
  keysQuerySchema,
  newKeySchema,
  newTenantSchema,
  revocationSchema,
  revocationsQuerySchema,
  rotationSchema,
  tenantChangeSchema,
  tenantsQuerySchema,
} from './admin.ts';
export { approvalIdSchema, voteSchema } from './approval.ts';
export { idempotencyKeySchema, idSchema } from './common.ts';
export { eventsQuerySchema, streamQuerySchema } from './events.ts';
export { feedbackSchema } from './feedback.ts';
export { limitsFileSchema } from './limits.ts';
export type { LimitsFile } from './limits.ts';
export { sendSchema } from './message.ts';
export { kickSchema, publishSchema, readSchema } from './presence.ts';
export { scheduleChangeSchema, scheduleSchema, schedulesQuerySchema } from './schedule.ts';
export {
  cancelSchema,
  closeSchema,
  forkSchema,
  membersSchema,
  openSchema,
  sessionsQuerySchema,
  unscheduleSchema,
  wakeSchema,
} from './session.ts';
export { tokenSchema } from './token.ts';
export { subscribeSchema, receiptSchema, renewSchema, sessionSchema } from './socket.ts';
