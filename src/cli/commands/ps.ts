/** `convoke ps`: the processes of the development stack in this folder, and their health. */
import { isAlive } from '../dev/identity.ts';
import { isHealthy } from '../dev/probe.ts';
import { homeFolder, runningState } from '../dev/state.ts';
import type { ProcessKind, ProcessState } from '../dev/state.ts';
import { notRunning } from '../gateway-api.ts';
import { table } from '../terminal.ts';

export interface ProcessRow {
  readonly name: string;
  readonly kind: ProcessKind;
  /** Null: external, or down at the moment. */
  readonly pid: number | null;
  readonly port: number;
  readonly healthy: boolean;
}

export async function rowOf({ name, kind, port, probe, identity, log }: ProcessState): Promise<ProcessRow> {
  const alive = identity !== undefined && isAlive(identity);
  // Without a log it is external: only its port can be probed. Our own must also be alive, or another process may be answering.
  const healthy = (alive || log === undefined) && (await isHealthy(probe));
  return { name, kind, pid: alive ? identity.pid : null, port, healthy };
}

/** Throws `not_running` if there is none; with `--json` that is an empty list. */
export async function ps(options: { readonly json?: boolean }): Promise<void> {
  const home = homeFolder();
  const state = runningState(home);
  if (!state && !options.json) throw notRunning(home);
  const rows = await Promise.all((state?.processes ?? []).map(rowOf));
  if (options.json) {
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    return;
  }
  const cells = rows.map(({ name, kind, pid, port, healthy }) => [
    name,
    kind,
    pid === null ? '-' : String(pid),
    String(port),
    healthy ? 'yes' : 'no',
  ]);
  process.stdout.write(table([['NAME', 'KIND', 'PID', 'PORT', 'HEALTHY'], ...cells]));
  process.stdout.write(`Logs: ${home}/logs\n`);
}
