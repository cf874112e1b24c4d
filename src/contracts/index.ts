/** Contracts, as the engine imports them: the public part, and what its own parts share. Imports nothing from outside this folder. */
// eslint-disable-next-line no-restricted-syntax -- `public.ts` names them
export * from './public.ts';
export {
  callPath,
  turnOf,
  eventId,
  ID_PATTERN,
  isOneLine,
  parseWorkflowId,
  sessionKey,
  STEP_PATTERN,
  stepId,
  summaryPath,
  TURN_PATTERN,
  turnId,
} from './ids.ts';
export { jsonBytes, jsonChars } from './json.ts';
export { redisNodes, redisTlsFiles } from './redis-nodes.ts';
export { agentOf, teamOf } from './agent.ts';
export { priced, spentSentence } from './budget.ts';
export type { Spent } from './budget.ts';
export { jsonIn } from './tool.ts';
export { approvableData, approvalHash, canonicalJson, mayDecide, termsOf } from './approval.ts';
export type { Approvable, Vote, VoteRefusal } from './approval.ts';
export {
  activeAgents,
  changeRoster,
  openingRoster,
  plainName,
  presentMembers,
  rosterChange,
  rosterState,
} from './member.ts';
export type { MemberRefusal, RosterChange } from './member.ts';
export { APPLICATION, FEEDBACK_CHANNEL } from './feedback.ts';
export { reason } from './reasons.ts';
export { isSampled, scorerName, SCORING, scoringId } from './engine/scoring.ts';
export type { ScoreInput, Scoring } from './engine/scoring.ts';
export {
  disclosedOpening,
  disclosedTeam,
  disclosedTo,
  INSIDER,
  isWithheld,
  STRANGER,
} from './events/disclosure.ts';
export type { Reader } from './events/disclosure.ts';
export { withoutCredentials } from './redact.ts';
export { envelope } from './events/envelope.ts';
export { leaveClosed } from './events/session.ts';
export { intoTrace } from './events/turn.ts';
export { RECOVERY } from './limits/recovery.ts';
export type { DevNews, DevProcess, DevRequest } from './engine/dev.ts';
export { fitting, fittingOpen } from './view/bound.ts';
export {
  DEFAULT_ENDPOINT,
  isUnmade,
  neededFor,
  neededForTeam,
  noWorkerFor,
  queueFor,
  SEARCH_ATTRIBUTES,
  SESSION,
} from './engine/session.ts';
export type {
  CarriedState,
  KnownEvents,
  KnownEventsPage,
  QueuedMessage,
  SessionInput,
} from './engine/session.ts';
export type { Entered, TurnRef } from './engine/place.ts';
export { NO_SUMMARY, summaryAfter, summaryOf } from './engine/summary.ts';
export type { SummaryPoint } from './engine/summary.ts';
export { reopened, storedState } from './engine/stored.ts';
export type { StoredSession, StoredState } from './engine/stored.ts';
export { Batches } from './engine/batches.ts';
export { ANSWERED, isQuestions } from './engine/questions.ts';
export type { Answers, Question } from './engine/questions.ts';
export { RunRecord } from './engine/ended-run.ts';
export type { EndedRun, Interruption, InterruptionReason } from './engine/ended-run.ts';
export {
  arrivals,
  carryOver,
  interruptedFact,
  interruptedReceipt,
  interruptedState,
  interruptedTurn,
} from './engine/carry-over.ts';
export { DEPLOYMENT } from './seal.ts';
export type { JsonPayload, Seal, Sealed } from './seal.ts';
export type { Firing } from './schedule.ts';
export { arrivalOf } from './engine/arrival.ts';
export { parseTraceparent, traceparentOf } from './trace.ts';
export type { Arrival } from './engine/arrival.ts';
export { publishedFact } from './engine/published.ts';
export { scheduledFact, unscheduledFact } from './engine/scheduled.ts';
export { ForkedPast } from './engine/forked-past.ts';
export { cancelOf, closeReason, isCancel, isMessage, isRosterChange, isVote } from './engine/incoming.ts';
export type { Catalog } from './engine/catalog.ts';
export { membersOf, peopleOf } from './presence.ts';
export { isPresentMember, noteOf } from './engine/notice.ts';
export type { HeardNote, KickNotice, PresentNotice, SessionNote } from './engine/notice.ts';
export type { KeptReceipt } from './message.ts';
export { isCancelledAlone } from './reasons.ts';
export { timelineOf } from './timeline/fold.ts';
export type { TimelineExtras } from './timeline/fold.ts';
export { needsInWords } from './needs.ts';
export { SPANS } from './timeline/spans.ts';
export { troublesOf } from './system-troubles.ts';
export { counted } from './counted.ts';
export { publicTimeline } from './timeline/public.ts';
export { EMPTY_JOURNAL } from './engine/turn.ts';
export type {
  AskedPerson,
  CarriedTurn,
  Decided,
  HeldApproval,
  Journal,
  JournalEntry,
  JournalKind,
  KeptDecision,
  OpenTry,
  TurnInput,
  TurnProgress,
  TurnResult,
  TurnStatus,
  TurnWait,
} from './engine/turn.ts';
export { ASK_OUTSIDE } from './engine/activities.ts';
export type {
  ArchiveInput,
  ArchiveReport,
  BeginReport,
  Closing,
  ForkInput,
  Placement,
  PublishInput,
  Report,
  ResumeInput,
  SessionActivities,
} from './engine/activities.ts';
