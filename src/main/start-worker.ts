/** What `convoke/worker` exports: a worker inside a program of one's own. */
import type { ProjectConfig } from '../project/define.ts';
import type { EngineOptions } from './engine-options.ts';

export { ConfigError } from '../project/config-error.ts';

/**
 * The same definitions as `defineConfig`, or what it returns, and settings. A path in `teams` is relative to the working folder. What is absent
 * is read from the environment; `providers` come after endpoints of the same name in the environment.
 */
export interface WorkerOptions extends ProjectConfig, EngineOptions {
  /** Where `/healthz` and `/readyz` are answered; default `CONVOKE_HEALTH_PORT`, else nowhere. */
  readonly healthPort?: number;
  /** The address of `healthPort`; default `127.0.0.1`. */
  readonly host?: string;
}

/** A worker that polls for work. */
export interface RunningWorker {
  /** Resolves when it has stopped; rejects if it has lost Temporal for good. Nobody needs to listen to it. */
  readonly ended: Promise<void>;
  /** True if it polls and Temporal answers. */
  readonly isReady: () => Promise<boolean>;
  /**
   * Takes no more work, finishes what runs or hands it over to other workers after 10 s, and closes everything that it has opened. Resolves when
   * all of that is done; called again, it waits for the same end.
   */
  readonly stop: () => Promise<void>;
}

/**
 * Starts a worker: sessions, and the agents, tools and teams that are given besides what every worker has. Resolves once it polls. It installs no
 * signal handler and never ends the process: call `stop`. Several may run in one process; their Temporal SDK logs through the first one.
 *
 * Rejects with a `ConfigError` (code `config_invalid`) for a mistake in the options or the environment, and with the codes
 * `temporal_unavailable` and, for an unsuitable Redis, `log_unavailable`. Each message says what to do. A Redis that is away is waited for.
 */
export async function startWorker(options: WorkerOptions = {}): Promise<RunningWorker> {
  const settings = await import('./settings.ts');
  settings.requireNode('startWorker');
  // Loaded on demand: an older Node could not, and would not say why.
  const [{ openWorker }, { projectFrom }] = await Promise.all([
    import('./worker.ts'),
    import('../project/load.ts'),
  ]);
  const { providers, agents, tools, teams, ...rest } = options;
  const given = settings.checkSettings('startWorker', settings.workerSettings, rest);
  const config = { ...(providers && { providers }), ...(agents && { agents }), ...(tools && { tools }) };
  const project = await projectFrom({ ...config, ...(teams && { teams }) }, process.cwd(), 'startWorker');
  const env = settings.environmentOf(given, process.env);
  const port = settings.portOf(env, 'CONVOKE_HEALTH_PORT');
  const health = port === undefined ? undefined : { port, host: given.host ?? '127.0.0.1' };
  const worker = await openWorker(settings.configFrom(given, env, project.providers), health, project);
  return {
    ended: worker.ended,
    isReady: () => worker.ready().catch(() => false),
    async stop() {
      worker.stop();
      // How it ended says `ended`.
      await worker.ended.catch(() => undefined);
    },
  };
}
