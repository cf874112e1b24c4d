/** What the tenants of a gateway share stands behind queues by tenant: one that asks a thousand things waits for itself. */
import type { Archive } from '../archive/index.ts';
import { LIMITS } from '../contracts/index.ts';
import type { SessionRef } from '../contracts/index.ts';
import type { Misses } from '../fair/index.ts';
import { FairQueue, inTurn } from '../fair/index.ts';
import type { FairLimits } from '../fair/index.ts';
import type { SessionLog, SessionSource } from '../log/index.ts';
import { NO_METRICS, type Metrics } from '../telemetry/index.ts';
import type { SessionCalls } from '../temporal/index.ts';

/** A queue whose length is told. */
export function toldQueue(metrics: Metrics, queue: string, limits: FairLimits): FairQueue {
  const made = new FairQueue(limits);
  metrics.read('convoke_queue_waiting', () => [[{ queue }, made.waiting]]);
  return made;
}

/** Reads only: what a gateway writes to a log is small, and follows a call to Temporal or a lost log. */
export function fairLog(log: SessionLog, metrics = NO_METRICS): SessionLog {
  return inTurn(log, { names: ['read'], queue: toldQueue(metrics, 'reads', LIMITS.fair.reads) });
}

export function fairArchive(archive: Archive, metrics = NO_METRICS): Archive {
  const names = ['read', 'readTail', 'find', 'session', 'stored'] as const;
  return inTurn(archive, { names, queue: toldQueue(metrics, 'archive', LIMITS.fair.archive) });
}

/** Of the questions to workflows; what it asks the archive waits there. */
export function fairSource(source: SessionSource, metrics = NO_METRICS): SessionSource {
  return inTurn(source, { names: ['known'], queue: toldQueue(metrics, 'questions', LIMITS.fair.questions) });
}

const ANSWERED = ['cancel', 'wake', 'close', 'unschedule', 'members', 'vote', 'approvals', 'state'] as const;

export interface FairCalls {
  /** Here it costs nothing that there is no receipt, or no interrupted run: whoever is about to send a message hopes so. */
  readonly calls: SessionCalls;
  /** For clients that ask what became of a message. */
  readonly receipt: SessionCalls['receipt'];
}

/** The outermost queue: a call keeps its place while it waits in others for what it needs. `reopen` and `resume` are parts of other calls. */
export function fairCalls(calls: SessionCalls, misses: Misses, metrics = NO_METRICS): FairCalls {
  const answers = toldQueue(metrics, 'answers', LIMITS.fair.answers);
  const answered = inTurn(calls, { names: ANSWERED, queue: answers, misses });
  const queue = toldQueue(metrics, 'calls', LIMITS.fair.calls);
  const called = inTurn(answered, { names: ['start', 'find', 'send', 'list'], queue, misses });
  const probed = inTurn(called, { names: ['interrupted'], queue });
  const asked = inTurn(calls, { names: ['receipt'], queue: answers, misses });
  return {
    calls: inTurn(probed, { names: ['receipt'], queue: answers }),
    receipt: asked.receipt.bind(asked),
  };
}

/** Whether there is, or was, such a session; `calls` need not know of those that are stored. */
export function fairExists(
  calls: SessionCalls,
  archive: Archive,
  misses: Misses,
): (ref: SessionRef) => Promise<boolean> {
  const queue = new FairQueue(LIMITS.fair.lookUps);
  const exists = async (ref: SessionRef): Promise<boolean> =>
    (await calls.find(ref)) !== null || (await archive.session(ref)) !== null;
  return (ref) => queue.run(ref.tenant, () => misses.slow(ref.tenant, () => exists(ref)));
}
