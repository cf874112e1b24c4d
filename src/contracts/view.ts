/**
 * The view: what a client shows of a session, folded from events and deltas. Server and client use this one fold, so a snapshot and the
 * events after it always meet.
 *
 * Invariants
 * 1. `applyEvent` accepts an event at most once and in order: it ignores any `seq` that is not `position.seq + 1` of the same epoch.
 * 2. A delta of an older attempt, or one whose offset leaves a hole, changes nothing.
 * 3. Nothing grows without bound: entries beyond `LIMITS.snapshotEntries` are dropped from the front and `truncated` is set.
 */
import type { Delta, FailureInfo, FinishReason, OpenStep, SessionEvent, Usage } from './event.ts';
import { LIMITS } from './limits.ts';
import type { MessagePart, Receipt, ReceiptStatus } from './message.ts';
import type { JsonObject } from './json.ts';
import type { Position } from './cursor.ts';
import type { SessionInfo, SessionStatus } from './session.ts';

export interface MessageEntry {
  readonly kind: 'message';
  readonly messageId: string;
  readonly parts: readonly MessagePart[];
  readonly from?: string;
  readonly at: number;
  readonly status: ReceiptStatus;
  readonly turn?: string;
  readonly code?: string;
}

export type EndStatus = 'completed' | 'failed' | 'cancelled';

export interface StepEntry {
  readonly kind: 'step';
  readonly step: string;
  readonly turn: string;
  readonly agent: string;
  readonly attempt: number;
  readonly status: 'running' | EndStatus;
  readonly text: string;
  /** What the model thought before it answered. */
  readonly reasoning?: string;
  readonly at: number;
  readonly failure?: FailureInfo;
  /** Of all attempts together. */
  readonly usage?: Usage;
  readonly finish?: FinishReason;
  /** The step pauses until then, ms since the Unix epoch, for this reason. */
  readonly waiting?: FailureInfo & { readonly until: number };
}

export interface TurnEntry {
  readonly turn: string;
  readonly status: 'running' | EndStatus;
  readonly messageIds: readonly string[];
  readonly failure?: FailureInfo;
}

export interface SessionView {
  readonly tenant: string;
  readonly session: string;
  readonly position: Position;
  readonly status: SessionStatus;
  readonly team: SessionInfo['team'];
  readonly agents: readonly string[];
  readonly metadata: JsonObject;
  readonly createdAt: number;
  /** Messages and steps in the order of the log. */
  readonly entries: readonly (MessageEntry | StepEntry)[];
  readonly turns: readonly TurnEntry[];
  /** True if older entries exist; read them with `GET /events`. */
  readonly truncated: boolean;
}

/** An empty view of a session, before its first event. */
export function emptyView(
  tenant: string,
  session: string,
  info: SessionInfo,
  position: Position,
): SessionView {
  return {
    tenant,
    session,
    position,
    status: 'open',
    team: info.team,
    agents: info.agents.map((agent) => agent.name),
    metadata: info.metadata,
    createdAt: info.createdAt,
    entries: [],
    turns: [],
    truncated: position.seq > 0,
  };
}

function keepNewest<T>(list: readonly T[]): readonly T[] {
  return list.length > LIMITS.snapshotEntries ? list.slice(-LIMITS.snapshotEntries) : list;
}

function withEntry(view: SessionView, entry: MessageEntry | StepEntry): SessionView {
  const entries = keepNewest([...view.entries, entry]);
  return { ...view, entries, truncated: view.truncated || entries.length <= view.entries.length };
}

function editMessages(
  view: SessionView,
  match: (entry: MessageEntry) => boolean,
  change: Partial<MessageEntry>,
): SessionView {
  return {
    ...view,
    entries: view.entries.map((entry) =>
      entry.kind === 'message' && match(entry) ? { ...entry, ...change } : entry,
    ),
  };
}

/** Steps are unique in a view. Called for every token: a copy of the list, not a walk through it. */
function editStep(view: SessionView, step: string, change: Partial<StepEntry>): SessionView {
  const index = view.entries.findLastIndex((entry) => entry.kind === 'step' && entry.step === step);
  const entry = view.entries[index];
  if (entry?.kind !== 'step') return view;
  return { ...view, entries: view.entries.with(index, { ...entry, ...change }) };
}

/** Withdraws the text of older attempts. A delta of this attempt, or the snapshot, may have been faster than its event: that text stays. */
function restartStep(view: SessionView, step: string, attempt: number): SessionView {
  return {
    ...view,
    entries: view.entries.map((entry) =>
      entry.kind === 'step' && entry.step === step && entry.attempt < attempt
        ? { ...entry, attempt, text: '' }
        : entry,
    ),
  };
}

function endTurn(view: SessionView, turn: string, status: EndStatus, failure?: FailureInfo): SessionView {
  const found = view.turns.some((entry) => entry.turn === turn);
  const ended = { status, ...(failure === undefined ? {} : { failure }) };
  if (found) {
    return {
      ...view,
      turns: view.turns.map((entry) => (entry.turn === turn ? { ...entry, ...ended } : entry)),
    };
  }
  // It ended before it started: its messages will have no effect.
  const next = editMessages(view, (entry) => entry.turn === turn, {
    status: 'rejected',
    code: status === 'cancelled' ? 'turn_cancelled' : (failure?.code ?? 'internal'),
  });
  return { ...next, turns: keepNewest([...next.turns, { turn, messageIds: [], ...ended }]) };
}

