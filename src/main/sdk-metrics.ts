/** Metrics of Temporal's native library: it counts by itself, once for a process, and tells it at a port of its own on this machine. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { MetricsExporterConfig } from '@temporalio/worker';
import type { MetricsConfig } from './metrics-config.ts';
import { whoReports } from './resource.ts';

let url: string | undefined;

/** Where they are told; undefined: they are not counted. */
export function sdkMetricsUrl(): string | undefined {
  return url;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo; // safety: it listens on a port
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What the runtime is told of them; undefined: nobody asks. `installed` is to be called once it has been. */
export async function sdkMetrics(
  config: MetricsConfig | undefined,
): Promise<{ readonly options: MetricsExporterConfig; readonly installed: () => void } | undefined> {
  if (!config) return undefined;
  const names = { metricPrefix: 'temporal_', attachServiceName: false };
  if (config.port === undefined) {
    if (!config.otlp) return undefined;
    const otel = {
      ...{ url: config.otlp.url, http: true, useSecondsForDurations: true },
      metricsExportInterval: config.otlp.everyMs,
    };
    // Attributes of its resource. The library names no process: all workers would push the same series.
    const globalTags = whoReports('worker');
    return { options: { ...names, globalTags, otel }, installed: () => undefined };
  }
  const bindAddress = `127.0.0.1:${await freePort()}`;
  const prometheus = {
    bindAddress,
    countersTotalSuffix: true,
    unitSuffix: true,
    useSecondsForDurations: true,
  };
  return {
    options: { ...names, prometheus },
    installed: () => {
      url = `http://${bindAddress}/metrics`;
    },
  };
}
