/** Another workflow task for a run in which nothing happens. */
import { log } from '@temporalio/workflow';
import { RECOVERY } from '../../src/contracts/index.ts';
import type { Inside } from './inside.ts';

/** The signal that it sends comes in a task of its own: the server keeps what arrives while a task is open. May fail. */
export async function nudge(inside: Inside): Promise<void> {
  try {
    await inside.run('nudge', undefined, {
      startToCloseTimeout: RECOVERY.queryDeadlineMs,
      retry: { maximumAttempts: 2 },
      summary: 'ask for another task, in which the timer of an idle session is set',
    });
  } catch (error) {
    log.warn('The session stays open until it has had a turn', { error });
  }
}
