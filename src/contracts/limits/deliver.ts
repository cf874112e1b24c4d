/** What a gateway holds for its watchers. */
import { KIB, SECOND } from './units.ts';

export const DELIVER = {
  /** Text in one snapshot (the newest), UTF-16 code units: at three bytes each it still fits into `socketBytes`. */
  snapshotChars: 256 * KIB,
  /** The same on an event stream, whose reader has no cursor before it has all of the snapshot; more if that is not over. */
  streamSnapshotChars: 64 * KIB,
  /**
   * Text in a gateway's view of a followed session (the newest), UTF-16 code units. More than a running step and a full inbox after it
   * together, so that no running step is dropped.
   */
  viewChars: 512 * KIB,
  /** Newest events that a gateway keeps in memory for a followed session. A client that missed more takes a snapshot. */
  ringEvents: 256,
  /** Their total size, UTF-16 code units of JSON: at three bytes each it still fits into `socketBytes`. */
  ringChars: 256 * KIB,
  /** Newest events from which a view, or a lost log, is built. */
  replayEvents: 500,
  /** As many at most, if few of these are of the conversation: an application may have published many events since. */
  replayMost: 4_000,
  /** Notices that wait while a gateway fills a gap; further ones are dropped and read from the log later. */
  heldNotices: 512,
  /** A gateway waits a random part of this before it rebuilds a lost log: most find that another one was first. */
  recoverSpreadMs: 500,
  /** First backoff after a failure to read the log; doubles up to `positionCheckMs`. */
  followRetryMs: 200,
  /** Bytes that may be buffered for one socket. */
  socketBytes: KIB * KIB,
  /** Snapshots in that buffer do not count, up to this size: several sessions may each send one at the same moment. */
  socketSnapshotBytes: 8 * KIB * KIB,
  socketPackets: 512,
  /** How long a gateway keeps following a session after its last watcher has left. */
  lingerMs: 15 * SECOND,
  /** How often a followed session's position is compared with the log's. */
  positionCheckMs: 5 * SECOND,
  sseHeartbeatMs: 15 * SECOND,
  /** A stopping gateway closes its connections in batches over this time. */
  drainMs: 3 * SECOND,
} as const;
