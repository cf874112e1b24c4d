/** Tells gateways what this worker has of its own, for as long as it runs. */
import { LIMITS, type Catalog } from '../contracts/index.ts';
import type { Catalogs } from '../log/index.ts';

/** Resolves once it has been told, or Redis is away; what it returns ends it. */
export async function announce(catalogs: Catalogs, catalog: Catalog): Promise<() => void> {
  // While Redis is away nobody asks either.
  const tell = (): Promise<void> => catalogs.announce(catalog).catch(() => undefined);
  await tell();
  const timer = setInterval(() => void tell(), LIMITS.catalogEveryMs);
  return () => clearInterval(timer);
}
