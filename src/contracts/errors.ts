/** The error table: every code that a client can see. Codes are stable; sentences may improve. */
import type { LimitUse } from './tenant-limits.ts';

interface ErrorEntry {
  /** HTTP status. */
  readonly status: number;
  /** What happened, in one sentence; the detail of a problem says what to do. */
  readonly title: string;
  /** True: the same request may succeed later. */
  readonly retryable: boolean;
  /** When to try again, ms; absent if there is no fixed answer. */
  readonly retryAfterMs?: number;
}

const entry = (status: number, title: string, retryAfterMs?: number): ErrorEntry =>
  retryAfterMs === undefined
    ? { status, title, retryable: false }
    : { status, title, retryable: true, retryAfterMs };

export const ERRORS = {
  // The request
  malformed_json: entry(400, 'The body is not valid JSON in UTF-8.'),
  invalid_request: entry(422, 'A field is missing, unknown or has the wrong form.'),
  invalid_cursor: entry(422, 'The cursor is not valid.'),
  too_large: entry(413, 'The request is larger than allowed.'),
  too_deep: entry(422, 'The JSON is nested deeper than allowed.'),
  unsupported_media_type: entry(415, 'The body must be application/json in UTF-8.'),
  method_not_allowed: entry(405, 'This method is not allowed on this resource.'),
  not_found: entry(404, 'There is no such resource.'),
  unauthorized: entry(401, 'The key is missing or not valid.'),
  token_expired: entry(401, 'The session token has expired.', 100),
  forbidden: entry(403, 'The key or session token does not allow this.'),
  tokens_not_set_up: entry(409, 'This deployment has no key that signs session tokens.'),
  issuer_unavailable: entry(503, 'The keys of the issuer of the token cannot be read.', 1_000),
  registry_unavailable: entry(503, 'Keys and tenants cannot be looked up yet.', 1_000),
  tenant_not_found: entry(404, 'There is no such tenant.'),
  tenant_exists: entry(409, 'A tenant with this id exists.'),
  tenant_erasing: entry(409, 'The tenant is being erased.', 60_000),
  too_many_tenants: entry(409, 'There are as many tenants as there can be.'),
  key_not_found: entry(404, 'There is no such key.'),
  key_ended: entry(409, 'The key has expired, or was revoked or replaced.'),
  too_many_keys: entry(409, 'The tenant has as many keys as it can have.'),
  too_many_revocations: entry(409, 'The tenant has as many revocations as it can have.'),
  gateway_not_found: entry(404, 'There is no such gateway.'),
  last_gateway: entry(409, 'There is no other gateway.'),
  origin_not_allowed: entry(403, 'Pages from this origin may not connect.'),
  unknown_event: entry(422, 'The socket event is not part of the protocol.'),
  too_many_requests_in_flight: entry(429, 'Too many requests are still unanswered.', 1_000),
  rate_limited: entry(429, 'The tenant sends too much.', 1_000),
  quota_exceeded: entry(429, 'The tenant is at its limit.', 5_000),
  presence_full: entry(409, 'As many are present in this session as can be.'),
  kicked: entry(403, 'You were removed from this session.'),
  too_many_subscriptions: entry(422, 'The socket has reached its limit of subscriptions.'),
  // Sessions and messages
  session_not_found: entry(404, 'There is no such session.'),
  session_erased: entry(409, 'A session with this id was erased.'),
  session_exists: entry(409, 'Another session with this id exists.'),
  session_closed: entry(409, 'The session is closed.'),
  session_closing: entry(409, 'The session is about to close.', 1_000),
  session_hibernated: entry(503, 'The session has just gone to rest; the same request wakes it.', 500),
  session_not_stored: entry(409, 'What the session would go on with is not stored.'),
  message_id_reused: entry(409, 'The messageId is taken.'),
  message_not_found: entry(404, 'There is no such message in this session.'),
  turn_not_found: entry(404, 'There is no such turn in this session.'),
  member_not_found: entry(404, 'There is no such member in this session.'),
  member_exists: entry(409, 'The session has another member of this name.'),
  too_many_members: entry(409, 'The session has as many members as it can have.'),
  last_agent: entry(409, 'The last agent of a session cannot leave.'),
  approval_not_found: entry(404, 'There is no such approval in this session.'),
  approval_changed: entry(409, 'What is to be approved has been edited.'),
  approver_not_allowed: entry(403, 'This approval is for other people to decide.'),
  unknown_team: entry(422, 'No worker knows such a team.'),
  idempotency_mismatch: entry(422, 'The Idempotency-Key was already used for a different request.'),
  inbox_full: entry(429, 'Too many messages are waiting in this session.', 2_000),
  turn_running: entry(409, 'A turn is running, and the message was to be refused then.', 1_000),
  step_not_found: entry(404, 'There is no such step in this session.'),
  turn_cancelled: entry(409, 'The turn was cancelled before it started.'),
  message_cancelled: entry(409, 'The message was cancelled before it was delivered.'),
  schedule_exists: entry(409, 'Another schedule with this id exists.'),
  schedule_not_found: entry(404, 'There is no such schedule.'),
  file_not_found: entry(404, 'There is no such file in this session.'),
  invalid_digest: entry(400, 'The file does not fit its digest.'),
  range_not_satisfiable: entry(416, 'The file has no such range.'),
  files_not_set_up: entry(409, 'This deployment has no place for files.'),
  // The engine
  overloaded: entry(503, 'The engine is busy.', 1_000),
  temporal_unavailable: entry(503, 'Temporal cannot be reached; nothing was accepted.', 2_000),
  temporal_not_set_up: entry(503, 'Temporal lacks what sessions need; nothing was accepted.', 5_000),
  temporal_refused: entry(503, 'Temporal refuses the credentials; nothing was accepted.', 5_000),
  log_unavailable: entry(503, 'The session log cannot be reached; accepted messages are safe.', 2_000),
  archive_unavailable: entry(503, 'The archive cannot be reached; what it holds is safe.', 2_000),
  files_unavailable: entry(503, 'The place of files cannot be reached; what it holds is safe.', 2_000),
  seal_key_missing: entry(503, 'What is stored is sealed with a key that this process lacks.', 5_000),
  seal_broken: entry(500, 'What is stored was changed, or sealed with another key.'),
  worker_unavailable: entry(503, 'No worker answered in time.', 2_000),
  draining: entry(503, 'This gateway is shutting down; reconnect.', 500),
  slow_consumer: entry(503, 'The connection reads too slowly; resume from the last cursor.', 500),
  internal: entry(500, 'Something went wrong; it has been logged.'),
  // Steps and turns
  step_cancelled: entry(409, 'Somebody cancelled the step.'),
  agent_failed: entry(502, 'The agent failed.'),
  agent_refused: entry(502, 'The agent failed, and trying again would not help.'),
  agent_rate_limited: entry(502, 'The model provider kept refusing calls: its rate limit.'),
  agent_timeout: entry(504, 'The agent did not finish in time.'),
  agent_stalled: entry(504, 'The agent was silent for too long.'),
  agent_empty: entry(502, 'The agent finished without saying anything.'),
  agent_unreachable: entry(502, 'The address of the model does not lead to a model endpoint.'),
  context_too_long: entry(422, 'The messages that the agent must see do not fit into its model’s context.'),
  context_incomplete: entry(500, 'Messages that the agent must see could not be found.'),
  agent_output_too_large: entry(502, 'The answer exceeded the size limit of a step.'),
  agent_unknown: entry(422, 'The session has no agent of this name, or no worker knows it.'),
  agent_output_invalid: entry(502, 'The answer does not fit its schema.'),
  tool_unknown: entry(422, 'The agent has no tool of this name, or no worker knows it.'),
  tool_input_invalid: entry(422, 'The arguments of the tool call do not fit the tool’s schema.'),
  tool_failed: entry(502, 'The tool failed.'),
  tool_timeout: entry(504, 'The tool did not finish in time.'),
  tool_denied: entry(403, 'The tool call was denied by those who were asked to approve it.'),
  approval_expired: entry(504, 'Nobody approved the tool call in time.'),
  tool_outcome_unknown: entry(500, 'The worker was lost during a call that must not be repeated.'),
  no_worker_for_agent: entry(503, 'No running worker can run this agent.'),
  team_failed: entry(500, 'The code of the team threw an error.'),
  team_stalled: entry(504, 'The team waited too long for something that is none of its calls.'),
  turn_too_long: entry(422, 'The turn exceeded its limit of calls.'),
  budget_spent: entry(422, 'A limit of the session was reached.'),
  turn_too_wide: entry(422, 'The team exceeded its limit of parallel branches.'),
  team_changed: entry(500, 'The team’s code changed while the turn was running, or it is not deterministic.'),
  session_interrupted: entry(500, 'The session’s workflow ended before the turn did.'),
  worker_blocked: entry(
    500,
    'Code of the turn (a team, an agent or a tool) has blocked its workers: an endless loop, perhaps.',
  ),
  worker_lost: entry(500, 'The step’s worker was lost in every attempt.'),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** What a caller gets (RFC 9457, application/problem+json); socket requests are answered with the same object. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  /** What to do. */
  readonly detail: string;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  readonly requestId?: string;
  /** Where a field is wrong: JSON pointers and sentences. */
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
  /** Limits of the tenant that have refused the request. */
  readonly limits?: readonly LimitUse[];
}

