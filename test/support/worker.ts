/** Orchestrate and execute for tests: a real Temporal, a real Redis, an archive in a file, and a worker in this process. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createActivities, createScriptedRunner } from '../../activities/index.ts';
import type { ActivityDeps, AgentRunner } from '../../activities/index.ts';
import { createSqliteArchive } from '../../src/archive/index.ts';
import type { Archive, SharedArchive } from '../../src/archive/index.ts';
import { RECOVERY, SESSION, workflowId } from '../../src/contracts/index.ts';
import type {
  AgentSpec,
  CancelReply,
  LoggedEvent,
  Receipt,
  SessionRef,
  SessionState,
} from '../../src/contracts/index.ts';
import { fireInto } from '../../src/main/firing.ts';
import { createTuner } from '../../src/main/slots.ts';
import { endUnfitRuns } from '../../src/main/unfit.ts';
import {
  createAdmission,
  createAuthenticator,
  createIntake,
  createReopen,
  createStoredCalls,
} from '../../src/ingest/index.ts';
import type { Intake } from '../../src/ingest/index.ts';
import { connectRedis, createCatalogs, createRedisLog } from '../../src/log/index.ts';
import type { SessionLog, SessionSource } from '../../src/log/index.ts';
import { createKnownEvents, createSessionCalls, ingressConnectionOptions } from '../../src/temporal/index.ts';
import type { SessionCalls } from '../../src/temporal/index.ts';
import { workflowBundle } from './bundle.ts';
import { eventually } from './process.ts';
import { startRedis } from './redis.ts';
import type { TestRedis } from './redis.ts';
import { startTemporal } from './temporal.ts';
import type { TestTemporal } from './temporal.ts';

const TENANT = 'acme';
/** What a session says comes late on a busy machine, ms; tests that want less have less of their own. */
const UNTIL_MS = 90_000;

export interface EngineOptions {
  /** The agents' runner; default: scripted. */
  readonly runner?: AgentRunner;
  /** Puts itself between the activities and the log. */
  readonly log?: (log: SessionLog) => SessionLog;
  /** Puts itself between the activities and the archive. */
  readonly archive?: (archive: Archive) => Archive;
  /** Counts the turns of tenants that run. */
  readonly places?: ActivityDeps['places'];
  /** ms that a stopping worker lets steps finish. */
  readonly graceMs?: number;
  /** Activities that it runs at a time. */
  readonly slots?: number;
  /** File of other workflows than the present ones. */
  readonly workflowsPath?: string;
}

/** A worker that was started, and how it ends. */
export interface RunningWorker {
  /** As SIGTERM does. */
  stop(): Promise<void>;
}

/** One session, spoken to as the gateway does. */
export interface TestSession extends SessionRef {
  readonly id: string;
  send(messageId: string, text?: string): Promise<Receipt>;
  state(): Promise<SessionState>;
  receipt(messageId: string): Promise<Receipt | null>;
  /** The log's events, oldest first. */
  events(): Promise<readonly LoggedEvent[]>;
  /** Resolves with the first event of the log that fits. */
  until(what: string, fits: (event: LoggedEvent) => boolean): Promise<LoggedEvent>;
  /** Resolves with the events once the turn has its end in the log. */
  turnEnded(turn: string): Promise<readonly LoggedEvent[]>;
  handle(): WorkflowHandle;
}

/** The intake, spoken to by the address of a session. */
export interface Submitter {
  cancel(ref: SessionRef, turn?: string): Promise<CancelReply>;
  close(ref: SessionRef): Promise<void>;
}

function submitterOf(intake: Intake): Submitter {
  return {
    cancel: (ref, turn) => intake.control(ref, ref.session, 'cancel', turn === undefined ? {} : { turn }),
    close: async (ref) => {
      await intake.control(ref, ref.session, 'close', {});
    },
  };
}

export interface Engine {
  readonly temporal: TestTemporal;
  readonly redis: TestRedis;
  readonly client: Client;
  readonly calls: SessionCalls;
  readonly intake: Intake;
  readonly submitter: Submitter;
  readonly log: SessionLog;
  readonly archive: SharedArchive;
  readonly source: SessionSource;
  /** Those that run, oldest first. */
  readonly workers: readonly RunningWorker[];
  open(agents: readonly AgentSpec[], session?: string): Promise<TestSession>;
  /** One that is there already. */
  session(id: string): TestSession;
  startWorker(options?: EngineOptions): Promise<RunningWorker>;
  /** Replays the histories of all runs of all sessions; throws for the first that does not come out as it was. Answers how many. */
  replay(): Promise<number>;
  stop(): Promise<void>;
}

/** Of the servers and the gateway. */
export interface EngineSettings {
  /** How long sessions stay open while nothing happens, ms. */
  readonly hibernateAfterMs?: number;
  readonly weightOf?: (tenant: string) => number | undefined;
  /** Calls Temporal as a gateway does: without the client's ten retries of a busy server. */
  readonly impatient?: boolean;
  /** Longest wait for Redis before the gateway's own count admits messages, ms. */
  readonly admitDeadlineMs?: number;
}

