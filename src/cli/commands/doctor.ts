/** `convoke doctor`: what is installed, what is missing, and the command that fixes it. */
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { portUser } from '../dev/owner.ts';
import { portProblem } from '../dev/ports.ts';
import { isHealthy, redisProbe } from '../dev/probe.ts';
import { configMistake } from '../failure.ts';
import { homeFolder, runningState } from '../dev/state.ts';
import type { DevState } from '../dev/state.ts';
import { chromiumFix, findChromium } from '../setup/chromium.ts';
import { chooseModel, OPENAI } from '../setup/model.ts';
import { run } from '../setup/programs.ts';
import { findRedis, redisFix, redisVersion } from '../setup/redis.ts';
import { findTemporal, forServer, TEMPORAL_FIX } from '../setup/temporal.ts';
import { painter, table } from '../terminal.ts';
import { SECRETS, setting, withSecrets } from '../environment.ts';
import type { Environment } from '../environment.ts';
import { redisUrlFault } from '../redis-url.ts';
import type { Roles } from './role-commands.ts';

export interface Finding {
  readonly name: string;
  /** `missing`: something required is missing. `warning`: it works, with a restriction. */
  readonly status: 'ok' | 'warning' | 'missing';
  readonly found: string;
  /** The command or action that fixes it; absent if nothing is wrong. */
  readonly fix?: string;
}

/** What is checked; the ports are those that `convoke dev` would use. */
export interface DoctorPlan {
  readonly port: number;
  readonly temporalPort: number;
  readonly temporalUiPort: number;
  readonly env: Environment;
  readonly temporal: Roles['temporal'];
}

/** Whoever sets one of these has a Temporal of their own. */
const NAMES_TEMPORAL = ['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_CONFIG_FILE'];
const NODE_MAJOR = 24;
const VERSION_MS = 10_000;
const MODEL_MS = 5_000;
const BUNDLE = fileURLToPath(new URL('../../../workflow-bundle.js', import.meta.url));

export async function examine(asked: DoctorPlan): Promise<readonly Finding[]> {
  const env = withSecrets(asked.env, SECRETS, configMistake);
  const plan = { ...asked, env };
  return Promise.all([
    node(),
    build(),
    temporal(plan),
    redis(env),
    ...ports(plan),
    stateFolder(env),
    model(env),
    chromium(env),
  ]);
}

async function node(): Promise<Finding> {
  const found = `Node ${process.versions.node} at ${process.execPath}`;
  const good = Number(process.versions.node.split('.')[0]) >= NODE_MAJOR;
  return good ? ok('node', found) : { name: 'node', status: 'missing', found, fix: 'npm ci' };
}

async function build(): Promise<Finding> {
  return existsSync(BUNDLE)
    ? ok('build', 'the product and its workflow bundle')
    : { name: 'build', status: 'missing', found: 'no workflow bundle', fix: 'npm run build' };
}

async function temporal(plan: DoctorPlan): Promise<Finding> {
  const { env } = plan;
  const named = NAMES_TEMPORAL.filter((each) => setting(env, each) !== undefined);
  if (named.length > 0) return another({ env, examine: plan.temporal, named: named.join(', ') });
  const program = findTemporal(env);
  if (!program) return { name: 'temporal', status: 'missing', found: 'no Temporal CLI', fix: TEMPORAL_FIX };
  return ok('temporal', `${await versionOf(program)} at ${program}`);
}

/** A server that is named by the environment: what a gateway would say of it. */
async function another({
  env,
  examine: ask,
  named,
}: {
  readonly env: Environment;
  readonly examine: DoctorPlan['temporal'];
  readonly named: string;
}): Promise<Finding> {
  const { address, fault } = await ask(env);
  if (!fault) return ok('temporal', `${named}: the server at ${address} has what sessions need`);
  const { code, found, fix } = fault;
  if (code === 'temporal_unavailable') {
    const start = `start that server, or: unset ${named}`;
    return { name: 'temporal', status: 'missing', found: `no server answers at ${address}`, fix: start };
  }
  return { name: 'temporal', status: 'missing', found, fix: forServer(fix, address, env) };
}

async function redis(env: Environment): Promise<Finding> {
  const url = setting(env, 'REDIS_URL');
  if (url) {
    const fault = redisUrlFault(url);
    if (fault === null && (await isHealthy(redisProbe(url)))) return ok('redis', 'REDIS_URL answers');
    const found = fault === null ? 'no server answers at REDIS_URL' : `REDIS_URL: ${fault}`;
    const fix = fault === null ? 'start that server, or: unset REDIS_URL' : 'correct it, or: unset REDIS_URL';
    return { name: 'redis', status: 'missing', found, fix };
  }
  const program = findRedis(env);
  if (!program)
    return {
      name: 'redis',
      status: 'missing',
      found: 'no redis-server or valkey-server',
      fix: redisFix(env),
    };
  const { version, tooOld } = await redisVersion(program);
  if (!tooOld) return ok('redis', `${version} at ${program}`);
  const fix = 'install Redis 7 or newer (or Valkey), or set REDIS_URL to a running one';
  return { name: 'redis', status: 'missing', found: `${version} at ${program} is too old`, fix };
}

