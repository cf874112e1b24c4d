/** What one connection may cost a gateway, whoever is behind it. */
import { KIB, SECOND } from './units.ts';

export const EDGE = {
  /** Until a request has its head, and until all of it is there. */
  headMs: 10 * SECOND,
  requestMs: 30 * SECOND,
  /** How often connections are looked at: heads that take too long, answers that nobody reads. */
  lookMs: 1 * SECOND,
  /** HTTP requests that may wait on a connection for the answer before theirs; with one more it is cut. */
  pipelinedRequests: 16,
  /** Chunks in which a body may come, and frames of one message: each costs the process as much as a small request. */
  bodyPieces: 1_024,
  messageFrames: 64,
  /** A peer that takes nothing of what waits for it for this long is cut. */
  stalledMs: 10 * SECOND,
  /** A connection that is being closed, and whose peer does not read or answer, is cut after this time. */
  closeMs: 2 * SECOND,
  /** Bytes that may wait in one process for all peers together; beyond, those are cut for whom most waits. */
  outgoingBytes: 256 * KIB * KIB,
  /** Bytes and packets of a connection that count twice as much as `socketBytes` and `socketPackets` allow cut it at once. */
  hardFactor: 2,
  /** Bytes that a WebSocket may send before it is authenticated. */
  greetingBytes: 8 * KIB,
  /** What a WebSocket may send for long, and at once; then it is not read for a while. With as many packets again at once it is cut. */
  inbound: {
    bytes: { perSecond: 512 * KIB, burst: 2 * KIB * KIB },
    packets: { perSecond: 500, burst: 512 },
  },
  /** A snapshot that a socket asks for counts as so much of its bytes that were sent by the peer. */
  snapshotShare: 1 / 8,
  /** And a subscription as so many, besides the same share of what it is sent at once: the log may have to be read for it. */
  subscriptionBytes: 4 * KIB,
  /** Refused keys of one address before each further answer takes `refusalMs`, counted over `refusalWindowMs`. */
  refusals: 20,
  refusalWindowMs: 10 * SECOND,
  refusalMs: 1 * SECOND,
  /** Answers that wait for that, and addresses that are counted; beyond, connections are cut at once, and the oldest is forgotten. */
  refusalsWaiting: 256,
  refusalAddresses: 4_096,
  /** Requests of a tenant for what is not there: so many are answered at once, each further one only after up to `waitMs`. */
  misses: { rate: { perSecond: 20, burst: 40 }, waitMs: 1 * SECOND, tenants: 4_096 },
  /** Requests that are begun in one round of the event loop; of one tenant all but the reserved ones. */
  requests: { slots: 4, reserved: 1, waiting: Number.POSITIVE_INFINITY },
  /** What runs at a time in one gateway, for all tenants together (`FairLimits`). */
  fair: {
    /** Reads of logs: short. After the end of another gateway all of its sessions may come at once. */
    reads: { slots: 6, reserved: 4, waiting: 16_384 },
    /** The writing of pages, which costs the process most. */
    pages: { slots: 4, reserved: 3, waiting: 1_024 },
    /** Whether there is such a session, asked for a log that is not there. */
    lookUps: { slots: 8, reserved: 4, waiting: 1_024 },
    archive: { slots: 16, reserved: 4, waiting: 1_024 },
    /** To workflows, from whose answers lost logs are built. */
    questions: { slots: 64, reserved: 16, waiting: 1_024 },
    /** Lost logs that are built. */
    recoveries: { slots: 16, reserved: 4, waiting: 4_096 },
    /** Files that are stored, and that are sent: for as long as that takes. */
    uploads: { slots: 16, reserved: 4, waiting: 64, waitMs: 20 * SECOND },
    downloads: { slots: 64, reserved: 16, waiting: 256, waitMs: 20 * SECOND },
    /** Calls that Temporal answers. One that has waited for so long is refused: what is late already is not to make the next one late. */
    calls: { slots: 64, reserved: 32, waiting: 2_048, waitMs: 1 * SECOND },
    /** Calls that a worker answers. */
    answers: { slots: 256, reserved: 64, waiting: 2_048 },
  },
  /** Connections that were cut and are told one by one between two looks; of more the number is told. */
  cutsTold: 10,
  /** Files that a process opens besides its connections. */
  sparedFiles: 64,
  /** A gateway with more of its files in use, or of its heap, or whose event loop is late by more, tells that it is not ready. */
  filesShare: 0.95,
  heapShare: 0.92,
  lateMs: 500,
} as const;
