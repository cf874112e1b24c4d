/** How busy others keep the machine: figures taken beside other work say little. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** CPU time in ticks since the machine was started. */
interface Usage {
  readonly all: number;
  readonly busy: number;
  /** Of this process and all that it has started. */
  readonly ours: number;
}

/** Fields of `/proc/<pid>/stat` after the name, which may hold spaces; the first is the state. */
function statOf(pid: string): readonly number[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
  } catch {
    // It has ended meanwhile; its time is in that of its parent.
    return [];
  }
}

/** Own time and that of ended children, which the kernel adds to their parent's. */
function ticksOf(stat: readonly number[]): number {
  return stat.slice(11, 15).reduce((sum, ticks) => sum + ticks, 0);
}

function ticksOfTree(root: number): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const stats = new Map(pids.map((pid) => [Number(pid), statOf(pid)]));
  const below = (pid: number): number => {
    const children = [...stats].filter(([, stat]) => stat[1] === pid);
    return ticksOf(stats.get(pid) ?? []) + children.reduce((sum, [child]) => sum + below(child), 0);
  };
  return below(root);
}

/** Null where the kernel does not tell. */
export function readUsage(): Usage | null {
  if (!existsSync('/proc/stat')) return null;
  const line = readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '';
  // user nice system idle iowait irq softirq steal
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const all = ticks.reduce((sum, each) => sum + each, 0);
  const idle = (ticks[3] ?? 0) + (ticks[4] ?? 0);
  return { all, busy: all - idle, ours: ticksOfTree(process.pid) };
}

/** The share of all CPUs, 0 to 1, that others used since `before`; null where the kernel does not tell. */
export function othersSince(before: Usage | null): number | null {
  const now = readUsage();
  if (!before || !now) return null;
  const others = now.busy - before.busy - (now.ours - before.ours);
  return Math.max(0, others) / Math.max(1, now.all - before.all);
}
