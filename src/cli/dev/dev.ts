/** `convoke dev`: everything that a session needs, as separate processes, under one supervisor. */
import { mkdirSync } from 'node:fs';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { demoSummary, runDemo } from './demo.ts';
import type { DemoResult } from './demo.ts';
import type { CheckedConfig } from '../commands/check.ts';
import type { Roles } from '../commands/role-commands.ts';
import { CliError, configMistake, failureOf } from '../failure.ts';
import { chooseModel } from '../setup/model.ts';
import type { ModelChoice } from '../setup/model.ts';
import { obtainRedis } from '../setup/redis.ts';
import { forServer, obtainTemporal } from '../setup/temporal.ts';
import { checkConfig } from './check.ts';
import { nextSteps } from './next-steps.ts';
import { planStack } from './plan.ts';
import type { DevOptions, DevPlan } from './plan.ts';
import { freePort } from './ports.ts';
import { isHealthy } from './probe.ts';
import { Reloader } from './reload.ts';
import { Screen } from './screen.ts';
import { gatewaySpec, gatewayUrl, redisSpec, temporalSpec, workerSpec } from './specs.ts';
import { Stack } from './stack.ts';
import { claimHome, clearState, homeFolder, writeState } from './state.ts';
import type { DevState } from './state.ts';
import { SECRETS, setting, withSecrets } from '../environment.ts';
import type { Environment } from '../environment.ts';

/** A second signal within this time is the same one by another route (terminal, npm), ms. */
const SAME_SIGNAL_MS = 1_000;
/** Grace for whatever is still running after everything was stopped, ms. */
const LINGER_MS = 500;

interface Dev {
  readonly options: DevOptions;
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
  readonly screen: Screen;
  readonly stack: Stack;
  readonly plan: DevPlan;
  readonly model: ModelChoice;
  /** `performance.now()` at the start. */
  readonly began: number;
}

/** Runs until a signal. `temporal`: examines one that somebody else runs. If it cannot start, it stops what it has started and throws the reason. */
export async function runDev(options: DevOptions, temporal: Roles['temporal']): Promise<void> {
  const env = withSecrets(process.env, SECRETS, configMistake);
  const began = performance.now();
  const screen = new Screen(options.json);
  const home = homeFolder(env);
  const state = await claimHome(home, (name, pid) => {
    screen.line(
      `  ${screen.paint('yellow', '!')} ${name} (process ${pid}) was left over from a killed start; stopping it`,
    );
  });
  try {
    const plan = await planStack(options, env, isHealthy);
    if (!plan.temporal.own) await requireTemporal(temporal, env);
    const model = await chooseModel(env);
    const stack = new Stack({
      tell: (name, news) => screen.news(name, news),
      changed: () => save(home, state, plan, stack),
    });
    await supervise({ options, env, home, screen, stack, plan, model, began });
  } finally {
    clearState(home);
  }
}

/** Nothing is changed there, because the server is not ours. Throws the code and the sentences of what a gateway would miss. */
async function requireTemporal(temporal: Roles['temporal'], env: Environment): Promise<void> {
  const { address, fault } = await temporal(env);
  if (!fault) return;
  const { code, found, fix } = fault;
  throw new CliError(code, `${found} To mend it: ${forServer(fix, address, env)}`);
}

function save(home: string, state: DevState, plan: DevPlan, stack: Stack): void {
  try {
    writeState(home, { ...state, url: plan.url, processes: [...plan.external, ...stack.processes] });
  } catch {
    // Somebody removed the folder: the processes keep running, but `ps` cannot see them.
  }
}

