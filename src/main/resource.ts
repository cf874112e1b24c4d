/** Who reports, in the terms of OpenTelemetry. */
import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import type { Resource } from '@opentelemetry/resources';

/** Of `package.json`, which stands beside the build and above the sources. */
export function version(): string {
  const require = createRequire(import.meta.url);
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      return String((require(path) as { version?: unknown }).version); // safety: any JSON of an object
    } catch {
      // It is the other one.
    }
  }
  return 'unknown';
}

export function whoReports(role: 'gateway' | 'worker'): Readonly<Record<string, string>> {
  return {
    'service.name': `convoke-${role}`,
    'service.version': version(),
    'service.instance.id': `${hostname()}:${process.pid}`,
  };
}

export async function resourceOf(role: 'gateway' | 'worker'): Promise<Resource> {
  const { resourceFromAttributes } = await import('@opentelemetry/resources');
  return resourceFromAttributes(whoReports(role));
}