async function versionOf(program: string): Promise<string> {
  const { output } = await run(program, ['--version'], { timeoutMs: VERSION_MS });
  return /(Server )?[1-9]\d*\.\d+\.\d+/.exec(output)?.[0] ?? 'unknown version';
}

function ports({ port, temporalPort, temporalUiPort, env }: DoctorPlan): readonly Promise<Finding>[] {
  const wanted = [
    { what: 'gateway', port, option: '--port' },
    { what: 'temporal', port: temporalPort, option: '--temporal-port' },
    { what: 'temporal-ui', port: temporalUiPort, option: '--temporal-ui-port' },
  ];
  const stack = runningState(homeFolder(env));
  return (setting(env, 'TEMPORAL_ADDRESS') ? wanted.slice(0, 1) : wanted).map((each) =>
    portFinding(each, stack),
  );
}

async function portFinding(
  { what, port, option }: { readonly what: string; readonly port: number; readonly option: string },
  stack: DevState | null,
): Promise<Finding> {
  const name = `port ${what}`;
  const other = `npx convoke dev ${option} ${port + 1}`;
  const problem = await portProblem(port);
  if (problem === null) return ok(name, `${port} is free`);
  if (problem === 'forbidden') return { name, status: 'warning', found: `${port} needs root`, fix: other };
  const { who, stop, owner } = portUser(port);
  const own = stack?.processes.some(({ identity }) => identity?.pid === owner?.pid) ?? false;
  if (own) return ok(name, `${port} is in use by the "convoke dev" of this folder`);
  return { name, status: 'warning', found: `${port} is in use by ${who}`, fix: `${stop}, or: ${other}` };
}

async function stateFolder(env: Environment): Promise<Finding> {
  const home = homeFolder(env);
  let folder = home;
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch {
    const fix = 'CONVOKE_HOME=~/.local/state/convoke npx convoke dev';
    return { name: 'state folder', status: 'missing', found: `${folder} cannot be written`, fix };
  }
  const running = runningState(home);
  return ok('state folder', running ? `${home}, used by process ${running.supervisor.pid}` : home);
}

async function model(env: Environment): Promise<Finding> {
  const choice = await chooseModel(env);
  const name = 'model';
  if (!choice.model) {
    const incomplete = (setting(env, 'OPENAI_BASE_URL') ?? setting(env, 'OPENAI_API_KEY')) !== undefined;
    if (!incomplete) return ok(name, choice.says);
    return { name, status: 'warning', found: choice.says, fix: 'export CONVOKE_MODEL=gpt-4.1-mini' };
  }
  const { OPENAI_BASE_URL: base, OPENAI_API_KEY: key } = choice.env;
  const url = `${(base ?? OPENAI).replace(/\/+$/, '')}/models`;
  const status = await statusOf(url, key);
  if (status === 401 || status === 403) {
    return {
      name,
      status: 'warning',
      found: `${choice.says} refuses the key`,
      fix: 'export OPENAI_API_KEY=…',
    };
  }
  // Some endpoints have no list of models; any answer is enough.
  if (status !== null) return ok(name, choice.says);
  return { name, status: 'warning', found: `${choice.says} does not answer`, fix: `curl -i ${url}` };
}

async function statusOf(url: string, key: string | undefined): Promise<number | null> {
  try {
    const headers = key ? { Authorization: `Bearer ${key}` } : undefined;
    const response = await fetch(url, {
      signal: AbortSignal.timeout(MODEL_MS),
      ...(headers ? { headers } : {}),
    });
    await response.body?.cancel();
    return response.status;
  } catch {
    return null;
  }
}

async function chromium(env: Environment): Promise<Finding> {
  const program = findChromium(env);
  if (program) return ok('chromium', program);
  const found = 'no Chromium; only the browser tests need it';
  return { name: 'chromium', status: 'warning', found, fix: chromiumFix(env) };
}

function ok(name: string, found: string): Finding {
  return { name, status: 'ok', found };
}

/** Writes the report; the exit code is 1 if something needed is missing. */
export async function doctor(plan: DoctorPlan, json: boolean): Promise<void> {
  const findings = await examine(plan);
  const healthy = findings.every(({ status }) => status !== 'missing');
  if (json) process.stdout.write(`${JSON.stringify({ ok: healthy, checks: findings }, null, 2)}\n`);
  else process.stdout.write(report(findings));
  if (!healthy) process.exitCode = 1;
}

export function report(findings: readonly Finding[], output: NodeJS.WriteStream = process.stdout): string {
  const paint = painter(output);
  const marks = { ok: ['green', '✓'], warning: ['yellow', '!'], missing: ['red', '✗'] } as const;
  const lines = table(findings.map(({ name, found }) => [name, found])).split('\n');
  return findings
    .map(({ status, fix }, index) => {
      const [style, mark] = marks[status];
      const line = `  ${paint(style, mark)} ${lines[index] ?? ''}\n`;
      return fix ? `${line}      ${paint('dim', 'fix:')} ${fix}\n` : line;
    })
    .join('');
}
