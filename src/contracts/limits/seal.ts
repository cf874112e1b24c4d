/** Encryption of what is stored. */
import { KIB, MINUTE, SECOND } from './units.ts';

export const SEAL = {
  /** Of a master key and of a data key: AES-256. */
  sealKeyBytes: 32,
  /** Master keys of a deployment: the one that wraps, and those that only unwrap. */
  sealMasterKeys: 16,
  /** A command that prints a master key has so long, and may print so much. */
  sealCommandMs: 10 * SECOND,
  sealCommandBytes: 4 * KIB,
  /** Data keys that a process keeps in memory; beyond, the one that was not used for the longest time is forgotten. */
  sealKeysKnown: 4_096,
  /** A key in memory is read again after so long, beside its use; after the longer time before it is used, unless the database is away. */
  sealKeyFreshMs: 30 * SECOND,
  sealKeyMostMs: 5 * MINUTE,
  /** Payloads that are opened for the Temporal Web UI in one request, and its bytes. */
  codecPayloads: 256,
  codecBytes: 4_096 * KIB,
  /** A text in the log is sealed in pieces of so many UTF-16 code units: an end that must be cut loses at most one. */
  sealedPieceChars: 1_024,
  /**
   * A running step's text in the log may have so many pieces, and one more for each `sealedPieceLeastChars` of it; then its writer is asked for the
   * whole text once more, which is few pieces. A piece takes about 55 bytes beside its text: what is stored stays within 8 KiB and three times the
   * text, however short tokens are.
   */
  sealedPieces: 128,
  sealedPieceLeastChars: 64,
  /** Data keys that are wrapped anew in one statement. */
  sealRewrapped: 100,
} as const;
