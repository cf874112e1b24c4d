/** What strangers may send, and what they are given at a time. */
import { KIB } from './units.ts';

export const INGEST = {
  /** One REST body or socket frame. Also Socket.IO's `maxHttpBufferSize`. */
  requestBytes: 64 * KIB,
  /** Text of one message, all parts together, UTF-16 code units. */
  messageChars: 32_000,
  messageParts: 32,
  /** Nesting of any JSON from outside. `JSON.stringify` fails at about 5,000 (reliability of later steps depends on this cap). */
  jsonDepth: 32,
  agentsPerSession: 16,
  instructionsChars: 8_000,
  scriptChars: 16_000,
  scriptTokens: 100_000,
  scriptFaults: 32,
  /** A session's metadata, an agent's options. */
  metadataBytes: 8 * KIB,
  teamOptionsBytes: 4 * KIB,
  nameChars: 64,
  modelChars: 128,
  /** Texts at which an agent's model stops, and each one's length. */
  stopTexts: 16,
  stopChars: 256,
  /** What an agent may state as its model's window or longest answer, tokens. */
  modelTokens: 10_000_000,
  /** Open steps in one cursor. */
  cursorSteps: 64,
  pageEvents: 500,
  /** A page of archived events ends soon after so many characters of JSON. */
  pageChars: 1024 * KIB,
  pageSessions: 100,
  /** Entries of a page whose size was not asked for. */
  pageDefault: 100,
  /** What the cursor of a list may hold: Temporal's token. */
  pageTokenChars: 8_192,
  /** Sessions whose agents' names a gateway remembers. */
  rostersKept: 4_096,
  /** Sessions that one socket may be subscribed to. */
  subscriptionsPerSocket: 32,
  /** Requests that one socket may have unanswered. */
  inflightPerSocket: 64,
  /**
   * What one session may be sent through one gateway while Redis, which counts what waits, is away: messages, and UTF-8 bytes of their
   * JSON. Counted for so many sessions.
   */
  awayMessages: 20,
  awayBytes: 64 * KIB,
  awaySessions: 10_000,
} as const;
