/** How often limits have refused something to tenants here in the last minute: in memory, for operators who ask. */
import { LIMITS, type RefusedTenant } from '../contracts/index.ts';

interface Piece {
  readonly began: number;
  readonly counts: Map<string, number>;
}

const PIECE_MS = LIMITS.refusedSpanMs / LIMITS.refusedPieces;

export class RefusalCounts {
  /** The newest last. */
  #pieces: readonly Piece[] = [];

  /** `now`: ms of a clock that is never set back. */
  add(tenant: string, now: number = performance.now()): void {
    let piece = this.#pieces.at(-1);
    if (!piece || now - piece.began >= PIECE_MS) {
      piece = { began: now, counts: new Map() };
      this.#pieces = [...this.#recent(now), piece].slice(-LIMITS.refusedPieces);
    }
    const { counts } = piece;
    if (!counts.has(tenant) && counts.size >= LIMITS.metricTenantsSeen) return;
    counts.set(tenant, (counts.get(tenant) ?? 0) + 1);
  }

  /** The most refused first. */
  top(now: number = performance.now()): readonly RefusedTenant[] {
    const sums = new Map<string, number>();
    for (const [tenant, count] of this.#recent(now).flatMap(({ counts }) => [...counts]))
      sums.set(tenant, (sums.get(tenant) ?? 0) + count);
    return [...sums]
      .map(([tenant, refused]) => ({ tenant, refused }))
      .sort((one, other) => other.refused - one.refused)
      .slice(0, LIMITS.refusedTenants);
  }

  #recent(now: number): readonly Piece[] {
    return this.#pieces.filter(({ began }) => now - began < LIMITS.refusedSpanMs);
  }
}
