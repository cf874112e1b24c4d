/**
 * The view: what a client shows of a session, folded from events and deltas. Server and client use this one fold, so a snapshot and the
 * events after it always fit together.
 *
 * Invariants
 * 1. `applyEvent` accepts an event at most once and in order: it ignores any event that is not number `position.seq + 1` of the same epoch.
 * 2. A delta of an older attempt, or one whose offset leaves a hole, changes nothing.
 * 3. Nothing grows without bound: entries beyond `CLIENT.snapshotEntries` are dropped from the front and `truncated` is set.
 */
import type { Position } from '../cursor.ts';
import { disclosedMetadata, disclosedTeam } from '../events/disclosure.ts';
import type { SessionEvent } from '../events/envelope.ts';
import { openingRoster, rosterState } from '../member.ts';
import type { SessionInfo } from '../session.ts';
import { editMessages, withEntry } from './edit.ts';
import { reduceStep } from './step.ts';
import { asEnded, reduceTurn } from './turn.ts';
import type { Entry, MessageEntry, SessionView } from './types.ts';
import { answered, reduceWait } from './waits.ts';

type Of<F extends string> = Extract<SessionEvent, { type: `${F}.${string}` }>;

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
    team: disclosedTeam(info.team),
    ...rosterState(info.roster ?? openingRoster(info.agents)),
    metadata: disclosedMetadata(info.metadata),
    createdAt: info.createdAt,
    ...(info.parent ? { parent: info.parent } : {}),
    entries: [],
    turns: [],
    asked: [],
    approvals: [],
    truncated: position.seq > 0,
  };
}

function isScheduled(entry: Entry, messageId: string): boolean {
  return entry.kind === 'message' && entry.messageId === messageId && entry.status === 'scheduled';
}

/** One that was rejected may be sent again. */
function withoutMessage(view: SessionView, messageId: string): SessionView {
  return {
    ...view,
    entries: view.entries.filter((each) => each.kind === 'step' || each.messageId !== messageId),
  };
}

function reduceMessage(view: SessionView, event: Of<'message'>): SessionView {
  switch (event.type) {
    case 'message.accepted': {
      const { queued, answers, steers: _steers, ...data } = event.data;
      // The same message may have been rejected before because the inbox was full.
      const others = withoutMessage(view, data.messageId);
      const status = answers !== undefined ? 'consumed' : queued ? 'queued' : 'accepted';
      const entry: MessageEntry = { kind: 'message', ...data, at: event.at, status, turn: event.turn ?? '' };
      return withEntry(answered(others, answers), asEnded(view, entry));
    }
    case 'message.scheduled': {
      const { policy: _policy, ...data } = event.data;
      return withEntry(view, { kind: 'message', ...data, at: event.at, status: 'scheduled' });
    }
    case 'message.rejected':
      if (view.entries.some((each) => isScheduled(each, event.data.messageId))) {
        const { messageId, code } = event.data;
        return editMessages(view, (each) => isScheduled(each, messageId), { status: 'rejected', code });
      }
      return withEntry(view, {
        kind: 'message',
        messageId: event.data.messageId,
        parts: [],
        at: event.at,
        status: 'rejected',
        code: event.data.code,
      });
    default:
      return view;
  }
}

/** What applications publish is not part of the conversation. */
function reduceChannel(view: SessionView, { data }: Of<'channel'>): SessionView {
  return 'withheld' in data ? view : withoutMessage(view, data.messageId);
}

function reduceSession(view: SessionView, event: Of<'session'>): SessionView {
  switch (event.type) {
    case 'session.members':
      return { ...view, ...rosterState(event.data) };
    case 'session.closed':
      return { ...view, status: 'closed' };
    // Running turns and steps stay as they are: each is ended by an event of its own.
    case 'session.interrupted':
      return { ...view, status: 'interrupted' };
    // A parent may have been closed, or interrupted, when it was forked.
    case 'session.forked':
      return { ...view, status: 'open', parent: event.data };
    case 'session.reopened':
      return { ...view, status: 'open' };
    default:
      return view;
  }
}

/** Events of types that the view does not know change nothing. */
function reduce(view: SessionView, event: SessionEvent): SessionView {
  // safety: the first word of an event's type is its family
  switch (event.type.split('.')[0]) {
    case 'session':
      return reduceSession(view, event as Of<'session'>);
    case 'message':
      return reduceMessage(view, event as Of<'message'>);
    case 'turn':
      return reduceTurn(view, event as Of<'turn'>);
    case 'step':
      return reduceStep(view, event as Of<'step'>);
    default:
      return event.type === 'channel.published' ? reduceChannel(view, event) : reduceWait(view, event);
  }
}

/** The view after an event. An event that is not the next one in the view's epoch changes nothing. */
export function applyEvent(view: SessionView, event: SessionEvent): SessionView {
  if (event.epoch !== view.position.epoch || event.seq !== view.position.seq + 1) return view;
  return { ...reduce(view, event), position: { epoch: event.epoch, seq: event.seq } };
}
