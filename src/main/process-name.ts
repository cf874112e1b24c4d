import { hostname } from 'node:os';
import { LIMITS } from '../contracts/index.ts';

/** This process, as timelines name it, and as Temporal names its workers: `pid@host`. */
export function processName(): string {
  return `${process.pid}@${hostname()}`.slice(0, LIMITS.processChars);
}
