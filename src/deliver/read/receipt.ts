/** Receipts: from the log, which has the newest; from the workflow, if the log was lost; from the archive, if Temporal has dropped the session. */
import { ConvokeError, isConvokeError, LIMITS, receiptOf } from '../../contracts/index.ts';
import type { ErrorCode, Receipt, SessionRef, SessionView } from '../../contracts/index.ts';
import { load, viewOf } from './load.ts';
import type { Sources } from './load.ts';

/** Asks a session's workflow; null if it does not know the message. Throws `session_not_found` if there is no such workflow. */
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
    // A lost log is not rebuilt for this: the workflow can answer too.
    const slice = await sources.log.read(ref, { limit: LIMITS.replayEvents });
    return slice && receiptOf((await viewOf(sources.source, ref, slice)).view, messageId);
  } catch (error) {
    // The log is away or lost: ask the workflow.
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
    // The session is past Temporal's retention; the archive still has it.
    return receiptOf((await load(sources, ref)).view, messageId);
  }
}

/** Throws `message_not_found`, `session_not_found`, and whatever `ask` throws. */
export async function readReceipt(sources: Sources, ref: SessionRef, query: ReceiptQuery): Promise<Receipt> {
  const receipt = (await fromLog(sources, ref, query)) ?? (await fromWorkflow(sources, ref, query));
  if (!receipt)
    throw new ConvokeError('message_not_found', 'Check the messageId, or send the message again under it.');
  return receipt;
}
