/** The thread in which SQLite is called: one call after the other, in the order in which they were asked. See sqlite.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { openSqliteFile, type SqliteFile } from './sqlite-file.ts';
import type { SqliteAnswer, SqliteCall } from './sqlite.ts';

/** A call that has waited for longer is not begun any more, ms: while others hold the file up, calls must not pile up without bound. */
const WAITED_MOST_MS = 4_000;

const { file } = workerData as { readonly file: string }; // safety: only sqlite.ts starts this
let opened: SqliteFile | null = null;

function run({ name, args, askedAt }: SqliteCall): unknown {
  if (name !== 'close') opened ??= openSqliteFile(file);
  if (name === 'open' || !opened) return null;
  if (name !== 'close' && Date.now() - askedAt > WAITED_MOST_MS) throw new Error('the archive is busy');
  // safety: sqlite.ts gives the arguments of this method
  const calls = opened as unknown as Record<string, (...given: readonly unknown[]) => unknown>;
  return calls[name]?.(...args);
}

parentPort?.on('message', (call: SqliteCall) => {
  const { id } = call;
  let answer: SqliteAnswer;
  try {
    answer = { id, value: run(call) };
  } catch (error) {
    answer = { id, error: error instanceof Error ? error.message : String(error) };
  }
  parentPort?.postMessage(answer);
});
