/** Entries of the audit log that are no administrative acts: noted in memory and written in batches, so that nothing waits for them. */
import { randomUUID } from 'node:crypto';
import { jsonBytes, LIMITS } from '../contracts/index.ts';
import type { AuditEntry, Registry } from './registry.ts';

/** What somebody has done; cut to what an entry may hold. */
export type Deed = Omit<AuditEntry, 'at'>;

/** Never waits and never throws. */
export interface Audit {
  note(deed: Deed): void;
}

type Waiting = AuditEntry & { readonly id: string };

/** A database refuses NUL and half a surrogate pair. */
const clean = (text: string): string =>
  text.replaceAll('\0', '').slice(0, LIMITS.auditTextChars).toWellFormed();

export class AuditBuffer implements Audit {
  #waiting: Waiting[] = [];
  #lost = 0;

  note({ actor, tenant, action, target, detail }: Deed): void {
    if (this.#waiting.length >= LIMITS.auditWaiting) {
      this.#lost += 1;
      return;
    }
    this.#waiting.push({
      ...{ id: randomUUID(), at: Date.now(), tenant, action },
      ...{ actor: clean(actor), target: clean(target) },
      detail: jsonBytes(detail) > LIMITS.auditDetailBytes ? { tooLarge: true } : detail,
    });
  }

  /** Writes what waits. What cannot be written stays; entries for which there was no room are counted in one of their own. */
  async flush(registry: Pick<Registry, 'note'>): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, LIMITS.auditWritten);
      await registry.note(batch);
      // Only the end has grown meanwhile.
      this.#waiting.splice(0, batch.length);
      if (this.#lost === 0) continue;
      const entries = this.#lost;
      this.#lost = 0;
      this.note({
        actor: 'environment',
        tenant: null,
        action: 'audit.lost',
        target: 'audit',
        detail: { entries },
      });
    }
  }
}
