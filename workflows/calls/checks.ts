/** Validators of updates. Anybody with access to Temporal can send one: an exception in its handler would fail the workflow's task for ever. */
import { ApplicationFailure } from '@temporalio/workflow';
import { isCancel, isRosterChange, isVote, type ErrorCode } from '../../src/contracts/index.ts';

export function checkChange(change: unknown): void {
  if (isRosterChange(change)) return;
  const code: ErrorCode = 'invalid_request';
  throw ApplicationFailure.nonRetryable('The change must be that of a member of the session.', code);
}

export function checkVote(vote: unknown): void {
  if (isVote(vote)) return;
  const code: ErrorCode = 'invalid_request';
  throw ApplicationFailure.nonRetryable('The vote must be one on an approval of the session.', code);
}

export function checkCancel(asked: unknown): void {
  if (isCancel(asked)) return;
  const code: ErrorCode = 'invalid_request';
  throw ApplicationFailure.nonRetryable('A cancel names a turn like t1, or all, or nothing.', code);
}

export function checkWake(turn: unknown): void {
  if (turn === undefined || turn === null || typeof turn === 'string') return;
  const code: ErrorCode = 'invalid_request';
  throw ApplicationFailure.nonRetryable('The turn must be named like t1, or not at all.', code);
}

export function checkMessageId(messageId: unknown): void {
  if (typeof messageId === 'string') return;
  const code: ErrorCode = 'invalid_request';
  throw ApplicationFailure.nonRetryable('The message must be named by its id.', code);
}
