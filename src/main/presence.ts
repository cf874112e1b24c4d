/** What a gateway tells beside the logs: who is present, and notes. */
import { ConvokeError } from '../contracts/index.ts';
import type { Position, SessionRef } from '../contracts/index.ts';
import { createPresence } from '../deliver/index.ts';
import type { Delivery } from '../deliver/index.ts';
import type { GatewayConfig } from '../gateway/index.ts';
import { createNotes } from '../ingest/index.ts';
import type { Audit } from '../tenants/index.ts';
import type { Opened } from './opened.ts';
import type { TenantQuota } from './quota.ts';
import type { LogConnections } from './redis.ts';

interface Parts extends Pick<TenantQuota, 'rates' | 'fleet'> {
  readonly session: Pick<LogConnections, 'log' | 'presence'>;
  readonly delivery: Delivery;
  readonly exists: (ref: SessionRef) => Promise<boolean>;
  readonly agentsOf: (ref: SessionRef) => Promise<readonly string[] | null>;
  readonly isErasing: (ref: SessionRef) => boolean;
  readonly audit: Audit;
  readonly opened: Opened;
}

export function openPresence(parts: Parts): Pick<GatewayConfig, 'presence' | 'notes'> {
  const { session, delivery, exists, isErasing, agentsOf, audit, rates, fleet, opened } = parts;
  const { log, presence: rows } = session;
  // Not with the first message that has a limit: that may come when Redis is away, and then each gateway would let in all of it.
  void fleet.look().catch(() => undefined); // it looks again and again
  const made = createPresence({ rows, lease: fleet, delivery });
  const presence = opened.add(made, (each) => each.stop());
  /** Of a session that is followed here without a call. */
  const stands = async (ref: SessionRef): Promise<Position | null> => {
    if (isErasing(ref)) throw new ConvokeError('session_not_found');
    const [head = null] = [delivery.position(ref) ?? (await log.heads([ref]))[0]];
    if (!head && !(await exists(ref))) throw new ConvokeError('session_not_found');
    return head;
  };
  const notes = createNotes({
    ...{ log, rows, rates, stands, agentsOf, audit },
    advance: (ref, subject, seq) => presence.read(ref, subject, seq),
    followedAgents: (ref) => delivery.agents(ref),
  });
  return { presence, notes };
}
