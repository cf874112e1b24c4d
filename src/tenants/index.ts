/** Who acts, and what they may do: principals and session tokens. */
export { allow, isSessionPattern, mayTouch, ROLES, SCOPES } from './principal.ts';
export type { Grant, Principal, Role, Scope } from './principal.ts';
export { looksLikeToken, Tokens } from './tokens.ts';
export type { MintedToken, TokenKey, TokenRequest } from './tokens.ts';
