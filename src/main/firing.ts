/** What a schedule fires, and what scorers say, goes through the one door, as every message does. */
import { createHash } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { Archive, SharedArchive } from '../archive/index.ts';
import { ConvokeError } from '../contracts/index.ts';
import type { FeedbackRequest, Firing, Scoring, SessionRef } from '../contracts/index.ts';
import { createAuthenticator, createIntake, createReopen, createStoredCalls } from '../ingest/index.ts';
import type { Intake } from '../ingest/index.ts';
import type { SessionSource } from '../log/index.ts';
import type { Directory } from '../tenants/index.ts';
import { createScoring, createSessionCalls } from '../temporal/index.ts';
import { defaultAgents } from './agents.ts';
import type { Config } from './config.ts';
import type { TenantQuota } from './quota.ts';
import type { openLog } from './redis.ts';

interface FiringParts {
  readonly client: Client;
  readonly session: Awaited<ReturnType<typeof openLog>>;
  readonly source: SessionSource;
  readonly archive: Archive & Pick<SharedArchive, 'isErased'>;
  readonly tenants: Pick<TenantQuota, 'admission' | 'takeOperation' | 'takePlace' | 'weightOf'>;
  readonly directory: Pick<Directory, 'refuses' | 'isErasing'>;
}

/** What activities hand to sessions, and to Temporal, in a worker. */
interface Handing {
  readonly fire: (firing: Firing) => Promise<void>;
  readonly giveFeedback: (ref: SessionRef, feedback: FeedbackRequest) => Promise<void>;
  readonly startScoring: (scoring: Scoring) => Promise<void>;
}

export function createHanding(
  config: Config,
  { client, session, source, archive, tenants, directory }: FiringParts,
): Handing {
  const { log } = session;
  const { admission, takeOperation, takePlace, weightOf } = tenants;
  const storedOf = archive.stored.bind(archive);
  const own = createSessionCalls({ ...config, client, taskQueue: config.temporal.taskQueue, weightOf });
  const calls = createStoredCalls(own, storedOf);
  const intake = createIntake({
    ...{ calls, admission, takeOperation, takePlace, catalogs: () => session.catalogs.read() },
    authenticator: createAuthenticator({ keys: new Map(), devKey: false }),
    defaultAgents: defaultAgents(config),
    storedOf,
    isErased: archive.isErased.bind(archive),
    isErasing: directory.isErasing.bind(directory),
    isArchived: async (ref) => (await archive.session(ref)) !== null,
    ...{ endedTurns: () => [], followedAgents: () => null, agentsOf: async () => null },
    past: { log, source, archive },
    reopen: createReopen({ calls, log, source, archive }),
  });
  return {
    startScoring: createScoring(client, config.temporal.taskQueue),
    async fire(firing) {
      refuseSuspended(directory, firing.tenant);
      await fireInto(intake, firing);
    },
    async giveFeedback({ tenant, session: id }, feedback) {
      refuseSuspended(directory, tenant);
      await intake.feedback({ tenant }, id, feedback);
    },
  };
}

/** A schedule brings no key that could be refused. Throws `unauthorized`: this firing is over, and the next one asks again. */
export function refuseSuspended(directory: Pick<Directory, 'refuses'>, tenant: string): void {
  if (directory.refuses({ tenant })) throw new ConvokeError('unauthorized', 'The tenant is suspended.');
}

/** May be repeated: the ids of message and session are those of the firing. */
export async function fireInto(
  intake: Pick<Intake, 'open' | 'send'>,
  { tenant, firing, session, open, message }: Firing,
): Promise<void> {
  const id = `f_${createHash('sha256').update(firing).digest('base64url')}`;
  const target = session ?? (await intake.open({ tenant }, { ...open, id })).summary.id;
  await intake.send({ tenant }, target, { ...message, messageId: id });
}