/** Starts the servers, without a worker. */
export async function startEngine({
  admitDeadlineMs,
  impatient = false,
  ...settings
}: EngineSettings = {}): Promise<Engine> {
  const folder = await mkdtemp(join(tmpdir(), 'convoke-engine-'));
  const [temporal, redis] = await Promise.all([startTemporal(), startRedis(), workflowBundle()]);
  const patience = impatient ? ingressConnectionOptions() : {};
  const connection = await Connection.connect({ address: temporal.address, ...patience });
  const native = await NativeConnection.connect({ address: temporal.address });
  const client = new Client({ connection });
  const commands = connectRedis(redis.url, () => undefined);
  const subscriber = connectRedis(redis.url, () => undefined);
  await Promise.all([commands.connect(), subscriber.connect()]);
  const log = createRedisLog({ commands, subscriber });
  const archive = await createSqliteArchive(join(folder, 'archive.db'));
  const source: SessionSource = {
    known: createKnownEvents(new Client({ connection: native }), RECOVERY.queryDeadlineMs),
    archived: archive.readTail.bind(archive),
    session: archive.session.bind(archive),
  };
  const storedOf = archive.stored.bind(archive);
  const calls = createStoredCalls(createSessionCalls({ client, ...settings }), storedOf);
  const intake = createIntake({
    calls,
    authenticator: createAuthenticator({ keys: new Map(), devKey: true }),
    defaultAgents: [],
    storedOf,
    isArchived: async (ref) => (await archive.session(ref)) !== null,
    catalogs: () => createCatalogs(commands).read(),
    admission: createAdmission(log, admitDeadlineMs),
    endedTurns: () => [],
    followedAgents: () => null,
    agentsOf: async () => null,
    reopen: createReopen({ calls, log, source, archive }),
    past: { log, source, archive },
  });
  const workers = new Set<RunningWorker>();
  let sessions = 0;

  return {
    ...{ temporal, redis, client, calls, intake, log, archive, source },
    submitter: submitterOf(intake),
    get workers() {
      return [...workers];
    },
    async open(agents, session = `s${(sessions += 1)}`) {
      await intake.open({ tenant: TENANT }, { id: session, agents });
      return testSession({ tenant: TENANT, session }, { client, calls, intake, log });
    },
    session: (session) => testSession({ tenant: TENANT, session }, { client, calls, intake, log }),
    async startWorker(options = {}) {
      const worker = await createWorker(native, {
        log: options.log?.(log) ?? log,
        archive: options.archive?.(archive) ?? archive,
        ...{ source, options, intake },
      });
      const endWatch = endUnfitRuns(worker, { client, logger: { warn: () => undefined } });
      const run = worker.run();
      const running: RunningWorker = {
        async stop() {
          if (!workers.delete(running)) return;
          endWatch();
          worker.shutdown();
          await run;
        },
      };
      workers.add(running);
      return running;
    },
    replay: () => replayAll(client),
    async stop() {
      await Promise.all([...workers].map((worker) => worker.stop()));
      commands.disconnect();
      subscriber.disconnect();
      await Promise.all([archive.close(), native.close(), connection.close()]);
      // Its threads would keep the process of the tests alive.
      await Runtime.instance().shutdown();
      await Promise.all([temporal.stop(), redis.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface WorkerParts {
  readonly log: SessionLog;
  readonly source: SessionSource;
  readonly archive: Archive;
  readonly options: EngineOptions;
  readonly intake: Intake;
}

/** With the options of `src/main/worker.ts`. */
async function createWorker(connection: NativeConnection, parts: WorkerParts): Promise<Worker> {
  const { log, source, archive, options, intake } = parts;
  const runners = { scripted: options.runner ?? createScriptedRunner() };
  const graceMs = options.graceMs ?? 0;
  return Worker.create({
    connection,
    taskQueue: SESSION.taskQueue,
    workflowBundle: await workflowBundle(options.workflowsPath),
    activities: createActivities({
      ...{ log, source, archive, runners, places: options.places },
      fire: (firing) => fireInto(intake, firing),
    }),
    tuner: createTuner(options.slots),
    stickyQueueScheduleToStartTimeout: RECOVERY.stickyTimeoutMs,
    maxHeartbeatThrottleInterval: RECOVERY.heartbeatEveryMs,
    defaultHeartbeatThrottleInterval: RECOVERY.heartbeatEveryMs,
    shutdownGraceTime: graceMs,
    shutdownForceTime: graceMs + 5_000,
  });
}

async function replayAll(client: Client): Promise<number> {
  const options = { workflowBundle: await workflowBundle(), replayName: 'all-sessions' };
  let runs = 0;
  for await (const { workflowId: id, runId } of client.workflow.list()) {
    const history = await client.workflow.getHandle(id, runId).fetchHistory();
    await Worker.runReplayHistory(options, history, id);
    runs += 1;
  }
  return runs;
}

function testSession(
  ref: SessionRef,
  { client, calls, intake, log }: Pick<Engine, 'client' | 'calls' | 'intake' | 'log'>,
): TestSession {
  const events = async (): Promise<readonly LoggedEvent[]> => {
    const slice = await log.read(ref, { after: 0, limit: 10_000 });
    return slice?.events ?? [];
  };
  const until: TestSession['until'] = async (what, fits) => {
    let found: LoggedEvent | undefined;
    await eventually(
      what,
      async () => {
        found = (await events()).find(fits);
        return found !== undefined;
      },
      UNTIL_MS,
    );
    if (!found) throw new Error(`not found: ${what}`);
    return found;
  };
  return {
    ...ref,
    id: workflowId(ref),
    send: (messageId, text = 'hello') => intake.send(ref, ref.session, { messageId, text }),
    state: () => intake.state(ref, ref.session),
    receipt: (messageId) => calls.receipt(ref, messageId),
    events,
    until,
    async turnEnded(turn) {
      await until(`${turn} has ended`, (event) => event.id === `turn:${turn}:end`);
      return events();
    },
    handle: () => client.workflow.getHandle(workflowId(ref)),
  };
}