function reduceStep(
  view: SessionView,
  event: Extract<SessionEvent, { type: `step.${string}` }>,
): SessionView {
  const { turn = '', step = '' } = event;
  switch (event.type) {
    case 'step.started':
      return withEntry(view, {
        kind: 'step',
        step,
        turn,
        agent: event.agent ?? '',
        attempt: event.attempt ?? 1,
        status: 'running',
        text: '',
        at: event.at,
      });
    case 'step.restarted':
      return restartStep(view, step, event.attempt ?? 1);
    case 'step.waiting':
      return editStep(view, step, { waiting: event.data });
    case 'step.completed':
      return editStep(view, step, { ...event.data, status: 'completed', attempt: event.attempt ?? 1 });
    case 'step.failed': {
      const { text, ...failure } = event.data;
      return editStep(view, step, { status: 'failed', text, failure });
    }
    case 'step.cancelled':
      return editStep(view, step, { status: 'cancelled', text: event.data.text });
  }
}

function reduce(view: SessionView, event: SessionEvent): SessionView {
  const { turn = '' } = event;
  switch (event.type) {
    case 'session.created':
    case 'session.recovered':
      return view;
    case 'session.closed':
      return { ...view, status: 'closed' };
    case 'message.accepted': {
      const { queued, ...data } = event.data;
      // The same message may have been refused before, for want of room.
      const others = view.entries.filter((each) => each.kind === 'step' || each.messageId !== data.messageId);
      const status = queued ? 'queued' : 'accepted';
      const entry: MessageEntry = { kind: 'message', ...data, at: event.at, status, turn };
      return withEntry({ ...view, entries: others }, entry);
    }
    case 'message.rejected':
      return withEntry(view, {
        kind: 'message',
        messageId: event.data.messageId,
        parts: [],
        at: event.at,
        status: 'rejected',
        code: event.data.code,
      });
    case 'turn.started': {
      const { messageIds } = event.data;
      const next = editMessages(view, (entry) => messageIds.includes(entry.messageId), {
        status: 'consumed',
        turn,
      });
      return { ...next, turns: keepNewest([...next.turns, { turn, status: 'running', messageIds }]) };
    }
    case 'turn.completed':
      return endTurn(view, turn, 'completed');
    case 'turn.failed':
      return endTurn(view, turn, 'failed', event.data);
    case 'turn.cancelled':
      return endTurn(view, turn, 'cancelled');
    case 'step.started':
    case 'step.restarted':
    case 'step.waiting':
    case 'step.completed':
    case 'step.failed':
    case 'step.cancelled':
      return reduceStep(view, event);
    default:
      return view;
  }
}

/** The view after an event. An event that is not the next one of the view's epoch leaves it as it is. */
export function applyEvent(view: SessionView, event: SessionEvent): SessionView {
  if (event.epoch !== view.position.epoch || event.seq !== view.position.seq + 1) return view;
  return { ...reduce(view, event), position: { epoch: event.epoch, seq: event.seq } };
}

/** What a delta means to a view. */
export type DeltaTaken =
  /** `delta`: what of it was new. */
  | { readonly fit: 'new'; readonly view: SessionView; readonly delta: Delta }
  /** `old`: it adds nothing. `hole`: text before it is missing. `stranger`: the view has no such step. */
  | { readonly fit: 'old' | 'hole' | 'stranger' };

/** The one rule for deltas. A higher attempt withdraws the text before it; a lower one, and a step that has ended, are `old`. */
export function takeDelta(view: SessionView, delta: Delta): DeltaTaken {
  const entry = view.entries.findLast((each) => each.kind === 'step' && each.step === delta.step);
  if (entry?.kind !== 'step') return { fit: 'stranger' };
  const { step, status, attempt } = entry;
  if (status !== 'running' || delta.attempt < attempt) return { fit: 'old' };
  const text = delta.attempt > attempt ? '' : entry.text;
  if (delta.offset > text.length) return { fit: 'hole' };
  // Cut from the piece, not from the whole: slicing the whole would copy it for every token.
  const more = delta.text.slice(text.length - delta.offset);
  if (more === '') return { fit: 'old' };
  return {
    fit: 'new',
    view: withStepText(view, { step, attempt: delta.attempt, text: text + more }),
    delta: { ...delta, offset: text.length, text: more },
  };
}

/** The view with a running step's text set. */
export function withStepText(view: SessionView, open: OpenStep): SessionView {
  return editStep(view, open.step, { attempt: open.attempt, text: open.text });
}

/** The running steps of a view. */
export function openSteps(view: SessionView): readonly OpenStep[] {
  return view.entries
    .filter((entry) => entry.kind === 'step')
    .filter((entry) => entry.status === 'running')
    .map(({ step, attempt, text }) => ({ step, attempt, text }));
}

/** Where a message stands according to a view; null if the view does not hold it. */
export function receiptOf(view: SessionView, messageId: string): Receipt | null {
  const entry = view.entries.find((each) => each.kind === 'message' && each.messageId === messageId);
  if (entry?.kind !== 'message') return null;
  const turn = view.turns.find((each) => each.turn === entry.turn);
  return {
    session: view.session,
    messageId,
    status: entry.status,
    ...(entry.turn ? { turn: entry.turn } : {}),
    ...(turn && entry.status === 'consumed' ? { turnStatus: turn.status } : {}),
    ...(entry.code ? { code: entry.code } : {}),
  };
}

/** The turn that a cancel means which names none: the running one, or else the next. */
export function nextTurn({ turns, entries }: SessionView): string | undefined {
  const running = turns.find(({ status }) => status === 'running');
  if (running) return running.turn;
  const waits = entries.find(
    (entry) => entry.kind === 'message' && (entry.status === 'accepted' || entry.status === 'queued'),
  );
  return waits?.turn;
}
