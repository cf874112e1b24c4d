/** What a gateway holds for those who watch. */
import { KIB, SECOND } from './units.ts';

export const DELIVER = {
  snapshotEntries: 200,
  /** Text in one snapshot, UTF-16 code units, the newest: three bytes each still fit into `socketBytes`. */
  snapshotChars: 256 * KIB,
  /**
   * Text in the view that a gateway holds of a session that it follows, UTF-16 code units, the newest. More than a running step and a full
   * inbox after it together, so that no running step is dropped.
   */
  viewChars: 512 * KIB,
  /** Newest events that a gateway keeps in memory for a session that it follows. Whoever missed more takes a snapshot. */
  ringEvents: 256,
  /** The same, UTF-16 code units of their JSON: three bytes each still fit into `socketBytes`. */
  ringChars: 256 * KIB,
  /** Newest events that a view, or a lost log, is built from. */
  replayEvents: 500,
  /** Notices that wait while a gateway fills a gap; more are dropped and read from the log. */
  heldNotices: 512,
  /** A gateway rebuilds a lost log after a random part of this: most find that somebody else has. */
  recoverSpreadMs: 500,
  /** Lost logs that one gateway rebuilds at a time; each asks a workflow. */
  recoveriesAtOnce: 16,
  /** First pause after a failure to read the log; doubles up to `positionCheckMs`. */
  followRetryMs: 200,
  /** What may wait in memory to be sent to one socket. */
  socketBytes: KIB * KIB,
  /** Snapshots among it do not count, up to this: several sessions may each send one at the same moment. */
  socketSnapshotBytes: 8 * KIB * KIB,
  socketPackets: 512,
  /** How long a gateway keeps following a session after its last watcher left. */
  lingerMs: 15 * SECOND,
  /** How often a followed session's position is compared with the log's. */
  positionCheckMs: 5 * SECOND,
  sseHeartbeatMs: 15 * SECOND,
  /** Close connections in batches over this time when a gateway stops. */
  drainMs: 3 * SECOND,
} as const;
