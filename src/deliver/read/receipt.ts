/** Receipts: from the log, which has the newest; from the workflow, if the log was lost; from the archive, if Temporal has dropped the session. */
import {
  Batches,
  ConvokeError,
  disclosedTo,
  envelope,
  isConvokeError,
  isWithheld,
  LIMITS,
  receiptOf,
} from '../../contracts/index.ts';
import type {
  ErrorCode,
  KeptReceipt,
  Reader,
  Receipt,
  SessionRef,
  SessionView,
} from '../../contracts/index.ts';
import { load, viewOf } from './load.ts';
import type { Sources } from './load.ts';
import { readStory } from './story.ts';

/** Asks a session's workflow; null if it does not know the message. Throws `session_not_found` if there is no such workflow. */
export type AskWorkflow = (ref: SessionRef, messageId: string) => Promise<KeptReceipt | null>;

const NOT_IN_LOG: readonly ErrorCode[] = ['log_unavailable', 'archive_unavailable', 'session_not_found'];

/** A session's view, if this gateway follows the session. */
export type Followed = (ref: SessionRef) => Promise<SessionView | null>;

/** However many ask at a time: a session's log is read, and a view made of it, once. */
export class Receipts {
  readonly #sources: Sources;
  readonly #followed: Followed;
  readonly #ask: AskWorkflow;
  readonly #logged = new Batches<string, Receipt | null>(
    (ref, messageIds) => this.#read(ref, messageIds),
    LIMITS.receiptsAtOnce,
  );

  constructor(sources: Sources, followed: Followed, ask: AskWorkflow) {
    this.#sources = sources;
    this.#followed = followed;
    this.#ask = ask;
  }

  /**
   * A direct message is none for who may not read it. Throws `message_not_found`, `session_not_found`, whatever the workflow's answer throws, and of
   * a direct message what the log does.
   */
  async receipt(ref: SessionRef, messageId: string, reader: Reader): Promise<Receipt> {
    const kept = (await this.#fromLog(ref, messageId)) ?? (await this.#fromWorkflow(ref, messageId));
    if (!kept || !(await this.#mayKnow(ref, kept, reader)))
      throw new ConvokeError('message_not_found', 'Check the messageId, or send the message again under it.');
    const { direct: _direct, ...receipt } = kept;
    return receipt;
  }

  /** The log knows whom a message is to; of one that it does not know yet, or that got no place, the session knows the sender. */
  async #mayKnow(
    ref: SessionRef,
    { messageId, status, direct }: KeptReceipt,
    reader: Reader,
  ): Promise<boolean> {
    if (reader.all || (status !== 'published' && !direct)) return true;
    if (direct?.from !== undefined && direct.from === reader.subject) return true;
    const story = await readStory(this.#sources, ref, messageId);
    if (!story) return !direct;
    return !story.events.some((event) => isWithheld(disclosedTo(reader, envelope(ref, 0, event))));
  }

  async #fromLog(ref: SessionRef, messageId: string): Promise<KeptReceipt | null> {
    try {
      const view = await this.#followed(ref);
      return view ? receiptOf(view, messageId) : await this.#logged.ask(ref, messageId);
    } catch (error) {
      // The log is away or lost: ask the workflow.
      if (isConvokeError(error) && NOT_IN_LOG.includes(error.code)) return null;
      throw error;
    }
  }

  async #read(ref: SessionRef, messageIds: readonly string[]): Promise<readonly (Receipt | null)[]> {
    const { log, source } = this.#sources;
    const slice = await log.read(ref, { limit: LIMITS.replayEvents });
    // A lost log is not rebuilt for this: the workflow can answer too.
    if (!slice) return messageIds.map(() => null);
    const { view } = await viewOf(source, ref, slice);
    return messageIds.map((messageId) => receiptOf(view, messageId));
  }

  async #fromWorkflow(ref: SessionRef, messageId: string): Promise<KeptReceipt | null> {
    try {
      return await this.#ask(ref, messageId);
    } catch (error) {
      if (!isConvokeError(error) || error.code !== 'session_not_found') throw error;
      if ((await this.#sources.source.session(ref)) === null) throw error;
      // The session is past Temporal's retention; the archive still has it.
      return receiptOf((await load(this.#sources, ref)).view, messageId);
    }
  }
}
