/** Readiness. Load balancers ask often and without a key, so one round of checks serves everybody who asks in the meantime. */

import { setTimeout as sleep } from 'node:timers/promises';
import { isConvokeError } from '../contracts/index.ts';

/** Rejects if what it checks does not work; the sentence of an error of the table is shown. */
export type Check = () => Promise<unknown>;

export interface ReadinessReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, 'ok' | 'failed' | 'timeout'>>;
  /** Of checks that have failed: what is wrong, and what mends it. */
  readonly reasons?: Readonly<Record<string, string>>;
}

interface Result {
  readonly result: 'ok' | 'failed' | 'timeout';
  readonly reason?: string;
}

export interface Readiness {
  report(): Promise<ReadinessReport>;
  /** The same, or the one before if it takes longer than this: checks that time out must not hold up who asks for more than them. */
  soon(ms: number): Promise<ReadinessReport>;
}

/** A check that takes longer counts as failed, ms. */
const CHECK_MS = 1_000;
/** How long a report is reused, ms. */
const FRESH_MS = 500;

async function run(check: Check): Promise<Result> {
  const { promise, resolve } = Promise.withResolvers<Result>();
  const timer = setTimeout(() => resolve({ result: 'timeout' }), CHECK_MS);
  const tried = (async () => check())().then(
    (): Result => ({ result: 'ok' }),
    // Anybody may ask: other errors may name hosts.
    (error: unknown): Result => ({
      result: 'failed',
      ...(isConvokeError(error) && { reason: error.message }),
    }),
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
    const ready = results.every(([name, { result }]) => result === 'ok' || !Object.hasOwn(needed, name));
    const reasons = results.flatMap(([name, { reason }]) => (reason === undefined ? [] : [[name, reason]]));
    return {
      ready,
      checks: Object.fromEntries(results.map(([name, { result }]) => [name, result])),
      ...(reasons.length > 0 && { reasons: Object.fromEntries(reasons) as Record<string, string> }),
    };
  };
  let known: ReadinessReport = {
    ready: false,
    checks: Object.fromEntries(Object.keys({ ...others, ...needed }).map((name) => [name, 'timeout'])),
  };
  const report = (): Promise<ReadinessReport> => {
    if (!last || Date.now() - last.at > FRESH_MS) {
      last = { at: Date.now(), report: ask() };
      void last.report.then((told) => {
        known = told;
      });
    }
    return last.report;
  };
  return {
    report,
    async soon(ms) {
      const over = new AbortController();
      const late = sleep(ms, undefined, { signal: over.signal, ref: false }).then(() => known);
      return Promise.race([report(), late.catch(() => known)]).finally(() => over.abort());
    },
  };
}