async function supervise(dev: Dev): Promise<void> {
  const { screen, stack } = dev;
  const kill = (): void => stack.kill();
  process.once('exit', kill);
  const asked = stopRequest(() => {
    kill();
    process.exit(1);
  });
  const start = startAndShow(dev);
  try {
    await Promise.race([start, asked.request]);
    await asked.request;
    screen.forgetSteps();
    screen.line(`\n  Stopping (Ctrl-C again to stop at once) …`);
  } finally {
    // It ended because it was asked to; there is nothing to report.
    const reloader = start.catch(() => null);
    const began = performance.now();
    await stack.stop();
    await (await reloader)?.stop();
    asked.forget();
    process.removeListener('exit', kill);
    screen.object({ event: 'stopped', ms: Math.round(performance.now() - began) });
    setTimeout(() => process.exit(), LINGER_MS).unref();
  }
  screen.line(`  Everything has stopped. State and logs are kept in ${dev.home}`);
}

/** Resolves at the first signal; a later one calls `again`. */
function stopRequest(again: () => void): { readonly request: Promise<void>; forget(): void } {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let first = 0;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const listener = (): void => {
    if (first === 0) first = Date.now();
    else if (Date.now() - first > SAME_SIGNAL_MS) again();
    resolve(undefined);
  };
  for (const signal of signals) process.on(signal, listener);
  return {
    request: promise,
    forget() {
      for (const signal of signals) process.removeListener(signal, listener);
    },
  };
}

/** Resolves once everything runs, with what watches the configuration; null if it was asked to stop meanwhile. */
async function startAndShow(dev: Dev): Promise<Reloader | null> {
  const { screen, home, model, plan, options, stack, began } = dev;
  screen.line(
    `\n  ${screen.paint('bold', 'Convoke')}  ${screen.paint('dim', `Node ${process.versions.node} · state and logs in ${home}`)}\n`,
  );
  const reloader = await startProcesses(dev);
  if (stack.isStopping()) return null;
  screen.line(`\n  ${screen.paint('dim', model.says)}`);
  const result = options.demo ? await demo(dev) : null;
  if (stack.isStopping()) return null;
  const readyMs = performance.now() - began;
  screen.object({ event: 'ready', url: plan.url, session: result?.session ?? null, ms: Math.round(readyMs) });
  const partners = { session: result?.session ?? null, agents: reloader.agents };
  screen.line(nextSteps(plan, partners, dev.env, screen));
  reloader.begin();
  return reloader;
}

/** A failed demo is reported, and everything stays up: the reason is often a model's key. */
async function demo({ plan, model, screen, stack, began }: Dev): Promise<DemoResult | null> {
  try {
    const startedMs = performance.now() - began;
    const result = await runDemo(plan.url, model.model, screen);
    const sinceStart = startedMs + (result.firstTokenMs ?? 0);
    screen.object({ event: 'demo', ...result, firstTokenSinceStartMs: Math.round(sinceStart) });
    screen.line(`\n  ${screen.paint('dim', demoSummary(result, sinceStart))}`);
    return result;
  } catch (error) {
    if (stack.isStopping()) return null;
    const { code, message } = failureOf(error);
    screen.object({ event: 'demo-failed', code, message });
    screen.line(`\n  ${screen.paint('yellow', '!')} The first session failed: ${code}: ${message}`);
    return null;
  }
}

/** Resolves with what watches the configuration. Throws `config_invalid`, `start_failed`, and what is missing on this machine. */
async function startProcesses(dev: Dev): Promise<Reloader> {
  const { env, home, screen, stack, plan } = dev;
  const { temporal, redis } = plan;
  const [temporalProgram, redisProgram] = await Promise.all([
    temporal.own
      ? screen.step('Temporal CLI', (progress) => obtainTemporal(progress, env), { quiet: true })
      : null,
    redis.ownPort === null
      ? null
      : screen.step('Redis server', (progress) => obtainRedis(progress, env), { quiet: true }),
  ]);
  mkdirSync(join(home, 'redis'), { recursive: true });
  const startTemporal = async (): Promise<void> => {
    const { own, namespace } = temporal;
    if (!own || !temporalProgram) return;
    const spec = temporalSpec({ program: temporalProgram, home, namespace, ...own }, env);
    await screen.step('temporal', () => stack.start(spec), { detail: () => temporal.address });
  };
  const startRedis = async (): Promise<void> => {
    if (redis.ownPort === null || !redisProgram) return;
    const spec = redisSpec(redisProgram, home, redis.ownPort, env);
    await screen.step('redis', () => stack.start(spec), { detail: () => redis.url });
  };
  const reloader = watchConfig(dev);
  const workers = Promise.all([reloader, startTemporal()]).then(() => startWorkers(dev));
  // A gateway waits for its servers by itself; a worker exits if Temporal is not there.
  await Promise.all([workers, startRedis(), startGateways(dev)]);
  return reloader;
}

