/** Where a message stands: the log knows the newest, the workflow knows what the log has lost. */
import { ConvokeError, isConvokeError, receiptOf } from '../contracts/index.ts';
import type { ErrorCode, Receipt, SessionRef } from '../contracts/index.ts';
import type { GatewayContext } from './context.ts';

const NOT_IN_LOG: readonly ErrorCode[] = ['log_unavailable', 'archive_unavailable', 'session_not_found'];

async function fromLog(context: GatewayContext, ref: SessionRef, messageId: string): Promise<Receipt | null> {
  try {
    return await context.delivery.receipt(ref, messageId);
  } catch (error) {
    // A log that is away or new is no reason not to ask the workflow.
    if (isConvokeError(error) && NOT_IN_LOG.includes(error.code)) return null;
    throw error;
  }
}

async function fromWorkflow(
  context: GatewayContext,
  ref: SessionRef,
  messageId: string,
): Promise<Receipt | null> {
  try {
    return await context.submitter.receipt(ref, messageId);
  } catch (error) {
    if (!isConvokeError(error) || error.code !== 'session_closed') throw error;
    // Temporal has forgotten it; the archive has not.
    return receiptOf(await context.delivery.snapshot(ref), messageId);
  }
}

/** Throws `message_not_found`, `session_not_found`. */
export async function standing(
  context: GatewayContext,
  ref: SessionRef,
  messageId: string,
): Promise<Receipt> {
  const receipt = (await fromLog(context, ref, messageId)) ?? (await fromWorkflow(context, ref, messageId));
  if (!receipt)
    throw new ConvokeError('message_not_found', 'Check the messageId, or send the message again with it.');
  return receipt;
}
