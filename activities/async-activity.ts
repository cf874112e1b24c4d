/** An activity that beats and ends through the client, not through the SDK's core. */
import type { Context } from '@temporalio/activity';
import { setTimeout as pause } from 'node:timers/promises';

type ActivityClient = Context['client']['activity'];

/** Pauses between tries while the server is away, ms. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

/** By name: several copies of the client may be loaded. */
const named = (error: unknown, ...names: readonly string[]): boolean =>
  error instanceof Error && names.includes(error.name);

/**
 * Records one heartbeat. `gone`: the server has no such attempt any more. An attempt that an operator has paused or reset goes on: its work
 * is journaled, and the server decides what becomes of its end.
 */
export async function sendHeartbeat(
  client: ActivityClient,
  taskToken: Uint8Array,
  details: unknown,
): Promise<'recorded' | 'cancelled' | 'gone'> {
  try {
    await client.heartbeat(taskToken, details);
    return 'recorded';
  } catch (error) {
    if (named(error, 'ActivityPausedError', 'ActivityResetError')) return 'recorded';
    if (named(error, 'ActivityCancelledError')) return 'cancelled';
    if (named(error, 'ActivityNotFoundError')) return 'gone';
    throw error;
  }
}

/** Waits for a server that is away. An attempt that it has given up needs no end. */
async function untilTold(tell: () => Promise<void>): Promise<void> {
  for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
    try {
      await tell();
      return;
    } catch (error) {
      if (named(error, 'ActivityNotFoundError')) return;
      await pause(wait);
    }
  }
}

export function completeActivity(
  client: ActivityClient,
  taskToken: Uint8Array,
  result: unknown,
): Promise<void> {
  return untilTold(() => client.complete(taskToken, result));
}

export function failActivity(client: ActivityClient, taskToken: Uint8Array, error: unknown): Promise<void> {
  return untilTold(() => client.fail(taskToken, error));
}
