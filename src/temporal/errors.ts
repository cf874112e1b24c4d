/** Maps every failure of a call to Temporal to an error of the table. */
import {
  isGrpcServiceError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import {
  ApplicationFailure,
  NamespaceNotFoundError,
  ValueError,
  WorkflowNotFoundError,
} from '@temporalio/common';
import { ConvokeError, ERRORS, RECOVERY, SEARCH_ATTRIBUTES } from '../contracts/index.ts';
import type { ErrorCode } from '../contracts/index.ts';
import { SEALED } from './codec.ts';

/** gRPC status codes, by their numbers on the wire. */
export const GRPC = {
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** Who has to answer: queries and updates need a worker, everything else only the server. */
export type CallKind = 'server' | 'worker';

function codeOfGrpc(code: number, kind: CallKind): ErrorCode {
  switch (code) {
    case GRPC.resourceExhausted:
    case GRPC.aborted:
      return 'overloaded';
    case GRPC.deadlineExceeded:
    case GRPC.cancelled:
      return kind === 'worker' ? 'worker_unavailable' : 'temporal_unavailable';
    case GRPC.unavailable:
    case GRPC.notFound:
      return 'temporal_unavailable';
    case GRPC.permissionDenied:
    case GRPC.unauthenticated:
      return 'temporal_refused';
    case GRPC.failedPrecondition:
      // No worker polls, or the first task of the workflow is not done.
      return kind === 'worker' ? 'worker_unavailable' : 'internal';
    default:
      return 'internal';
  }
}

export const CREDENTIALS_MEND =
  'Check TEMPORAL_API_KEY, or the client certificate, of gateways and workers, and what it may do in the namespace.';

const ADVICE: Partial<Record<ErrorCode, string>> = {
  overloaded: 'Send the same request again after the given time.',
  temporal_unavailable: 'Send the same request again after the given time; its ids make a repeat harmless.',
  temporal_refused: CREDENTIALS_MEND,
  worker_unavailable: 'Check that a worker is running, and send the same request again after the given time.',
};

function grpcError(error: unknown): { readonly code: number; readonly details: string } | null {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    if (isGrpcServiceError(at)) return at;
  }
  return null;
}

/** The gRPC status of an error of the SDK; null if it has none. */
export function grpcCode(error: unknown): number | null {
  return grpcError(error)?.code ?? null;
}

/** True if the server has no open run under that workflow id. */
export function isWorkflowNotFound(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError;
}

/** True if the run has reached its limit of 10,000 signals. The session continues in a new run once its turn has ended. */
function isSignalLimit(error: unknown): boolean {
  const found = grpcError(error);
  return found?.code === GRPC.invalidArgument && found.details.includes('limit for signal events');
}

/** The namespace that the server does not have; null if it is not that. The SDK has an error for it in some calls; in others it is the server's. */
function missingNamespace(error: unknown): string | null {
  if (error instanceof NamespaceNotFoundError) return error.namespace;
  const found = grpcError(error);
  if (found?.code !== GRPC.notFound) return null;
  return /^Namespace (\S+) is not found/.exec(found.details)?.[1] ?? null;
}

/** True if the server does not know the search attributes of sessions, or takes them for another type. */
function isAttributeRefused(error: unknown): boolean {
  const found = grpcError(error);
  if (found?.code !== GRPC.invalidArgument) return false;
  return Object.values(SEARCH_ATTRIBUTES).some((name) => found.details.includes(name));
}

/** True for an update that the workflow does not know: it has no handler yet, or its worker is older than this gateway and is being replaced. */
function isTooEarly(error: unknown): boolean {
  const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
  return cause instanceof ApplicationFailure && cause.message.startsWith('No registered handler');
}

/** True if the server rejected an argument; for a foreign page token it answers only "unknown". */
export function isArgumentRefused(error: unknown): boolean {
  const code = grpcCode(error);
  return code === GRPC.invalidArgument || code === GRPC.unknown;
}

/** True for an update that was accepted by a workflow which then ended. */
export function isWorkflowEnded(error: unknown): boolean {
  const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
  return cause instanceof ApplicationFailure && cause.type === 'AcceptedUpdateCompletedWorkflow';
}

/** True if a payload was sealed, and this process has no keys. */
function isSealedToUs(error: unknown): boolean {
  return error instanceof ValueError && error.message.includes(SEALED);
}

/** The error of the table for anything that a Temporal call threw. */
export function fromTemporal(error: unknown, kind: CallKind): ConvokeError {
  if (error instanceof ConvokeError) return error;
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
    const type = error.cause.type ?? '';
    if (Object.hasOwn(ERRORS, type))
      return new ConvokeError(type as ErrorCode, error.cause.message, { cause: error });
  }
  const make = (code: ErrorCode): ConvokeError => new ConvokeError(code, ADVICE[code], { cause: error });
  const lacking = missingNamespace(error);
  if (lacking !== null) return namespaceMissing(lacking, error);
  if (isAttributeRefused(error)) return attributesMissing(error);
  if (isSealedToUs(error)) {
    const detail = 'What Temporal holds is sealed: set CONVOKE_SEAL_KEYS for this process, too.';
    return new ConvokeError('seal_key_missing', detail, { cause: error });
  }
  if (isTooEarly(error) || isSignalLimit(error)) return make('overloaded');
  const code = grpcCode(error);
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError && code === null)
    return make('worker_unavailable');
  return make(code === null ? 'internal' : codeOfGrpc(code, kind));
}

