/** Can this gateway serve? Asked by load balancers, often and without a key: so one round of checks serves everybody who asks meanwhile. */

/** One thing that must work; rejects if it does not. */
export type Check = () => Promise<unknown>;

export interface ReadinessReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, 'ok' | 'failed' | 'timeout'>>;
}

export interface Readiness {
  report(): Promise<ReadinessReport>;
}

/** A check that takes longer has failed, ms. */
const CHECK_MS = 1_000;
/** A report is this fresh, ms. */
const FRESH_MS = 500;

async function run(check: Check): Promise<'ok' | 'failed' | 'timeout'> {
  const { promise, resolve } = Promise.withResolvers<'timeout'>();
  const timer = setTimeout(() => resolve('timeout'), CHECK_MS);
  const tried = (async () => check())().then(
    () => 'ok' as const,
    () => 'failed' as const,
  );
  return Promise.race([tried, promise]).finally(() => clearTimeout(timer));
}

/** `needed` decide; `others` are only told: a gateway without them still serves. */
export function createReadiness(
  needed: Readonly<Record<string, Check>>,
  others: Readonly<Record<string, Check>> = {},
): Readiness {
  let last: { readonly at: number; readonly report: Promise<ReadinessReport> } | null = null;
  const ask = async (): Promise<ReadinessReport> => {
    const results = await Promise.all(
      Object.entries({ ...others, ...needed }).map(
        async ([name, check]) => [name, await run(check)] as const,
      ),
    );
    const ready = results.every(([name, result]) => result === 'ok' || !Object.hasOwn(needed, name));
    return { ready, checks: Object.fromEntries(results) };
  };
  return {
    report() {
      if (!last || Date.now() - last.at > FRESH_MS) last = { at: Date.now(), report: ask() };
      return last.report;
    },
  };
}