/** What an error may tell beside its sentence. */
interface Told {
  errors?: Problem['errors'] | undefined;
  limits?: Problem['limits'] | undefined;
}

/** An error of the table. Test `code`, not the class: errors cross processes. */
export class ConvokeError extends Error {
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;
  readonly errors: Problem['errors'];
  readonly limits: Problem['limits'];

  constructor(
    code: ErrorCode,
    detail?: string,
    options: { cause?: unknown; retryAfterMs?: number | undefined } & Told = {},
  ) {
    super(detail ?? ERRORS[code].title, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ConvokeError';
    this.code = code;
    const known: ErrorEntry = ERRORS[code];
    this.retryAfterMs = options.retryAfterMs ?? known.retryAfterMs;
    this.errors = options.errors;
    this.limits = options.limits;
  }
}

/** True for any error that carries a code of the table, whatever its class. */
export function isConvokeError(error: unknown): error is ConvokeError {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'string' &&
    Object.hasOwn(ERRORS, error.code)
  );
}

/** The problem object of an error; an unknown error becomes `internal`, without its message. */
export function toProblem(error: unknown, requestId?: string): Problem {
  const known = isConvokeError(error) ? error : new ConvokeError('internal');
  const { status, title, retryable } = ERRORS[known.code];
  return {
    type: `urn:convoke:error:${known.code}`,
    title,
    status,
    code: known.code,
    detail: known.message,
    retryable,
    ...(known.retryAfterMs === undefined ? {} : { retryAfterMs: known.retryAfterMs }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(known.errors === undefined ? {} : { errors: known.errors }),
    ...(known.limits === undefined ? {} : { limits: known.limits }),
  };
}
