/** `convoke setup`: install what is missing on this machine. */
import { failureOf } from '../failure.ts';
import { Screen } from '../dev/screen.ts';
import { obtainChromium } from '../setup/chromium.ts';
import type { Environment } from '../environment.ts';
import type { Progress } from '../setup/programs.ts';
import { obtainRedis } from '../setup/redis.ts';
import { obtainTemporal } from '../setup/temporal.ts';

export interface SetupOptions {
  readonly chromium?: boolean;
  readonly json?: boolean;
}

type Obtain = (progress: Progress, env: Environment) => Promise<string>;

/** Tries everything, so that one missing piece does not hide another; throws the first failure at the end. */
export async function setup(options: SetupOptions, env: Environment = process.env): Promise<void> {
  const screen = new Screen(options.json === true);
  const pieces: readonly (readonly [string, Obtain])[] = [
    ['temporal', obtainTemporal],
    ['redis', obtainRedis],
    ...(options.chromium ? [['chromium', obtainChromium] as const] : []),
  ];
  const failures: unknown[] = [];
  for (const [name, obtain] of pieces) {
    try {
      await screen.step(name, (progress) => obtain(progress, env), { detail: (file) => file });
    } catch (error) {
      failures.push(error);
      if (failures.length > 1) screen.line(`  ${failureOf(error).message}`);
    }
  }
  if (failures.length > 0) throw failures[0];
}
