/** Who acts, and what they may do: principals, session tokens, and the registry of tenants and keys. */
export { AuditBuffer } from './audit.ts';
export type { Audit } from './audit.ts';
export { Erasures } from './erasures.ts';
export type { Erasure, Removed } from './erasures.ts';
export { Directory } from './directory.ts';
export { digestOf, KEY_SCOPES, makeKey } from './key.ts';
export {
  actorOf,
  allow,
  allowKey,
  allowMint,
  allowOperator,
  isSessionPattern,
  OPERATOR,
  mayOperate,
  mayTouch,
  readerOf,
  ROLES,
  SCOPES,
} from './principal.ts';
export type { Grant, Principal, Scope } from './principal.ts';
export { Refused, Seldom } from './refused.ts';
export { Tickets } from './tickets.ts';
export { Issuer } from './issuer.ts';
export type { IssuerSettings } from './issuer.ts';
export { ISSUER, looksLikeToken, Tokens } from './tokens.ts';
export { RegistryWatch } from './registry-watch.ts';
export { REVOCABLE, TENANT_STATUSES } from './registry.ts';
export type { Act, ApiKey, AuditEntry, Page, Registry, Revocation, Tenant } from './registry.ts';
export { TABLES as REGISTRY_TABLES } from './registry-tables.ts';
export { createRegistry } from './sql-registry.ts';
export type { TokenKey, TokenRequest } from './tokens.ts';
