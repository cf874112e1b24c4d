/** How long a turn has waited for a worker. */
import type { Info } from '@temporalio/activity';
import { LIMITS } from '../../src/contracts/index.ts';
import type { TurnInput, Wait } from '../../src/contracts/index.ts';

/**
 * ms; null: this does not tell. By the clocks of the server and of gateways, which are those of other machines: what is compared with it is
 * seconds. A message that has waited for another turn of its session has been published meanwhile, so only its activity counts.
 */
export function waitOf(
  info: Pick<Info, 'attempt' | 'isLocal' | 'currentAttemptScheduledTimestampMs'>,
  { turn, lead, needs, ranMs }: Pick<TurnInput, 'turn' | 'lead' | 'needs' | 'ranMs'>,
  now: number,
): number | null {
  // A repeated one has waited for what failed, one with needs for a worker of its kind.
  if (info.attempt > 1 || needs !== undefined || ranMs !== undefined) return null;
  const accepted = lead.find((fact) => fact.turn === turn && fact.type === 'message.accepted');
  // What was sent for later has waited for its time.
  const { ingest = 0, orchestrate = 0 } = accepted?.stamps ?? {};
  if (accepted && orchestrate - ingest < LIMITS.turnWaitMs * 2) return Math.max(0, now - ingest);
  return info.isLocal ? null : Math.max(0, now - info.currentAttemptScheduledTimestampMs);
}

/** How long a turn that was handed over has waited for a worker that has what it needs: its first step tells that. */
export function handedOver(
  {
    attempt,
    currentAttemptScheduledTimestampMs: from,
  }: Pick<Info, 'attempt' | 'currentAttemptScheduledTimestampMs'>,
  { needs }: Pick<TurnInput, 'needs'>,
  now: number,
): { readonly waited?: readonly Wait[] } {
  if (needs === undefined || attempt > 1) return {};
  const until = Math.max(from, now);
  return { waited: [{ reason: 'worker', from, until, needs: needs.slice(0, LIMITS.asksChars) }] };
}
