/** Asks the main thread while it runs code that does not yield: through the inspector, from another thread. */
import { Session, type Runtime } from 'node:inspector';
import { setTimeout as pause } from 'node:timers/promises';
import type { Running } from '../../activities/index.ts';
import { WHOSE } from './watched-loop.ts';

export interface Seen {
  /** For whom the code runs, if it is known. */
  readonly running?: Running;
  /** Of the code that runs, innermost call first: `at name (file:line:column)`. */
  readonly stack: readonly string[];
}

/** Evaluated inside of whatever runs: V8 answers from within a loop, and from within a regular expression. 2 to 25 ms. */
const QUESTION = `({ running: globalThis.${WHOSE}?.(), stack: new Error().stack })`;

/** Null if the thread does not answer within `ms`: it waits in native code (a synchronous child process). */
export async function askMainThread(ms: number): Promise<Seen | null> {
  const session = new Session();
  session.connectToMainThread();
  const over = new AbortController();
  try {
    return await Promise.race([ask(session), pause(ms, null, { signal: over.signal })]);
  } catch {
    return null;
  } finally {
    over.abort();
    session.disconnect();
  }
}

async function ask(session: Session): Promise<Seen> {
  const { promise, resolve, reject } = Promise.withResolvers<Runtime.EvaluateReturnType>();
  const question = { expression: QUESTION, returnByValue: true, silent: true };
  session.post('Runtime.evaluate', question, (error, answer) => {
    if (error) reject(error);
    else resolve(answer as Runtime.EvaluateReturnType); // safety: that is the method's
  });
  const { running, stack } = (await promise).result.value as { running?: Running; stack?: unknown }; // safety: see QUESTION
  const lines = String(stack).split('\n').slice(1);
  return {
    ...(running && { running }),
    stack: lines.map((line) => line.trim()).filter((line) => !line.includes('<anonymous>:1:')),
  };
}
