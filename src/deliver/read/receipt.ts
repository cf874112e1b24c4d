/** Where a message stands: the log knows the newest, the workflow knows what the log has lost, the archive what both have forgotten. */
import { ConvokeError, isConvokeError, LIMITS, receiptOf } from '../../contracts/index.ts';
import type { ErrorCode, Receipt, SessionRef, SessionView } from '../../contracts/index.ts';
import { load, viewOf } from './load.ts';
import type { Sources } from './load.ts';

/** Asks the workflow of a session; null if it does not know the message. Throws `session_not_found` if there is no such workflow. */
export type AskWorkflow = (ref: SessionRef, messageId: string) => Promise<Receipt | null>;

const NOT_IN_LOG: readonly ErrorCode[] = ['log_unavailable', 'archive_unavailable', 'session_not_found'];

export interface ReceiptQuery {
  readonly messageId: string;
  /** The view of the session, if this gateway follows it. */
  readonly followed: () => Promise<SessionView | null>;
  readonly ask: AskWorkflow;
}

async function fromLog(
  sources: Sources,
  ref: SessionRef,
  { messageId, followed }: ReceiptQuery,
): Promise<Receipt | null> {
  try {
    const view = await followed();
    if (view) return receiptOf(view, messageId);
    // A log that is lost is not built for this: the workflow answers the same question.
    const slice = await sources.log.read(ref, { limit: LIMITS.replayEvents });
    return slice && receiptOf((await viewOf(sources.source, ref, slice)).view, messageId);
  } catch (error) {
    // A log that is away or new is no reason not to ask the workflow.
    if (isConvokeError(error) && NOT_IN_LOG.includes(error.code)) return null;
    throw error;
  }
}

async function fromWorkflow(
  sources: Sources,
  ref: SessionRef,
  { messageId, ask }: ReceiptQuery,
): Promise<Receipt | null> {
  try {
    return await ask(ref, messageId);
  } catch (error) {
    if (!isConvokeError(error) || error.code !== 'session_not_found') throw error;
    if ((await sources.source.session(ref)) === null) throw error;
    // Temporal has forgotten the session; the archive has not.
    return receiptOf((await load(sources, ref)).view, messageId);
  }
}

/** Throws `message_not_found`, `session_not_found`, and what the workflow's answer throws. */
export async function readReceipt(sources: Sources, ref: SessionRef, query: ReceiptQuery): Promise<Receipt> {
  const receipt = (await fromLog(sources, ref, query)) ?? (await fromWorkflow(sources, ref, query));
  if (!receipt)
    throw new ConvokeError('message_not_found', 'Check the messageId, or send the message again with it.');
  return receipt;
}
