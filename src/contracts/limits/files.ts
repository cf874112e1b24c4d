/** What files may be, and what moving them may cost. */
import { DAY, HOUR, KIB, SECOND } from './units.ts';

export const FILES = {
  /** Sessions from which a fork has files, its parent among them. */
  forkAncestors: 16,
  /** One file, if the limits of its tenant do not say it, and what they may say at most. */
  fileBytes: KIB * KIB * KIB,
  fileMostBytes: 32 * KIB * KIB * KIB,
  /** Files of a session, if the limits of its tenant do not say it. */
  sessionFiles: 1_000,
  fileNameChars: 255,
  contentTypeChars: 128,
  /** Moving one file takes no longer. Also: how long after its begin an upload may still be writing. */
  transferMs: 1 * HOUR,
  /** A client that sends, or takes, fewer bytes of a file in this time is cut. */
  transferLookMs: 30 * SECOND,
  transferLeastBytes: 64 * KIB,
  /** The body of an upload may come in one more piece for so many bytes, besides those that every body may have (`bodyPieces`). */
  uploadPieceBytes: 512,
  /** A file that no message and no result refers to is deleted after so long. */
  unusedFileMs: 1 * DAY,
  /** How often a gateway deletes those, and how many at a time. */
  fileSweepMs: 600 * SECOND,
  filesSwept: 100,
  /** Files in a row that cannot be deleted, after which a sweep ends. */
  filesFailed: 20,
  /**
   * A file is sent to an S3 server in parts of this size, the smallest that S3 takes, one at a time: so much an upload holds in memory, twice.
   * There may be 10,000.
   */
  s3PartBytes: 5 * KIB * KIB,
  /** An S3 server answers within this time, or the call is made again, so often. */
  s3AnswerMs: 30 * SECOND,
  s3Tries: 3,
  /**
   * The last try of a call sends so much of its body, and the rest when the server had so long to refuse it. Versity's gateway answers when it has
   * 8 KiB of the body and nothing more has come for a second.
   */
  s3RefusalBytes: 16 * KIB,
  s3RefusalMs: 4 * SECOND,
  /** Images that a model is shown in one call: the newest that fit. A larger one is named only. */
  shownImages: 8,
  shownImageBytes: 4 * KIB * KIB,
  shownImagesBytes: 16 * KIB * KIB,
  /** What an image takes of the conversation that an agent may be shown, UTF-16 code units. */
  imageChars: 4_000,
  /** Files that the result of a tool may refer to. */
  resultFiles: 16,
} as const;
