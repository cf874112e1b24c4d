/** A session as it lies in a log, an archive and a workflow, all three in memory and as full as a test says. */
import {
  eventId,
  START,
  type EventDraft,
  type KnownEvents,
  type LoggedEvent,
  type Position,
  type SessionInfo,
  type SessionRef,
} from '../../../src/contracts/index.ts';
import type { Begun, LogSlice, SessionLog, SessionSource } from '../../../src/log/index.ts';
import type { Conversations } from '../../../activities/conversation/index.ts';
import type { Sees } from '../../../activities/conversation/index.ts';
import type { Utterance } from '../../../activities/agents/runner.ts';

export const REF: SessionRef = { tenant: 'acme', session: 's' };
export const INFO: SessionInfo = { team: { name: 'sequence' }, agents: [], metadata: {}, createdAt: 1 };

export class ScriptedSession {
  /** All that has happened, from seq 1. */
  events: LoggedEvent[] = [];
  epoch = 1;
  /** The first event that the log still has. */
  first = 1;
  lost = false;
  archivedTo = 0;
  /** Ids of facts whose position the workflow does not know, and of those that it has not heard of at all. */
  readonly pending = new Set<string>();
  readonly unheard = new Set<string>();
  /** How often each was asked. */
  /** Most events that the archive was asked for at a time. */
  largest = 0;
  readonly asked = { log: 0, archive: 0, workflow: 0 };
  /** What the workflow, and the archive, fail with. */
  fault: Error | null = null;
  archiveFault: Error | null = null;
  /** Happens once, before the archive answers. */
  meanwhile: (() => void) | null = null;

  get position(): Position {
    return { epoch: this.epoch, seq: this.events.length };
  }

  get access(): { log: SessionLog; source: SessionSource } {
    const log = { read: (_ref: SessionRef, query: { after?: number; limit: number }) => this.#read(query) };
    return {
      log: log as unknown as SessionLog, // safety: a conversation only reads
      source: {
        known: () => this.#known(),
        archived: async (_ref, upTo, limit) => {
          this.asked.archive += 1;
          this.#happen();
          if (this.archiveFault) throw this.archiveFault;
          this.largest = Math.max(this.largest, limit);
          const last = Math.min(upTo, this.archivedTo);
          return this.events.slice(Math.max(0, last - limit), last);
        },
        session: async () => null,
      },
    };
  }

  put(...drafts: readonly EventDraft[]): void {
    for (const draft of drafts) this.events.push({ ...draft, seq: this.events.length + 1 });
  }

  /** What a `begin` would read. */
  begun(since: Position): Pick<Begun, 'position' | 'info' | 'fresh'> {
    const same = since.epoch === this.epoch;
    const fresh = this.#retained().filter(({ seq }) => !same || seq > since.seq);
    return { position: this.position, info: same ? null : INFO, fresh };
  }

  /** What a step sees that begins now. A log that is lost is lost right after the step has begun. */
  async show(conversations: Conversations, sees: Sees): Promise<readonly Utterance[]> {
    conversations.learn(REF, this.begun(conversations.position(REF)));
    return conversations.show(REF, sees);
  }

  #happen(): void {
    const { meanwhile } = this;
    this.meanwhile = null;
    meanwhile?.();
  }

  #retained(): readonly LoggedEvent[] {
    return this.events.slice(this.first - 1);
  }

  async #read({ after, limit }: { after?: number; limit: number }): Promise<LogSlice | null> {
    this.asked.log += 1;
    if (this.lost) return null;
    const retained = this.#retained();
    const events =
      after === undefined
        ? retained.slice(-limit)
        : retained.filter(({ seq }) => seq > after).slice(0, limit);
    return { position: this.position, first: this.first, info: INFO, events, open: [] };
  }

  async #known(): Promise<KnownEvents> {
    this.asked.workflow += 1;
    if (this.fault) throw this.fault;
    const held = this.events.slice(this.archivedTo).filter(({ id }) => !this.unheard.has(id));
    const drafts = held.filter(({ id }) => this.pending.has(id));
    return {
      info: INFO,
      known: this.events.length === 0 ? START : this.position,
      archivedTo: this.archivedTo,
      events: held.filter(({ id }) => !this.pending.has(id)),
      pending: drafts.map(({ seq: _seq, ...draft }) => draft),
    };
  }
}

const AT = 1;

export function accepted(turn: string, text: string, messageId = `m-${turn}`): EventDraft {
  const data = { messageId, parts: [{ type: 'text' as const, text }], queued: false };
  return { id: eventId.message(messageId), type: 'message.accepted', at: AT, turn, cause: messageId, data };
}

/** `unseen`: turns that are at work then. */
export function turnStarted(
  turn: string,
  messageIds = [`m-${turn}`],
  unseen: readonly string[] = [],
): EventDraft {
  const cause = messageIds[0] ?? '';
  const data = { messageIds, ...(unseen.length === 0 ? {} : { unseen }) };
  return { id: eventId.turnStarted(turn), type: 'turn.started', at: AT, turn, cause, data };
}

export function turnEnded(turn: string): EventDraft {
  return { id: eventId.turnEnded(turn), type: 'turn.completed', at: AT, turn, cause: `m-${turn}`, data: {} };
}

export function turnCancelled(turn: string): EventDraft {
  const data = { reason: 'cancelled' };
  return { id: eventId.turnEnded(turn), type: 'turn.cancelled', at: AT, turn, cause: `m-${turn}`, data };
}

const turnOf = (step: string): string => step.slice(0, step.indexOf('.'));

export function stepStarted(step: string): EventDraft {
  const place = { at: AT, turn: turnOf(step), step, agent: 'a' };
  return { ...place, id: eventId.stepStarted(step), type: 'step.started', data: {} };
}

export function completed(step: string, text: string, agent = 'a'): EventDraft {
  const place = { at: AT, turn: turnOf(step), step, agent };
  return { ...place, id: eventId.stepEnded(step), type: 'step.completed', data: { text } };
}

/** A summary that a turn has made of the turns up to `upTo`. */
export function summarised(turn: string, upTo: number, text: string): EventDraft {
  const step = `${turn}.s1`;
  const data = { text, summarises: { upTo: `t${upTo}`, seq: 0 } };
  const place = { at: AT, turn, step, agent: 'scribe' };
  return { ...place, id: eventId.stepEnded(step), type: 'step.completed', data };
}

export function cancelledStep(step: string, text: string): EventDraft {
  const place = { at: AT, turn: turnOf(step), step, agent: 'a' };
  return { ...place, id: eventId.stepEnded(step), type: 'step.cancelled', data: { reason: '', text } };
}

export function failedStep(step: string, text: string): EventDraft {
  const place = { at: AT, turn: turnOf(step), step, agent: 'a' };
  const data = { code: 'agent_failed', message: '', text };
  return { ...place, id: eventId.stepEnded(step), type: 'step.failed', data };
}

/** What the answer to one message sees. */
export function answering(turn: string, steps: readonly string[] = [], budgetChars = 131_072): Sees {
  return { turn, causes: [`m-${turn}`], steps, budgetChars };
}
