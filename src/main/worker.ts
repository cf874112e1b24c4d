/** Composition root of a worker: orchestrate and execute. */
import { Client } from '@temporalio/client';
import type { WorkflowBundleOption } from '@temporalio/worker';
import {
  createActivities,
  createScriptedRunner,
  type ActivityDeps,
  type AgentRunner,
} from '../../activities/index.ts';
import { DEFAULT_ENDPOINT, neededFor, RECOVERY, type Catalog, type RunnerName } from '../contracts/index.ts';
import type { Project } from '../project/project.ts';
import { Meter, RunningTurns, tellWaits } from '../quota/index.ts';
import { createLogger, type Logger } from '../telemetry/index.ts';
import { announce } from './announce.ts';
import { openStore } from './archive.ts';
import type { Config } from './config.ts';
import { watchEventLoop } from './event-loop.ts';
import { createHanding } from './firing.ts';
import { serveHealth } from './health.ts';
import { openFiles } from './files.ts';
import { watchInterruptions } from './interruptions.ts';
import { listening } from './listening.ts';
import { measureBacklog } from './backlog.ts';
import { measuredPlaces } from './measured.ts';
import { metered } from './metered.ts';
import { createModels, modelsOf } from './models.ts';
import { Opened } from './opened.ts';
import { partsOf } from '../project/parts.ts';
import { heldLimits, openQuota, watchRegistry } from './quota.ts';
import { openLog, type LogConnections } from './redis.ts';
import { later, stopSignal } from './shutdown.ts';
import { outliveStrays } from './strays.ts';
import { processName } from './process-name.ts';
import { RunningHere } from './running-here.ts';
import { sessionSource } from './source.ts';
import { tellWorker, type TellWorker } from './tell-worker.ts';
import { createTaskWorker, type TaskWorker } from './task-worker.ts';
import { openTelemetry } from './telemetry.ts';
import { createNudge, requireSetUp } from '../temporal/index.ts';
import { connectTemporal, findBundle, installRuntime } from './temporal.ts';

const NOTHING: Catalog = { agents: {}, teams: [], tools: [] };

/** Runners that every worker has, or whose agents are looked up by name. */
const EVERYWHERE: ReadonlySet<string> = new Set(['scripted', 'code', 'http']);

/** What this process has and others may not: it takes over the turns that need it. */
function ableOf(runners: Partial<Record<RunnerName, AgentRunner>>, others: readonly string[]): string[] {
  const kinds = Object.entries(runners)
    .filter(([kind]) => !EVERYWHERE.has(kind))
    .map(([kind, runner]) => ({ runner, agent: { name: 'any', runner: kind as RunnerName } })) // safety: a key of `runners`
    .filter(({ runner, agent }) => runner.can?.(agent) ?? true);
  return [...new Set([...kinds.map(({ agent }) => neededFor(agent)), ...others])];
}

/** What a program that runs a worker may put in the place of the defaults. */
export interface WorkerParts extends Partial<
  Pick<
    ActivityDeps,
    | 'runners'
    | 'teams'
    | 'tools'
    | 'configured'
    | 'scorers'
    | 'limits'
    | 'summary'
    | 'priceOf'
    | 'suspendAfterMs'
  >
> {
  /** What it has and other workers may not, besides its kinds of agents. */
  readonly able?: readonly string[];
  /** Default: the built one. */
  readonly workflowBundle?: WorkflowBundleOption;
  /** What gateways are told of it. */
  readonly catalog?: Catalog;
  close?(): Promise<void>;
}

export interface Health {
  readonly port: number;
  readonly host: string;
}

/** A worker that polls. */
export interface OpenWorker {
  /** Resolves once it has stopped and everything is closed; rejects if it has lost Temporal for good. */
  readonly ended: Promise<void>;
  /** True if it polls and Temporal answers. Rejects if Temporal does not. */
  ready(): Promise<boolean>;
  /** Takes no more work; running work is finished, or handed over after `RECOVERY.workerGraceMs`. `ended` says when. */
  stop(): void;
}

