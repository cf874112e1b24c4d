/** Ingest: authenticate, validate, submit. (Admission by quotas will stand between the last two.) */
export { bearerToken, createAuthenticator } from './authenticate.ts';
export type { Authenticator, AuthenticatorConfig, Principal } from './authenticate.ts';
export { guardJson, invalidAt } from './json-guard.ts';
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
  turnSchema,
} from './schemas.ts';
export { messageIdOfKey, placeOf, positionOf, validate } from './validate.ts';
export { createSubmitter } from './submit.ts';
export type { Opened, Submitter, SubmitterConfig } from './submit.ts';
export type { ListQuery } from './sessions-query.ts';
export { fromTemporal, ingressConnectionOptions } from './temporal.ts';
