/** Contracts: types, pure functions, the error table and every limit. Imports nothing. */
export { eventId, isId, parseWorkflowId, sessionKey, stepId, turnId, turnNumber, workflowId } from './ids.ts';
export type { SessionRef } from './ids.ts';
export type { Json, JsonObject } from './json.ts';
export { messageText } from './message.ts';
export type { InterjectionPolicy, Message, MessagePart, Receipt, ReceiptStatus } from './message.ts';
export { endsStep, endsTurn } from './event.ts';
export type {
  Delta,
  EventData,
  EventDraft,
  EventType,
  FinishReason,
  FailureInfo,
  LoggedEvent,
  OpenStep,
  SessionEvent,
  Stamps,
  Usage,
} from './event.ts';
export { formatPosition, parsePosition, START } from './cursor.ts';
export type { Cursor, Position, StepCursor } from './cursor.ts';
export { TEAMS } from './agent.ts';
export type { AgentScript, AgentSpec, RunnerName, ScriptFault, TeamName } from './agent.ts';
export { SEARCH_ATTRIBUTES, SESSION } from './session.ts';
export type {
  CancelReply,
  CarriedState,
  KnownEvents,
  KnownEventsPage,
  QueuedMessage,
  SessionInfo,
  SessionInput,
  SessionState,
  SessionStatus,
} from './session.ts';
export { ASK_OUTSIDE } from './activities.ts';
export type {
  ArchiveInput,
  ArchiveReport,
  Placement,
  PublishInput,
  Report,
  SessionActivities,
  StepInput,
} from './activities.ts';
export { LIMITS, RECOVERY } from './limits.ts';
export { ConvokeError, ERRORS, isConvokeError, toProblem } from './errors.ts';
export type { ErrorCode, Problem } from './errors.ts';
export { applyEvent, emptyView, nextTurn, openSteps, receiptOf, takeDelta, withStepText } from './view.ts';
export type { EndStatus, MessageEntry, SessionView, StepEntry, TurnEntry } from './view.ts';
export { FRAMES } from './wire.ts';
export type {
  AttachReply,
  Bye,
  EventPage,
  OpenRequest,
  Reply,
  SendRequest,
  SessionPage,
  SessionSummary,
  SocketFrames,
  SocketRequestName,
  SocketRequests,
} from './wire.ts';
