import { ConvokeError } from '../../src/contracts/index.ts';
import type {
  CancelRequest,
  LoggedEvent,
  SessionRef,
  SessionState,
  SessionSummary,
} from '../../src/contracts/index.ts';
import type { SessionCalls } from '../../src/temporal/index.ts';

export function known(ref: SessionRef): void {
  if (ref.tenant !== 'dev' || ref.session === 'nobody')
    throw new ConvokeError('session_not_found', 'Check the id.');
  if (ref.session === 'shut') throw new ConvokeError('session_closed', 'Open another.');
}

/** The event of the message `m`. */
export const ACCEPTED: LoggedEvent = {
  ...{ id: 'message:m', type: 'message.accepted', seq: 1, at: 3, turn: 't1', cause: 'm', by: '1@edge' },
  stamps: { ingest: 1, admit: 2, orchestrate: 3 },
  data: { messageId: 'm', parts: [], queued: false },
};

/** Answers as Temporal does for the sessions `s…` (open), `shut` (closed) and `nobody`; counts what would have been started. */
export class FakeCalls implements SessionCalls {
  opened: string[] = [];
  sent: string[] = [];
  /** Who the messages are from. */
  froms: (string | undefined)[] = [];
  closed: string[] = [];
  readonly #hashes = new Map<string, string>();

  async start(ref: SessionRef, { requestHash }: { readonly requestHash: string }) {
    this.opened.push(ref.session);
    const found = await this.find(ref);
    if (found) return { started: false as const, found };
    this.#hashes.set(ref.session, requestHash);
    return { started: true as const, summary: this.#summary(ref) };
  }

  async find(ref: SessionRef) {
    const requestHash = this.#hashes.get(ref.session);
    return requestHash === undefined ? null : { summary: this.#summary(ref), requestHash };
  }

  async send(
    ref: SessionRef,
    message: { readonly messageId: string; readonly from?: string },
  ): Promise<void> {
    known(ref);
    this.froms.push(message.from);
    this.sent.push(message.messageId);
  }

  async cancel(ref: SessionRef, { turn }: CancelRequest) {
    known(ref);
    return turn === 't9'
      ? { status: 'none' as const }
      : { status: 'cancelling' as const, turn: turn ?? 't1' };
  }

  async wake(ref: SessionRef, turn: string | undefined) {
    known(ref);
    return turn === 't9' ? { status: 'none' as const } : { status: 'woken' as const, turn: turn ?? 't1' };
  }

  async close(ref: SessionRef): Promise<void> {
    this.closed.push(ref.session);
    known(ref);
  }

  async state(ref: SessionRef): Promise<SessionState> {
    known(ref);
    const place = { known: { epoch: 7, seq: 3 }, archivedTo: 0 };
    const size = { createdAt: 1, turns: 1, queued: 0, historyEvents: 10 };
    const who = { team: { name: 'sequence' }, agents: ['a'], members: [] };
    return { ...ref, status: 'open', ...who, ...place, ...size };
  }

  async members(ref: SessionRef) {
    known(ref);
    return { status: 'changed' as const, members: [] };
  }

  async vote(ref: SessionRef) {
    known(ref);
    return { status: 'open' as const, counted: true, hash: '', approvedBy: [], count: 2 };
  }

  async approvals(ref: SessionRef) {
    known(ref);
    return [];
  }

  async unschedule() {
    return null;
  }

  async interrupted() {
    return null;
  }

  async reopen(): Promise<void> {
    throw new Error('no session is interrupted here');
  }

  async resume(): Promise<void> {
    throw new Error('no session hibernates here');
  }

  async receipt() {
    return null;
  }

  async list() {
    return { data: [], next: null };
  }

  #summary({ tenant, session: id }: SessionRef): SessionSummary {
    const workflowId = `session:${tenant}:${id}`;
    return { id, tenant, team: 'sequence', status: 'open', createdAt: 1, workflowId };
  }
}
