import type { Client } from '@temporalio/client';
import type { Archive } from '../archive/index.ts';
import type { SessionSource } from '../log/index.ts';
import { createKnownEvents } from '../temporal/index.ts';

/** What a lost log is rebuilt from: the workflow, which has `deadlineMs` to answer, and the archive. */
export function sessionSource(client: Client, archive: Archive, deadlineMs: number): SessionSource {
  return {
    known: createKnownEvents(client, deadlineMs),
    archived: archive.readTail.bind(archive),
    session: archive.session.bind(archive),
  };
}
