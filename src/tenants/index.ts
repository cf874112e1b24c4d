/** Who acts, and what they may do: principals and session tokens. */
export { allow, isSessionPattern, ROLES, SCOPES } from './principal.ts';
export type { Grant, Principal, Scope } from './principal.ts';
export { Issuer } from './issuer.ts';
export type { IssuerSettings } from './issuer.ts';
export { ISSUER, looksLikeToken, Tokens } from './tokens.ts';
export type { TokenKey, TokenRequest } from './tokens.ts';