function runnersOf({ models }: Config, logger: Logger): Partial<Record<RunnerName, AgentRunner>> {
  const model = createModels(models, logger);
  return { scripted: createScriptedRunner(), ...(model && { model }) };
}

/** Model endpoints that agents can name; the default one also if a runner of the program's own stands for it. */
function endpointsOf(
  config: Config,
  own: Project | WorkerParts,
  { model }: NonNullable<WorkerParts['runners']>,
): Pick<Catalog, 'models' | 'modelless'> {
  const can = model?.can?.({ name: 'any', runner: 'model' }) ?? model !== undefined;
  // A runner of the program's own may have a model for any.
  const asks = 'agents' in own || own.runners?.['model'] === undefined;
  const modelless = [...config.models].filter(([, { defaultModel }]) => asks && defaultModel === undefined);
  return {
    models: [...new Set([...(can ? [DEFAULT_ENDPOINT] : []), ...config.models.keys()])],
    modelless: modelless.map(([name]) => name),
  };
}

/** The parts of a worker with this configuration. Throws `ConfigError`. */
export function partsFor(config: Config, project: Project, logger: Logger): WorkerParts {
  const { runners, ...parts } = partsOf(project, config.models, logger);
  return { ...parts, runners: { ...runnersOf(config, logger), ...runners } };
}

/**
 * Resolves once it polls. `own`: a configuration's agents and teams, or runners, teams and times instead of the defaults. If it cannot start it
 * closes what it has opened and throws `ConfigError`, `temporal_unavailable`, `temporal_refused`, `temporal_not_set_up`, or `log_unavailable` for
 * an unsuitable Redis.
 */
export async function openWorker(
  config: Config,
  health?: Health,
  own: Project | WorkerParts = {},
): Promise<OpenWorker> {
  const opened = new Opened();
  const draining = new AbortController();
  try {
    const logger = createLogger('worker', config.logLevel);
    const { worker, ready } = await open({ config, health, own, logger, opened, draining });
    const { address, taskQueue } = config.temporal;
    const running = worker.run();
    logger.info({ temporal: address, taskQueue, ...config.deployment }, 'Worker polls');
    const ended = running.finally(() => opened.close());
    ended.catch((error: unknown) => logger.error({ err: error }, 'Worker has ended'));
    const stop = (): void => {
      draining.abort();
      worker.shutdown();
    };
    return { ended, ready, stop };
  } catch (error) {
    // What cannot be closed is less important than why it did not start.
    await opened.close().catch(() => undefined);
    throw error;
  }
}

interface Opening {
  readonly config: Config;
  readonly health: Health | undefined;
  readonly own: Project | WorkerParts;
  readonly logger: ReturnType<typeof createLogger>;
  readonly opened: Opened;
  readonly draining: AbortController;
}

async function answerHealth(health: Health, ready: () => Promise<boolean>, opened: Opened): Promise<void> {
  const serve = (): Promise<() => void> => serveHealth(health.port, health.host, ready);
  opened.add(await listening({ ...health, setting: 'CONVOKE_HEALTH_PORT' }, serve), (end) => end());
}

/** Tells gateways what it has of its own, and operators what it is and does. */
async function present(
  { session, ...told }: Pick<TellWorker, 'catalog' | 'load' | 'here'> & { readonly session: LogConnections },
  { config, opened, draining }: Pick<Opening, 'config' | 'opened' | 'draining'>,
): Promise<void> {
  opened.add(await announce(session.catalogs, told.catalog), (end) => end());
  const { deployment } = config;
  const worker = { ...told, deployment, rows: session.workers, draining: draining.signal };
  opened.add(tellWorker(worker), (end) => end());
}

function watchInterruptionsOf(watch: Parameters<typeof watchInterruptions>[0], opened: Opened): void {
  opened.add(watchInterruptions(watch), (end) => end());
}

