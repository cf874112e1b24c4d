/** What callers may send, and how much they get at a time. */
import { KIB, SECOND } from './units.ts';

export const INGEST = {
  /** Text of one message, all parts together, UTF-16 code units. */
  messageChars: 32_000,
  messageParts: 32,
  /** The comment of a feedback, UTF-16 code units. */
  commentChars: 1_000,
  feedbackIdChars: 128,
  /** Whom a direct message may be to. */
  recipients: 16,
  /** Nesting of any JSON from outside. `JSON.stringify` overflows the stack at about 5,000 levels, so later stages rely on this cap. */
  jsonDepth: 32,
  /** Values in any JSON from outside, those that hold others included: what checking one request costs follows from it. */
  jsonValues: 4_096,
  agentsPerSession: 16,
  instructionsChars: 8_000,
  /** The same in a configuration of the deployment's own. */
  configuredInstructionsChars: 64 * KIB,
  scriptChars: 16_000,
  scriptTokens: 100_000,
  scriptFaults: 32,
  /** Rounds of calls: below `askRounds`. */
  scriptRounds: 20,
  /** A session's metadata, an agent's options. */
  metadataBytes: 8 * KIB,
  teamOptionsBytes: 4 * KIB,
  nameChars: 64,
  /** Tools that an agent may name, and its `output` schema. */
  toolsPerAgent: 64,
  outputSchemaBytes: 8 * KIB,
  modelChars: 128,
  /** Texts at which an agent's model stops, and each one's length. */
  stopTexts: 16,
  stopChars: 256,
  /** What an agent may state as its model's window or longest answer, tokens. */
  modelTokens: 10_000_000,
  /** What `afterChars` of a summary may say, UTF-16 code units. */
  summaryAfterChars: { least: 1_000, most: KIB * KIB },
  /** Open steps in one cursor. */
  cursorSteps: 64,
  pageEvents: 500,
  /** A page of events ends soon after this many UTF-16 code units of JSON. */
  pageChars: 256 * KIB,
  pageSessions: 100,
  /** A list that begins at a time reaches so much further back in Temporal, whose clock may be behind that of a gateway. */
  pageClocksMs: 60_000,
  /** Default page size. */
  pageDefault: 100,
  /** Longest cursor of a list (it holds Temporal's page token). */
  pageTokenChars: 8_192,
  /** Sessions whose agent names a gateway caches. */
  rostersKept: 4_096,
  /** Of a session that it does not follow a gateway reads them again after so long: agents join and leave. */
  rosterCachedMs: 60 * SECOND,
  /** Unanswered requests that one socket may have. */
  inflightPerSocket: 64,
  /**
   * What one session may be sent through one gateway while Redis, which counts what waits, is away: messages, and UTF-8 bytes of their
   * JSON. Counted for so many sessions, and so many of one tenant; its further ones share one count.
   */
  awayMessages: 20,
  awayBytes: 64 * KIB,
  awaySessions: 10_000,
  awaySessionsOfTenant: 1_000,
} as const;
