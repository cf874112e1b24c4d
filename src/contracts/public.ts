/** What `convoke/contracts` exports: the shapes on the wire, the fold, the error table and the promised limits. */
export { isId, isSummaryStep, isToolStep, turnNumber, workflowId } from './ids.ts';
export type { SessionRef } from './ids.ts';
export type { Json, JsonObject } from './json.ts';
export type { LimitName, LimitUse, TenantLimits, UsageReply } from './tenant-limits.ts';
export { filesIn, fileText, isFilePart, isImage } from './file.ts';
export type { FileInfo, FilePart, FileReference } from './file.ts';
export { DIRECT_CHANNEL, isPolicy, messageText, POLICIES, readableText } from './message.ts';
export type {
  InterjectionPolicy,
  Message,
  MessagePart,
  Receipt,
  ReceiptStatus,
  ScheduledMessage,
  SentPart,
} from './message.ts';
export type {
  ScheduleAct,
  SchedulePage,
  ScheduleRequest,
  SchedulesRequest,
  ScheduleSummary,
} from './schedule.ts';
export type { Feedback, FeedbackReply, FeedbackRequest, GivenFeedback, Verdict } from './feedback.ts';
export type { Withheld } from './events/channel.ts';
export type { Delta, OpenStep } from './events/delta.ts';
export type { DisclosedAgent, DisclosedData, DisclosedOpening, DisclosedTeam } from './events/disclosure.ts';
export type {
  Asks,
  EventData,
  EventDraft,
  EventType,
  LoggedEvent,
  SessionEvent,
  Stamps,
} from './events/envelope.ts';
export type { QuotaWait } from './events/quota.ts';
export { endsStep } from './events/step.ts';
export type { FailureInfo, FinishReason, Shown, Summarised, Usage } from './events/step.ts';
export { endsTurn } from './events/turn.ts';
export type {
  Handoff,
  LastingEffect,
  ToolCall,
  ToolEffect,
  ToolResult,
  ToolRound,
  ToolSpec,
} from './tool.ts';
export type {
  Approval,
  ApprovalDecision,
  ApprovalRule,
  ApprovalsReply,
  ApprovalStatus,
  ApprovalTerms,
  Approvers,
  OpenApproval,
  VoteReply,
  VoteRequest,
} from './approval.ts';
export type {
  Member,
  MemberEvent,
  MembersReply,
  MembersRequest,
  MemberStatus,
  PersonRequest,
  Roster,
} from './member.ts';
export { reasonOf, REASONS } from './reasons.ts';
export type { Reason, ReasonCode } from './reasons.ts';
export { formatPosition, isAfter, parsePosition, START } from './cursor.ts';
export type { Cursor, Position, StepCursor } from './cursor.ts';
export { DEFAULT_TEAM, TEAMS } from './agent.ts';
export type {
  AgentRequest,
  AgentScript,
  AgentSpec,
  RunnerName,
  ScriptCall,
  ScriptFault,
  TeamSpec,
} from './agent.ts';
export type { Budget, Guard, Limits, Price } from './budget.ts';
export type {
  CancelReply,
  CancelRequest,
  ForkPoint,
  ReopenReply,
  SessionInfo,
  SessionState,
  SessionStatus,
  SummarySpec,
  WakeReply,
  WakeRequest,
} from './session.ts';
export { CLIENT as CLIENT_LIMITS } from './limits/client.ts';
export { LIMITS } from './limits/index.ts';
export { ConvokeError, ERRORS, isConvokeError, toProblem } from './errors.ts';
export type { ErrorCode, Problem } from './errors.ts';
export { nextTurn, receiptOf } from './view/ask.ts';
export { applyEvent, emptyView } from './view/fold.ts';
export { shownText } from './view/shown.ts';
export { deltasAfter, openSteps, stepCursor, takeDelta, withOpenStep } from './view/text.ts';
export type { DeltaTaken } from './view/text.ts';
export type {
  EndStatus,
  Entry,
  LastingCall,
  MessageEntry,
  Question,
  SessionView,
  StepEntry,
  TurnEntry,
} from './view/types.ts';
export { applyPresence } from './presence.ts';
export type {
  KickRequest,
  Note,
  PresenceNote,
  PresenceReply,
  PresenceRequest,
  PresentConnection,
  PresentMember,
  PresentPerson,
  PublishedNote,
  PublishRequest,
  ReadNote,
  ReadRequest,
  TypingNote,
  TypingRequest,
} from './presence.ts';
export { FRAMES } from './wire.ts';
export type {
  SubscribeReply,
  Bye,
  EventPage,
  ForkReply,
  ForkRequest,
  OpenRequest,
  RenewReply,
  Reply,
  SendRequest,
  ScheduledPage,
  SessionLinks,
  SessionPage,
  SessionSummary,
  SocketFrames,
  SocketRequestName,
  SocketRequests,
  SummaryRequest,
} from './wire.ts';
export { needsInWords } from './needs.ts';
export { SPANS } from './timeline/spans.ts';
export type { SpanName } from './timeline/spans.ts';
export type {
  GatewayTrace,
  PlaceHolder,
  Timeline,
  TimelineSpan,
  TimelineStatus,
  TracedConnection,
  TimelineFailure,
  TurnInFront,
} from './timeline/types.ts';
export type { Stage, Wait, WaitReason } from './timeline/waits.ts';
export type {
  Answered,
  BusySession,
  GatewayStatus,
  QueueStatus,
  RedisStatus,
  RefusedTenant,
  Slots,
  SystemStatus,
  TenantUse,
  TenantUsePage,
  EndpointUse,
  GoneWorker,
  HandedOver,
  Lacked,
  ToldWorker,
  WaitingTurn,
  Trouble,
  WorkerStatus,
  WorkerStep,
  WorkerTurn,
} from './system.ts';
export { DEV_KEY, DEV_OPERATOR_KEY } from './dev-keys.ts';
