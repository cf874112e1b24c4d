/** What tenants, keys, revocations and the audit log may be. */
import { DAY, HOUR, KIB, MINUTE, SECOND } from './units.ts';

export const REGISTRY = {
  /** How often a gateway asks what has changed in the registry, and when its operator is told that it does not know. */
  registryMs: 500,
  registryStaleMs: 5 * SECOND,
  /** Tenants of a deployment; keys of a tenant, or of operators, that have not ended; revocations of a tenant that still count. */
  tenants: 100_000,
  tenantKeys: 100,
  tenantRevocations: 10_000,
  tenantNameChars: 128,
  /** A key that is replaced goes on for so long by default, and at most. */
  keyOverlapMs: 1 * DAY,
  keyOverlapMostMs: 90 * DAY,
  keyLeastMs: 1 * MINUTE,
  keyMostMs: 3_650 * DAY,
  /** The last use of a key is written at most once in this time, and for so many keys in one statement. */
  keyUseMs: 1 * MINUTE,
  keyUsesWritten: 500,
  /** Keys that have ended are listed for so long. */
  endedKeysMs: 90 * DAY,
  /** Revocations count for so long: no session token lives longer. */
  revocationMs: 31 * DAY,
  /** Entries of the audit log, those of minted tokens, and what one may say. */
  auditMs: 400 * DAY,
  auditMintsMs: 30 * DAY,
  /** Refusals of one actor with one code are one entry in this time; a gateway remembers so many of them. */
  refusedMs: 10 * MINUTE,
  refusedKnown: 4_096,
  auditDetailBytes: 2 * KIB,
  auditTextChars: 128,
  /** Entries that wait to be written, and how many are written in one statement. */
  auditWaiting: 10_000,
  auditWritten: 200,
  /** How often what cannot matter any more is deleted. */
  sweepMs: 1 * HOUR,
} as const;