async function open({ config, health, own, logger, opened, draining }: Opening): Promise<{
  readonly worker: TaskWorker;
  readonly ready: () => Promise<boolean>;
}> {
  const given = 'agents' in own ? partsFor(config, own, logger) : own;
  opened.add(given, (parts) => parts.close?.());
  const { runners = runnersOf(config, logger), able = [], catalog = NOTHING, ...parts } = given;
  await installRuntime(logger, config.metrics);
  const { metrics, spans } = await openTelemetry(config, { role: 'worker', logger, opened });
  const { namespace, taskQueue } = config.temporal;
  const connection = opened.add(await connectTemporal(config.temporal), (each) => each.close());
  const { archive, seal, converter } = await openStore(config, { logger, opened });
  const log = openLog(config.redisUrl, { logger, seal, metrics });
  const session = opened.add(await log, (each) => each.close());
  const client = new Client({ connection, namespace, ...converter });
  measureBacklog(metrics, client, config.temporal);
  const source = sessionSource(client, archive, RECOVERY.queryDeadlineMs);
  const directory = await watchRegistry(archive.database, opened);
  const tenants = openQuota({ session, client, config, directory, logger, opened });
  const files = await openFiles(config, { archive, log: session.log, ...tenants });
  const { limitsOf } = tenants;
  const { commands, stalls } = session;
  const counted = { limitsOf: heldLimits(limitsOf, directory), call: createNudge(client) };
  const turns = opened.add(new RunningTurns(commands, counted), (each) => each.close());
  directory.onChange((tenant) => turns.look(tenant));
  const here = new RunningHere();
  const places = here.places(measuredPlaces(turns, metrics));
  const meter = { meter: new Meter(commands), limitsOf, priceOf: parts.priceOf, metrics };
  const { begun } = opened.add(tellWaits(commands), (each) => each.close());
  let worker: TaskWorker | null = null;
  const ready = async (): Promise<boolean> => {
    await connection.withDeadline(Date.now() + RECOVERY.ingressDeadlineMs, () =>
      requireSetUp({ connection, namespace }),
    );
    return worker?.isRunning ?? false;
  };
  if (health) await answerHealth(health, ready, opened);
  worker = await createTaskWorker({
    ...{ connection, client, logger, namespace, taskQueue },
    workflowBundle: given.workflowBundle ?? findBundle(),
    activities: here.watch(
      createActivities({
        ...{ ...parts, files, places, log: session.log, source, archive, logger, metrics, spans, begun },
        ...{ stalls, process: processName(), watch: here },
        runners: metered(runners, meter),
        ...createHanding(config, { client, session, source, archive, tenants, directory }),
        draining: draining.signal,
        leaving: later(draining.signal, RECOVERY.workerGraceMs),
      }),
    ),
    ...{ deployment: config.deployment, converter },
    able: ableOf(runners, [...modelsOf(config.models), ...able]),
  });
  const offered = { ...catalog, ...endpointsOf(config, own, runners) };
  const told = { session, catalog: offered, load: worker.load, here };
  await present(told, { config, opened, draining });
  watchInterruptionsOf({ client, taskQueue, log: session.log, source, archive, logger }, opened);
  return { worker, ready };
}

/** Runs until SIGTERM or SIGINT, then finishes or hands over its running work. Rejects like `openWorker`, and if it has lost Temporal for good. */
export async function runWorker(
  config: Config,
  health?: Health,
  own: Project | WorkerParts = {},
): Promise<void> {
  const asked = stopSignal();
  const worker = await openWorker(config, health, own);
  const { redisUrl, logLevel } = config;
  const logger = createLogger('worker', logLevel);
  outliveStrays(logger);
  // Not in `openWorker`: the process of a program that starts a worker of its own is not ours to end.
  const endWatch = watchEventLoop({ redisUrl, logLevel, logger });
  void asked.then((signal) => {
    logger.info({ signal }, 'Worker stops');
    worker.stop();
  });
  await worker.ended.finally(endWatch);
}
