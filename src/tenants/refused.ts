/** Refusals by policy for the audit log: the first of its kind, and how many there were when the next one is told. */
import { isConvokeError, LIMITS } from '../contracts/index.ts';
import type { ErrorCode } from '../contracts/index.ts';
import type { Audit } from './audit.ts';
import { actorOf } from './principal.ts';
import type { Principal } from './principal.ts';

/** What somebody may not do, or not as much of: not what is wrong with a request. */
const POLICY: ReadonlySet<ErrorCode> = new Set([
  'forbidden',
  'approver_not_allowed',
  'rate_limited',
  'quota_exceeded',
]);

interface Count {
  /** Beginning of the window, ms. */
  readonly since: number;
  sum: number;
}

/** What happens often and is told once in `LIMITS.refusedMs`. The longest gone are forgotten. */
export class Seldom {
  readonly #counts = new Map<string, Count>();

  /** Null: it was told in this window. Otherwise it is to be told now, with the sum of the window before, the first one of it included. */
  count(key: string, amount = 1): number | null {
    const now = performance.now();
    const found = this.#counts.get(key);
    if (found && now - found.since < LIMITS.refusedMs) {
      found.sum += amount;
      return null;
    }
    this.#counts.delete(key);
    this.#counts.set(key, { since: now, sum: amount });
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > LIMITS.refusedKnown && oldest !== undefined) this.#counts.delete(oldest);
    return found?.sum ?? 0;
  }
}

/** One entry for each actor and code in `LIMITS.refusedMs`, whatever their number: nobody fills the audit log by being refused. */
export class Refused {
  readonly #audit: Audit;
  readonly #seldom = new Seldom();

  constructor(audit: Audit) {
    this.#audit = audit;
  }

  /** Any other error is none of its business. `what`: what was asked for. */
  note(principal: Principal, error: unknown, what: string): void {
    if (!isConvokeError(error) || !POLICY.has(error.code)) return;
    const { tenant } = principal;
    const actor = actorOf(principal);
    const before = this.#seldom.count(`${tenant} ${actor} ${error.code}`);
    if (before === null) return;
    this.#audit.note({
      ...{ actor, tenant, action: 'request.refuse', target: error.code },
      detail: { what, before },
    });
  }
}
