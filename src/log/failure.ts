/** How Redis fails, in the terms of the error table. */
import { ConvokeError } from '../contracts/index.ts';

const FULL = 'The Redis of the session log is full. Give it more memory (maxmemory), or wait: logs expire.';

/** True if Redis refused a write because its memory is full. */
export function isFull(error: ConvokeError): boolean {
  return error.message === FULL;
}

/** Of the cause only the sentence is kept: what ioredis throws holds the arguments of the command, so text of messages. */
export function logUnavailable(error: unknown): ConvokeError {
  const message = error instanceof Error ? error.message : String(error);
  const detail = /\bOOM\b/.test(message) ? FULL : undefined;
  return new ConvokeError('log_unavailable', detail, { cause: new Error(message) });
}
