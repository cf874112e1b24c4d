/** The events that a session's workflow and its running turn hold; a lost log is rebuilt from them. */
import type { Client } from '@temporalio/client';
import { ConvokeError, workflowId } from '../contracts/index.ts';
import type { KnownEvents, KnownEventsPage, LoggedEvent, SessionRef } from '../contracts/index.ts';
import { askSession } from './ask.ts';
import { endedRun } from './ended-run.ts';
import { fromTemporal, isWorkflowNotFound } from './errors.ts';
import { runningFacts } from './running-facts.ts';
import { standingOf } from './standing.ts';

/** Asks for the events from this index on. */
type Ask = (from: number) => Promise<KnownEventsPage>;

/** How often the pages are read again from the start because events moved between them. */
const TRIES = 3;

/** All pages as one answer; there is nearly always just one. Throws `overloaded` if they never fit together. */
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
  throw new ConvokeError('overloaded', 'The session is busy; try again.');
}

/**
 * Asks the workflow of a session, also after it has closed; null if there is none, or the session hibernates: then the archive has everything. Needs a worker, but for a workflow that has ended without
 * closing its session: that one's history is read. Throws `worker_unavailable`,
 * `temporal_unavailable` or `overloaded` after `deadlineMs` at the latest.
 */
export function createKnownEvents(
  client: Client,
  deadlineMs: number,
): (ref: SessionRef) => Promise<KnownEvents | null> {
  return async (ref) => {
    const handle = client.workflow.getHandle(workflowId(ref));
    try {
      return await client.withDeadline(Date.now() + deadlineMs, async () => {
        // First: a turn that ends between the two questions has told the workflow by the second.
        const description = await handle.describe();
        if (standingOf(description) === 'hibernated') return null;
        const ended = await endedRun(client, ref, description);
        if (ended) return ended;
        const running = await runningFacts(client, description);
        const known = await assemblePages(async (from) => {
          const [page] = await askSession(handle, description, [{ ask: 'events', from }]);
          return page;
        });
        return { ...known, running };
      });
    } catch (error) {
      if (isWorkflowNotFound(error)) return null;
      throw fromTemporal(error, 'worker');
    }
  };
}