/** Why sessions cannot be served by this Temporal. */
export interface SetUpFault {
  readonly code: 'temporal_not_set_up' | 'temporal_refused' | 'temporal_unavailable';
  /** A sentence. */
  readonly what: string;
  /** Mends it. */
  readonly command?: string;
  /** What to do if there is no such command. */
  readonly advice?: string;
  readonly cause?: unknown;
}

export function namespaceFault(namespace: string): SetUpFault {
  const what = `Temporal has no namespace "${namespace}" (TEMPORAL_NAMESPACE).`;
  const command = `temporal operator namespace create --namespace ${namespace}`;
  return { code: 'temporal_not_set_up', what, command };
}

/** The server does not take the credentials of this process. */
export function temporalRefuses(cause: unknown): ConvokeError {
  return new ConvokeError('temporal_refused', CREDENTIALS_MEND, { cause });
}

function namespaceMissing(namespace: string, cause: unknown): ConvokeError {
  const { code, what, command } = namespaceFault(namespace);
  return new ConvokeError(code, `${what} Run: ${command}`, { cause });
}

function attributesMissing(cause: unknown): ConvokeError {
  const mend = '"npx convoke doctor" and GET /readyz of the gateway say the command that registers them.';
  const detail = `The namespace lacks search attributes of sessions. ${mend}`;
  return new ConvokeError('temporal_not_set_up', detail, { cause });
}

/** When an ingress call that starts now gives up, ms since the Unix epoch. */
export function ingressDeadline(kind: CallKind): number {
  return Date.now() + (kind === 'server' ? RECOVERY.ingressDeadlineMs : RECOVERY.answerDeadlineMs);
}

export function interruptedError(cause: unknown): ConvokeError {
  const detail = 'Nothing runs in the session. The next message reopens it, and what waits is answered then.';
  return new ConvokeError('session_interrupted', detail, { cause });
}

export function hibernatedError(cause?: unknown): ConvokeError {
  return new ConvokeError('session_hibernated', undefined, { cause });
}

export function notFoundError(cause?: unknown): ConvokeError {
  return new ConvokeError('session_not_found', 'There is no such session: check the id, or open it first.', {
    cause,
  });
}

/** The session accepts nothing more. */
export function closedError(cause?: unknown): ConvokeError {
  return new ConvokeError(
    'session_closed',
    'This session accepts nothing more; reopen it, or open another one.',
    {
      cause,
    },
  );
}