/** Checks the configuration before a worker loads it, and watches it from then on. */
async function watchConfig(dev: Dev): Promise<Reloader> {
  const check = (): Promise<CheckedConfig> => checkConfig(roleEnv(dev));
  const checked = await check();
  if (checked.error) throw new CliError(checked.error.code, checked.error.message);
  return new Reloader(checked, {
    ...{ folder: process.cwd(), check },
    replace: () => replaceWorkers(dev),
    tell: (news) => dev.screen.reload(news),
  });
}

async function startWorkers(dev: Dev): Promise<void> {
  const { screen, stack, plan, home } = dev;
  await Promise.all(
    plan.workerPorts.map(async (port, index) => {
      const spec = workerSpec(index + 1, home, port, roleEnv(dev));
      await screen.step(spec.name, () => stack.start(spec));
    }),
  );
}

/** One after the other, so that most of them serve all the time. */
async function replaceWorkers(dev: Dev): Promise<void> {
  for (const index of dev.plan.workerPorts.keys()) {
    await dev.stack.replace(workerSpec(index + 1, dev.home, await freePort(), roleEnv(dev)));
  }
}

async function startGateways(dev: Dev): Promise<void> {
  const { screen, stack, plan, home } = dev;
  await Promise.all(
    plan.gatewayPorts.map(async (port, index) => {
      const at = { host: plan.host, port };
      const spec = gatewaySpec(index + 1, home, at, roleEnv(dev));
      await screen.step(spec.name, () => stack.start(spec), { detail: () => gatewayUrl(plan.host, port) });
    }),
  );
}

/** Without what is meant for another Temporal than the one that we start: a profile, an API key, certificates. */
function withoutTemporal(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const others = Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_'));
  return { ...Object.fromEntries(others), TEMPORAL_CONFIG_FILE: devNull };
}

/** Where the pages of this stack are, unless the environment says so. */
function linksIn({ host, gatewayPorts, temporal }: Dev['plan'], env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const [port = 0] = gatewayPorts;
  const ui = temporal.own ? `http://localhost:${temporal.own.uiPort}` : undefined;
  const given = setting(env, 'CONVOKE_TEMPORAL_UI') ?? ui;
  return {
    CONVOKE_CONSOLE_URL: setting(env, 'CONVOKE_CONSOLE_URL') ?? `${gatewayUrl(host, port)}/console`,
    ...(given === undefined ? {} : { CONVOKE_TEMPORAL_UI: given }),
  };
}

/** The environment of workers and gateways. */
function roleEnv({ options, env, home, plan, model }: Dev): NodeJS.ProcessEnv {
  return {
    ...(plan.temporal.own ? withoutTemporal(env) : env),
    CONVOKE_HOME: home,
    TEMPORAL_ADDRESS: plan.temporal.address,
    TEMPORAL_NAMESPACE: plan.temporal.namespace,
    REDIS_URL: plan.redis.url,
    CONVOKE_ARCHIVE_URL: setting(env, 'CONVOKE_ARCHIVE_URL') ?? `sqlite:${join(home, 'archive.db')}`,
    CONVOKE_DEV: '1',
    ...linksIn(plan, env),
    // What Node has compiled: a worker that replaces another one needs a third less CPU to start.
    NODE_COMPILE_CACHE: setting(env, 'NODE_COMPILE_CACHE') ?? join(home, 'compiled'),
    ...(options.config === undefined ? {} : { CONVOKE_CONFIG: options.config }),
    ...model.env,
  };
}
