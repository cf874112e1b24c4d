/** What the tenants of a gateway share stands behind queues by tenant: one that asks a thousand things waits for itself. */
import type { Archive } from '../archive/index.ts';
import { LIMITS } from '../contracts/index.ts';
import type { SessionRef } from '../contracts/index.ts';
import { FairQueue, inTurn } from '../log/index.ts';
import type { SessionLog, SessionSource } from '../log/index.ts';
import type { SessionCalls } from '../temporal/index.ts';

/** Reads only: what a gateway writes to a log is small, and follows a call to Temporal or a lost log. */
export function fairLog(log: SessionLog): SessionLog {
  return inTurn(log, ['read'], new FairQueue(LIMITS.fair.reads));
}

export function fairArchive(archive: Archive): Archive {
  const names = ['read', 'readTail', 'find', 'session', 'stored'] as const;
  return inTurn(archive, names, new FairQueue(LIMITS.fair.archive));
}

/** Of the questions to workflows; what it asks the archive waits there. */
export function fairSource(source: SessionSource): SessionSource {
  return inTurn(source, ['known'], new FairQueue(LIMITS.fair.questions));
}

/** The outermost: what a call needs of others it has while it holds its place. `reopen` and `resume` are parts of other calls. */
export function fairCalls(calls: SessionCalls): SessionCalls {
  const answers = [
    'cancel',
    'wake',
    'close',
    'unschedule',
    'members',
    'vote',
    'approvals',
    'state',
    'receipt',
  ] as const;
  const answered = inTurn(calls, answers, new FairQueue(LIMITS.fair.answers));
  return inTurn(answered, ['start', 'find', 'send', 'interrupted', 'list'], new FairQueue(LIMITS.fair.calls));
}

/** Whether there is, or was, such a session. */
export function fairExists(calls: SessionCalls, archive: Archive): (ref: SessionRef) => Promise<boolean> {
  const queue = new FairQueue(LIMITS.fair.lookUps);
  return (ref) =>
    queue.run(
      ref.tenant,
      async () => (await calls.find(ref)) !== null || (await archive.session(ref)) !== null,
    );
}
