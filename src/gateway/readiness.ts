/** Readiness. Load balancers ask often and without a key, so one round of checks serves everybody who asks in the meantime. */

/** Rejects if what it checks does not work. */
export type Check = () => Promise<unknown>;

export interface ReadinessReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, 'ok' | 'failed' | 'timeout'>>;
}

export interface Readiness {
  report(): Promise<ReadinessReport>;
}

/** A check that takes longer counts as failed, ms. */
const CHECK_MS = 1_000;
/** How long a report is reused, ms. */
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

/** `needed` checks decide; `others` are only reported, because a gateway can serve without them. */
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
