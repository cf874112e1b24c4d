/** Every failure of a call to Temporal, as an error of the table. */
import {
  isGrpcServiceError,
  QueryNotRegisteredError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure, NamespaceNotFoundError, WorkflowNotFoundError } from '@temporalio/common';
import { ConvokeError, ERRORS, RECOVERY } from '../contracts/index.ts';
import type { ErrorCode } from '../contracts/index.ts';

/** gRPC status codes, by their numbers on the wire. */
export const GRPC = {
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  unavailable: 14,
} as const;

/** What is being asked: a query or an update needs a worker, the rest only the server. */
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
    case GRPC.failedPrecondition:
      // No worker polls, or the first task of the workflow is not done.
      return kind === 'worker' ? 'worker_unavailable' : 'internal';
    default:
      return 'internal';
  }
}

const ADVICE: Partial<Record<ErrorCode, string>> = {
  overloaded: 'Wait for the time given and send the same request again.',
  temporal_unavailable:
    'Send the same request again after the time given; the ids in it make a repeat harmless.',
  worker_unavailable: 'Check that a worker runs, and send the same request again after the time given.',
};

function grpcError(error: unknown): { readonly code: number; readonly details: string } | null {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    if (isGrpcServiceError(at)) return at;
  }
  return null;
}

function grpcCode(error: unknown): number | null {
  return grpcError(error)?.code ?? null;
}

/** True if the server has no open run under that workflow id. */
export function isWorkflowNotFound(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError;
}

/** True if the run has had as many signals as a run may have (10,000). The session goes on in another run when its turn has ended. */
function isSignalLimit(error: unknown): boolean {
  const found = grpcError(error);
  return found?.code === GRPC.invalidArgument && found.details.includes('limit for signal events');
}

/** True if the server could make nothing of an argument; for a foreign page token it says only "unknown". */
export function isArgumentRefused(error: unknown): boolean {
  const code = grpcCode(error);
  return code === GRPC.invalidArgument || code === GRPC.unknown;
}

/** True for an update that was accepted by a workflow which then ended. */
export function isWorkflowEnded(error: unknown): boolean {
  const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
  return cause instanceof ApplicationFailure && cause.type === 'AcceptedUpdateCompletedWorkflow';
}

/** The error of the table for whatever a Temporal call threw. */
export function fromTemporal(error: unknown, kind: CallKind): ConvokeError {
  if (error instanceof ConvokeError) return error;
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
    const type = error.cause.type ?? '';
    if (Object.hasOwn(ERRORS, type))
      return new ConvokeError(type as ErrorCode, error.cause.message, { cause: error });
  }
  const make = (code: ErrorCode): ConvokeError => new ConvokeError(code, ADVICE[code], { cause: error });
  if (error instanceof NamespaceNotFoundError) return make('temporal_unavailable');
  if (error instanceof QueryNotRegisteredError) return make('internal');
  if (isSignalLimit(error)) return make('overloaded');
  const code = grpcCode(error);
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError && code === null)
    return make('worker_unavailable');
  return make(code === null ? 'internal' : codeOfGrpc(code, kind));
}

/** The moment, ms since the Unix epoch, at which an ingress call that begins now gives up. */
export function ingressDeadline(kind: CallKind): number {
  return Date.now() + (kind === 'server' ? RECOVERY.ingressDeadlineMs : RECOVERY.answerDeadlineMs);
}
