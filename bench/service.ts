/** Processes of the stage. */
import { eventually, startProcess, type TestProcess } from '../test/support/process.ts';

export type Environment = Readonly<Record<string, string>>;

/** A process that can be ended and started again. */
export class Service {
  readonly #start: () => Promise<TestProcess>;
  #process: TestProcess | null = null;

  constructor(start: () => Promise<TestProcess>) {
    this.#start = start;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Resolves once it says that it is ready. */
  async start(): Promise<void> {
    this.#process = await this.#start();
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    await this.#process?.end(signal);
    this.#process = null;
  }
}

/** A Node process that answers `/readyz`. */
export async function serving(args: readonly string[], port: number, env: Environment): Promise<TestProcess> {
  const started = startProcess(process.execPath, args, env);
  await ready(started, args, async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok);
  return started;
}

/** A Node process that says `ready`. */
export async function saying(args: readonly string[], env: Environment = {}): Promise<TestProcess> {
  const started = startProcess(process.execPath, args, env);
  await ready(started, args, () => started.output().includes('ready'));
  return started;
}

async function ready(
  started: TestProcess,
  args: readonly string[],
  ask: () => Promise<boolean> | boolean,
): Promise<void> {
  try {
    await eventually('it is ready', ask);
  } catch (error) {
    await started.end('SIGKILL');
    throw new Error(`${args.join(' ')}: ${started.output()}`, { cause: error });
  }
}
