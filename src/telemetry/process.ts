/** What a process tells of itself. */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Metrics } from './metrics.ts';

/** How often the event loop is looked at, ms. */
const RESOLUTION_MS = 20;
const PERCENTILES = [50, 99, 100] as const;

/** `who`: what is told of it in `convoke_build_info`. */
export function measureProcess(
  metrics: Metrics,
  who: { readonly version: string; readonly role: string },
): void {
  metrics.read('convoke_build_info', () => [[who, 1]]);
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  metrics.read('convoke_event_loop_delay_seconds', () => {
    // What it measures is the time between two looks.
    const late = (percentile: number): number =>
      Math.max(0, (delay.percentile(percentile) / 1e6 - RESOLUTION_MS) / 1000);
    const told = PERCENTILES.map((each) => [{ percentile: String(each) }, late(each)] as const);
    delay.reset();
    return told;
  });
  let before = performance.eventLoopUtilization();
  metrics.read('convoke_event_loop_utilization', () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return [[{}, utilization]];
  });
  metrics.read('convoke_heap_bytes', () => {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    return [
      [{ kind: 'used' }, used],
      [{ kind: 'limit' }, limit],
    ];
  });
  metrics.read('process_resident_memory_bytes', () => [[{}, process.memoryUsage.rss()]]);
  metrics.read('process_cpu_seconds_total', () => {
    const { user, system } = process.cpuUsage();
    return [[{}, (user + system) / 1e6]];
  });
  metrics.read('process_start_time_seconds', () => [[{}, performance.timeOrigin / 1000]]);
}
