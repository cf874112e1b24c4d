/** Ingest: authenticate, validate, submit. (Admission by quotas will stand between the last two.) */
export { bearerToken, createAuthenticator } from './authenticate.ts';
export type { Authenticator, Principal } from './authenticate.ts';
export { invalidAt } from './json-guard.ts';
export {
  cancelSchema,
  eventsQuerySchema,
  idempotencyKeySchema,
  idSchema,
  openSchema,
  sendBodySchema,
  sessionsQuerySchema,
  socketSchemas,
  streamQuerySchema,
} from './schemas.ts';
export { messageIdOfKey, placeOf, positionOf, validate } from './validate.ts';
export { createSubmitter } from './submit.ts';
export type { Submitter } from './submit.ts';
