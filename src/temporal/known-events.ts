/** What a session's workflow knows of its events: from there a lost log is built anew. */
import type { Client } from '@temporalio/client';
import { ConvokeError, SESSION, workflowId } from '../contracts/index.ts';
import type { KnownEvents, KnownEventsPage, LoggedEvent, SessionRef } from '../contracts/index.ts';
import { fromTemporal, isWorkflowNotFound } from './errors.ts';

/** Asks for the events from this index on. */
type Ask = (from: number) => Promise<KnownEventsPage>;

/** How often the pages are read from the start because something moved between them. */
const TRIES = 3;

/** All pages as one answer; nearly always there is one. Throws `overloaded` if they never fit together. */
async function assemblePages(ask: Ask): Promise<KnownEvents> {
  for (let tried = 0; tried < TRIES; tried += 1) {
    let page = await ask(0);
    const { version } = page;
    const events: LoggedEvent[] = [...page.events];
    while (page.next !== undefined && page.version === version) {
      page = await ask(page.next);
      events.push(...page.events);
    }
    const { info, known, archivedTo, pending } = page;
    if (page.version === version) return { info, known, archivedTo, events, pending };
  }
  throw new ConvokeError('overloaded', 'The session is busy; ask again.');
}

/**
 * Asks the workflow of a session, also after it has closed; null if there is none. Needs a worker. Throws `worker_unavailable`,
 * `temporal_unavailable` or `overloaded` after `deadlineMs` at the latest.
 */
export function createKnownEvents(
  client: Client,
  deadlineMs: number,
): (ref: SessionRef) => Promise<KnownEvents | null> {
  return async (ref) => {
    const handle = client.workflow.getHandle(workflowId(ref));
    try {
      return await client.withDeadline(Date.now() + deadlineMs, () =>
        assemblePages((from) => handle.query<KnownEventsPage, [number]>(SESSION.queries.events, from)),
      );
    } catch (error) {
      if (isWorkflowNotFound(error)) return null;
      throw fromTemporal(error, 'worker');
    }
  };
}
