/**
 * The figures of the product, measured beside a bare engine on the same servers. Starts everything itself and stops it.
 *
 *     npm run bench -- [--json] [--quick] [--only name,name]
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { msSince, nowUs } from './clock.ts';
import { failed, type NamedFigure } from './figure.ts';
import { measureAdmission } from './figures/admission.ts';
import { measureAttacks } from './figures/attacks.ts';
import { measureApprovals } from './figures/approvals.ts';
import { measureCancel } from './figures/cancel.ts';
import { measureClosed } from './figures/closed.ts';
import { measureConsole } from './figures/console.ts';
import { measureCpu } from './figures/cpu.ts';
import { measureConnections } from './figures/connections.ts';
import { measureCold } from './figures/cold.ts';
import { measureCrash } from './figures/crash.ts';
import { measureFanOut } from './figures/fan-out.ts';
import { measureHistory } from './figures/history.ts';
import { measureIdle } from './figures/idle.ts';
import { measureLimits } from './figures/limits.ts';
import { measureLoad } from './figures/load.ts';
import { measureLongSession } from './figures/long-session.ts';
import { measureMemory } from './figures/memory.ts';
import { measureNeighbour } from './figures/neighbour.ts';
import { measureOutage } from './figures/outage.ts';
import { measureOverload } from './figures/overload.ts';
import { measurePersisting } from './figures/persisting.ts';
import { measurePresence } from './figures/presence.ts';
import { measurePrompt } from './figures/prompt.ts';
import { measureRolling } from './figures/rolling.ts';
import { measureSeal } from './figures/seal.ts';
import { measureSteps } from './figures/steps.ts';
import { measureStorm } from './figures/storm.ts';
import { measureSummary } from './figures/summary.ts';
import { measureTeams } from './figures/teams.ts';
import { measureTokens } from './figures/tokens.ts';
import { measureWatchers } from './figures/watchers.ts';
import { othersSince, readUsage } from './noise.ts';
import { asJson, asTable, machine } from './report.ts';
import { startStage, type Stage } from './stage.ts';

type Measure = (stage: Stage, short: boolean) => Promise<readonly NamedFigure[]>;

/** In the order in which they run: those that end processes come last. */
const MEASUREMENTS: Readonly<Record<string, Measure>> = {
  history: measureHistory,
  idle: measureIdle,
  closed: measureClosed,
  persisting: measurePersisting,
  tokens: measureTokens,
  load: measureLoad,
  cpu: measureCpu,
  seal: measureSeal,
  steps: measureSteps,
  teams: measureTeams,
  approvals: measureApprovals,
  cancel: measureCancel,
  prompt: measurePrompt,
  long: measureLongSession,
  summary: measureSummary,
  memory: measureMemory,
  admission: measureAdmission,
  limits: measureLimits,
  presence: measurePresence,
  console: measureConsole,
  fanout: measureFanOut,
  connections: measureConnections,
  attacks: measureAttacks,
  neighbour: measureNeighbour,
  overload: measureOverload,
  watchers: measureWatchers,
  storm: measureStorm,
  rolling: measureRolling,
  crash: measureCrash,
  cold: measureCold,
  outage: measureOutage,
};

/** Above this share of the machine's CPU used by others a figure is for a look, not for a verdict. */
const QUIET = 0.1;

const BUILD = fileURLToPath(new URL('../scripts/build.mjs', import.meta.url));

function build(): void {
  // What it says is not part of the report.
  const { status } = spawnSync(process.execPath, [BUILD], { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error('the product cannot be built');
}

function chosen(only: string | undefined): readonly string[] {
  if (only === undefined) return Object.keys(MEASUREMENTS);
  const names = only.split(',');
  const unknown = names.find((name) => !Object.hasOwn(MEASUREMENTS, name));
  if (unknown !== undefined) {
    throw new Error(`--only ${unknown}: use some of ${Object.keys(MEASUREMENTS).join(', ')}`);
  }
  return Object.keys(MEASUREMENTS).filter((name) => names.includes(name));
}

interface Results {
  readonly figures: readonly NamedFigure[];
  /** Measurements beside which others used more than `QUIET`, with their share. */
  readonly disturbed: readonly string[];
}

/** One that fails is told as a figure and costs the others nothing. */
async function measure(names: readonly string[], short: boolean): Promise<Results> {
  console.error('Starting Temporal, Redis and both engines …');
  const stage = await startStage();
  process.once('SIGINT', () => void stage.stop().finally(() => process.exit(130)));
  const figures: NamedFigure[] = [];
  const disturbed: string[] = [];
  try {
    for (const name of names) {
      const start = nowUs();
      const before = readUsage();
      try {
        figures.push(...((await MEASUREMENTS[name]?.(stage, short)) ?? []));
      } catch (error) {
        console.error(error);
        figures.push(failed(name, error));
      }
      const others = othersSince(before) ?? 0;
      const share = `${(others * 100).toFixed(0)} %`;
      if (others > QUIET) disturbed.push(`${name} ${share}`);
      console.error(`${name}: ${(msSince(start) / 1000).toFixed(0)} s, others used ${share} of the CPU`);
    }
  } finally {
    await stage.stop();
  }
  return { figures, disturbed };
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
    },
  });
  const names = chosen(values.only);
  build();
  const { figures, disturbed } = await measure(names, values.quick);
  if (values.json) console.log(asJson(figures));
  else {
    const noise = disturbed.length === 0 ? '' : `\nOthers used the CPU beside: ${disturbed.join(', ')}.`;
    console.log(`${machine()}${noise}\n\n${asTable(figures)}`);
  }
  return figures.every(({ value }) => !Number.isNaN(value));
}

try {
  process.exit((await main()) ? 0 : 1);
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  console.error(error);
  process.exit(1);
}
