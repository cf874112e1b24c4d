/** A turn goes on elsewhere: at any worker, or at one that has what it needs. */
import { RECOVERY, type TurnInput, type TurnResult } from '../../src/contracts/index.ts';
import type { TurnLog } from './turn-log.ts';

/**
 * A turn that needs another worker before its first step may wait for that: people see the message, and that its turn has begun, meanwhile. What
 * the log does not take within `RECOVERY.haltLookMs`, that worker brings.
 */
export async function handOver(
  log: Pick<TurnLog, 'facts' | 'append'>,
  { lead }: Pick<TurnInput, 'lead'>,
  needs: string | undefined,
  signal: AbortSignal,
): Promise<Pick<TurnResult, 'needs'>> {
  if (needs === undefined) return {};
  const isSeen = lead.length === 0 || log.facts().length > 0;
  const soon = AbortSignal.any([signal, AbortSignal.timeout(RECOVERY.haltLookMs)]);
  if (!isSeen) await log.append([], { signal: soon }).catch(() => undefined);
  return { needs };
}
