/**
 * The figures of the issue, measured beside a bare engine on the same servers. Starts everything itself and stops it.
 *
 *     npm run bench -- [--json] [--quick] [--only name,name]
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { msSince, nowUs } from './clock.ts';
import type { NamedFigure } from './figure.ts';
import { measureCrash } from './figures/crash.ts';
import { measureHistory } from './figures/history.ts';
import { measureIdle } from './figures/idle.ts';
import { measureLoad } from './figures/load.ts';
import { measureLongSession } from './figures/long-session.ts';
import { measureTokens } from './figures/tokens.ts';
import { asJson, asTable, machine } from './report.ts';
import { startStage, type Stage } from './stage.ts';

type Measure = (stage: Stage, short: boolean) => Promise<readonly NamedFigure[]>;

/** In the order in which they run. */
const MEASUREMENTS: Readonly<Record<string, Measure>> = {
  history: measureHistory,
  idle: measureIdle,
  tokens: measureTokens,
  load: measureLoad,
  long: measureLongSession,
  crash: measureCrash,
};

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

async function measure(names: readonly string[], short: boolean): Promise<readonly NamedFigure[]> {
  console.error('Starting Temporal, Redis and both engines …');
  const stage = await startStage();
  process.once('SIGINT', () => void stage.stop().finally(() => process.exit(130)));
  const figures: NamedFigure[] = [];
  try {
    for (const name of names) {
      const start = nowUs();
      figures.push(...((await MEASUREMENTS[name]?.(stage, short)) ?? []));
      console.error(`${name}: ${(msSince(start) / 1000).toFixed(0)} s`);
    }
  } finally {
    await stage.stop();
  }
  return figures;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
    },
  });
  const names = chosen(values.only);
  build();
  const figures = await measure(names, values.quick);
  console.log(values.json ? asJson(figures) : `${machine()}\n\n${asTable(figures)}`);
}

try {
  await main();
  process.exit(0);
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  console.error(error);
  process.exit(1);
}
