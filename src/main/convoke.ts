/** The command `convoke`: its roles are composed here; its other commands are clients of a running gateway. */
import { inspect } from 'node:util';
import { BackupError } from '../archive/backup-error.ts';
import { showBackedUp, showRestored } from '../cli/commands/backup.ts';
import { createProgram } from '../cli/index.ts';
import { isConvokeError, withoutCredentials } from '../contracts/index.ts';
import { ConfigError } from '../project/config-error.ts';

/** A process that cannot start says why in one line; the stack is shown only at log level `debug`. */
async function reporting(run: () => Promise<void>): Promise<void> {
  try {
    await run();
    // Leftovers (a Redis that is away, a lingering socket) must not keep the process alive.
    process.exit(0);
  } catch (error) {
    const known = [ConfigError, BackupError].some((kind) => error instanceof kind) || isConvokeError(error);
    const message = error instanceof Error ? error.message : String(error);
    console.error(`convoke: ${known ? '' : 'cannot run: '}${withoutCredentials(message)}`);
    if (process.env['CONVOKE_LOG_LEVEL'] === 'debug') console.error(withoutCredentials(inspect(error)));
    process.exit(1);
  }
}

await createProgram({
  // Loaded on demand: the other commands start ten times faster without Temporal's native library.
  gateway: ({ port, host }) =>
    reporting(async () => {
      const [{ runGateway }, { readConfig }] = await Promise.all([
        import('./gateway.ts'),
        import('./config.ts'),
      ]);
      await runGateway(readConfig(process.env), port, host);
    }),
  worker: ({ healthPort, config: file }) =>
    reporting(async () => {
      const [{ runWorker }, { readConfig }, { loadProject }] = await Promise.all([
        import('./worker.ts'),
        import('./config.ts'),
        import('../project/load.ts'),
      ]);
      const health = healthPort === undefined ? undefined : { port: healthPort, host: '127.0.0.1' };
      const project = await loadProject({ folder: process.cwd(), file });
      await runWorker(readConfig(process.env, project?.providers), health, project ?? {});
    }),
  backup: (file) =>
    reporting(async () => {
      const [{ backUp }, { readConfig }] = await Promise.all([import('./backup.ts'), import('./config.ts')]);
      showBackedUp(await backUp(readConfig(process.env), file), file);
    }),
  restore: (file) =>
    reporting(async () => {
      const [{ restore }, { readConfig }] = await Promise.all([import('./backup.ts'), import('./config.ts')]);
      showRestored(await restore(readConfig(process.env), file));
    }),
  rewrap: () =>
    reporting(async () => {
      const [{ rewrap }, { readConfig }] = await Promise.all([import('./seal.ts'), import('./config.ts')]);
      await rewrap(readConfig(process.env));
    }),
  rotate: (tenant) =>
    reporting(async () => {
      const [{ rotate }, { readConfig }] = await Promise.all([import('./seal.ts'), import('./config.ts')]);
      await rotate(readConfig(process.env), tenant);
    }),
  check: async ({ config: file }) => {
    const { checkProject } = await import('./check.ts');
    return checkProject(process.env, { folder: process.cwd(), file });
  },
  temporal: async (env) => {
    const { examineTemporal } = await import('./examine-temporal.ts');
    return examineTemporal(env);
  },
}).parseAsync();
