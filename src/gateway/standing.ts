/** Where a message stands: the log knows the newest, the workflow knows what the log has lost. */
import { ConvokeError, isConvokeError } from '../contracts/index.ts';
import type { Receipt, SessionRef } from '../contracts/index.ts';
import type { GatewayContext } from './context.ts';

async function fromLog(context: GatewayContext, ref: SessionRef, messageId: string): Promise<Receipt | null> {
  try {
    return await context.delivery.receipt(ref, messageId);
  } catch (error) {
    // A log that is away or new is no reason not to ask the workflow.
    if (isConvokeError(error) && (error.code === 'log_unavailable' || error.code === 'session_not_found'))
      return null;
    throw error;
  }
}

/** Throws `message_not_found`, `session_not_found`. */
export async function standing(
  context: GatewayContext,
  ref: SessionRef,
  messageId: string,
): Promise<Receipt> {
  const receipt =
    (await fromLog(context, ref, messageId)) ?? (await context.submitter.receipt(ref, messageId));
  if (!receipt)
    throw new ConvokeError('message_not_found', 'Check the messageId, or send the message again with it.');
  return receipt;
}
