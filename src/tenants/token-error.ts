/** What a caller is told of a token that was refused. */
import { errors } from 'jose';
import { ConvokeError, isConvokeError } from '../contracts/index.ts';

/** Clocks of gateways and issuers may be apart by so much, s. */
export const TOLERANCE_S = 5;

/** `token_expired`, which another token mends, and `unauthorized` for whatever else is wrong with it. */
export function refusalOf(error: unknown): ConvokeError {
  if (isConvokeError(error)) return error;
  if (error instanceof errors.JWTExpired) return new ConvokeError('token_expired');
  return new ConvokeError('unauthorized', 'The session token is not valid.', { cause: error });
}

export function textsOf(claim: unknown): readonly string[] {
  return Array.isArray(claim) ? claim.filter((each) => typeof each === 'string') : [];
}
