/** What a step may take, and what a worker holds. */
import { HOUR, KIB, SECOND } from './units.ts';

export const EXECUTE = {
  /** Attempts of a failing step: the default, and the most that an agent may ask for. */
  stepAttempts: 5,
  stepAttemptsMost: 20,
  /** Longest attempt, and longest silence after its first token; an agent may set its own. */
  stepTimeoutMs: 600 * SECOND,
  stepIdleMs: 60 * SECOND,
  /** Longest silence before the first token: a model may have to be loaded, or a slot may have to become free. */
  stepFirstMs: 300 * SECOND,
  /** Upper bound of these three settings. */
  stepTimeoutMostMs: 1 * HOUR,
  /** Text of one step, UTF-16 code units. Far below Temporal's payload limit of 2 MiB. */
  stepChars: 128 * KIB,
  /** Calls of a team that a turn's journal may hold; at about 60 bytes each it stays far below a payload of 2 MiB. */
  journalEntries: 10_000,
  /** Answers of a model in one ask of its agent; the last may call no tool. */
  askRounds: 24,
  /** Calls in one answer of a model; further ones fail. */
  callsPerRound: 32,
  /** Arguments of one call, UTF-16 code units of JSON. */
  callChars: 32 * KIB,
  /** What is kept of arguments that are no JSON object. */
  malformedChars: 2 * KIB,
  /** Result of a tool that a model is told; of a longer one the beginning. */
  toolResultChars: 32 * KIB,
  /** The same, once all that a model is told was too long for it. */
  shortResultChars: 2 * KIB,
  /** What a tool tells of its progress; further notes are left out. */
  toolProgressChars: 8 * KIB,
  /** Until a configuration has loaded: it may await something. */
  configLoadMs: 30 * SECOND,
  /** Until an MCP server has started and told its tools: it may have to be downloaded. */
  mcpConnectMs: 30 * SECOND,
  /** Tools of one MCP server; further ones are not offered. */
  mcpTools: 256,
  /** One message of an MCP server; a larger one ends the connection. The SDK copies what it has for every chunk of it. */
  mcpMessageBytes: 4 * KIB * KIB,
  /** What an MCP server tells of one tool, UTF-16 code units. */
  mcpDescriptionChars: 4 * KIB,
  /** One entry in the log of what an MCP server writes to its standard error, and entries a minute. */
  mcpStderrChars: 1_000,
  mcpStderrEntries: 20,
  /** Agents that give tasks to agents that give tasks … */
  delegateDepth: 4,
  /** Longest time of a tool call, ms; a tool may set its own. */
  toolTimeoutMs: 60 * SECOND,
  /** Text of a message as a team reads it, UTF-16 code units; of a longer one the beginning. */
  teamMessageChars: 32 * KIB,
  /** What a team says to an agent that it asks, UTF-16 code units. */
  taskChars: 32 * KIB,
  /** How long a team may wait for something that is none of its calls. */
  teamIdleMs: 60 * SECOND,
  /** What a team keeps from turn to turn, UTF-8 bytes of JSON: it is part of the turn's end. */
  memoryBytes: 8 * KIB,
  /** What a turn may be told of changes of the members, UTF-16 code units of JSON: its journal holds it. */
  turnRosterChars: 256 * KIB,
  /** What a person is asked, UTF-16 code units; and how long for, unless the team says how long: also the longest. */
  questionChars: 8 * KIB,
  answerMostMs: 30 * 24 * HOUR,
  /** What people are asked to approve: its title and its text, UTF-16 code units; its data, UTF-8 bytes of JSON. */
  approvalTitleChars: 200,
  approvalTextChars: 2 * KIB,
  approvalDataBytes: 8 * KIB,
  /** How long it is waited for: the default, and the longest. */
  approvalMostMs: 30 * 24 * HOUR,
  /** Names, roles, and people who have to approve. */
  approversNamed: 16,
  /** Approvals of one turn, and those of them that are open at a time: the workflow carries them. */
  turnApprovals: 200,
  turnApprovalsOpen: 32,
  /** Branches of one `parallel`. */
  turnWidth: 100,
  /** What a turn may spend unless its session or the configuration says otherwise; see `Budget`. */
  budget: {
    ...{ steps: 1_000, handoffs: 100, depth: 8, width: 100, runMs: 4 * HOUR },
    ...{ tokens: 10_000_000, cost: 100, repeats: 250 },
  },
  /** What these may say; a cost is any amount above 0. */
  budgetLeast: { steps: 1, handoffs: 0, depth: 0, width: 1, runMs: 1, tokens: 1, repeats: 1 },
  budgetMost: {
    ...{ steps: 2_000, handoffs: 2_000, depth: 16, width: 100, runMs: 24 * HOUR },
    ...{ tokens: 1_000_000_000, cost: 1_000_000, repeats: 2_000 },
  },
  /** What the path of a call may begin with, UTF-16 code units: bounds how deep branches nest. */
  pathChars: 128,
  /**
   * One activity of a turn hands over at its next pause between steps after so many characters of facts (JSON) or entries of its journal,
   * each of which every heartbeat carries, or after so long: the workflow may then continue as new.
   */
  turnFactsChars: 32 * KIB,
  turnEntries: 256,
  turnActivityMs: 600 * SECOND,
  /** Facts that one activity may hold at all, UTF-8 bytes of JSON: with `closesBytes` and its journal they fit into a payload of 2 MiB. */
  turnFactsMostBytes: 1_280 * KIB,
  /** What is kept of the text and of the reasoning of a step that fails beyond that, UTF-16 code units each. */
  briefChars: 200,
  /** A pause of a turn in which nothing else runs is left to the workflow if it is longer than this. */
  suspendAfterMs: 10 * SECOND,
  /** Longest wish of a provider (`Retry-After`) that a step waits for. */
  retryAfterMostMs: 300 * SECOND,
  /** The message of a failure, UTF-16 code units; it is part of events and heartbeats. */
  failureChars: 500,
  /** One attempt of a quick step: it holds its workflow task open, and meanwhile the session answers no questions. */
  quickTimeoutMs: 2 * SECOND,
  /** One piece of a provider's answer (all of one that is not streamed), UTF-16 code units of JSON. */
  answerChars: 4 * KIB * KIB,
  /** What is read of a provider's error. */
  providerErrorBytes: 64 * KIB,
  /** What a provider said about a failure, as the log has it, UTF-16 code units. */
  providerSaidChars: 1_000,
  /** Conversation shown to an agent, UTF-16 code units; the newest are kept. */
  contextChars: 128 * KIB,
  /** The same, for an agent that states the context window of its model: what it costs is its own. */
  contextMostChars: KIB * KIB,
  /** A summary of a session, UTF-16 code units; a longer one loses its end. */
  summaryChars: 16 * KIB,
  /** Summaries that one turn makes, one after the other, of a session that has many turns without one. */
  summaryPasses: 4,
  /** Attempts of a summary: the turn waits for it. */
  summaryAttempts: 2,
  /** Turns until a summary that has failed is tried again. */
  summaryRetryTurns: 8,
  /** Turns that one worker process runs at a time, and as many quick ones. */
  stepsPerWorker: 200,
  /** The same while its machine is busier than `workerCpuShare`, or has less memory free than `workerMemoryShare` leaves. */
  stepsPerBusyWorker: 24,
  workerCpuShare: 0.9,
  workerMemoryShare: 0.95,
  /** Between two turns that it takes beyond `stepsPerBusyWorker`, so that what the first one costs shows, ms. */
  stepsRampMs: 10,
  /**
   * Workflow tasks that one worker process runs at a time, besides one for each quick step at work. Each is milliseconds of CPU, and has to be
   * done within `RECOVERY.workflowTaskTimeoutMs`. Fewer starve busy sessions of quick agents, whose next task arrives with the completion of
   * the last one: with 24, measured, the slowest of 64 such sessions waited for 5.5 s instead of 1.
   */
  workflowTasksPerWorker: 100,
  /**
   * The same for sessions that the worker does not have: at least so many, one more for each that is done in less than `replayQuickMs`, and one
   * less for each that takes longer than `replaySlowMs`, a quarter of its time-out.
   */
  replaysLeast: 2,
  replayQuickMs: 500,
  replaySlowMs: 1 * SECOND,
  /** Sessions whose conversation a worker caches between steps. */
  contextSessions: 1_000,
  /** Total text of these conversations, UTF-16 code units (two bytes each); the least recently used are evicted. */
  contextTotalChars: 32 * KIB * KIB,
} as const;
