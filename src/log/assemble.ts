/** How the events of a log that is built anew are put in their places. Pure. */
import { endsStep, endsTurn, eventId, type EventDraft, type LoggedEvent } from '../contracts/index.ts';

/** The event that fills a position which nobody can tell any more. */
function gap(seq: number, at: number): LoggedEvent {
  return { id: eventId.gap(seq), type: 'session.recovered', at, data: {}, seq };
}

/**
 * One contiguous run of events after `base`, at least up to `upTo`. Two events that claim one position (they were appended in different
 * epochs): the second goes to the end. Drafts whose position is unknown follow, unless an event of their id is there.
 */
export function assemble(
  base: number,
  known: readonly LoggedEvent[],
  pending: readonly EventDraft[] = [],
  upTo = base,
): readonly LoggedEvent[] {
  const bySeq = new Map<number, LoggedEvent>();
  const ids = new Set<string>();
  const late: EventDraft[] = [];
  for (const event of known) {
    if (ids.has(event.id) || event.seq <= base) continue;
    ids.add(event.id);
    if (bySeq.has(event.seq)) late.push(event);
    else bySeq.set(event.seq, event);
  }
  const events: LoggedEvent[] = [];
  const head = Math.max(upTo, ...bySeq.keys());
  for (let seq = base + 1; seq <= head; seq += 1) {
    events.push(bySeq.get(seq) ?? gap(seq, events.at(-1)?.at ?? 0));
  }
  for (const draft of pending) {
    if (!ids.has(draft.id)) late.push(draft);
    ids.add(draft.id);
  }
  for (const draft of late) {
    events.push({ ...draft, seq: base + events.length + 1 });
  }
  return events;
}

/**
 * What has no position yet, in one line. A fact of a running turn stands after the last waiting fact of its turn (its message, its start; not
 * its end) and before everything of later turns. What waits under the same id is where it stands.
 */
export function merge(
  pending: readonly EventDraft[],
  running: readonly EventDraft[] = [],
): readonly EventDraft[] {
  const line = [...pending];
  const ids = new Set(pending.map(({ id }) => id));
  for (const fact of running) {
    if (ids.has(fact.id)) continue;
    ids.add(fact.id);
    const before = line.findLastIndex(({ turn, type }) => turn === fact.turn && !endsTurn(type));
    line.splice(before + 1, 0, fact);
  }
  return line;
}

/** Messages that have their place and no turn yet, with what they count for at admission. */
export function waiting(events: readonly LoggedEvent[]): readonly { messageId: string; bytes: number }[] {
  const found = new Map<string, { turn: string | undefined; bytes: number }>();
  for (const event of events) {
    if (event.type === 'message.accepted') {
      if (event.data.answers !== undefined) continue;
      const { messageId, parts } = event.data;
      found.set(messageId, {
        turn: event.turn,
        bytes: new TextEncoder().encode(JSON.stringify(parts)).length,
      });
    } else if (event.type === 'turn.started') {
      for (const messageId of event.data.messageIds) found.delete(messageId);
    } else if (event.type === 'turn.merged') {
      const { messageIds, into, reason } = event.data;
      for (const messageId of messageIds) {
        const message = found.get(messageId);
        if (message && reason.code !== 'joined') found.set(messageId, { ...message, turn: into });
        else found.delete(messageId);
      }
    } else if (endsTurn(event.type)) {
      // It may have ended before it started.
      for (const [messageId, { turn }] of found) if (turn === event.turn) found.delete(messageId);
    }
  }
  return [...found].map(([messageId, { bytes }]) => ({ messageId, bytes }));
}

/** The `step.started` of each step that has not ended. */
export function unfinished(events: readonly LoggedEvent[]): readonly LoggedEvent[] {
  const open = new Map<string, LoggedEvent>();
  for (const event of events) {
    if (event.step === undefined) continue;
    if (event.type === 'step.started') open.set(event.step, event);
    else if (endsStep(event.type)) open.delete(event.step);
  }
  return [...open.values()];
}
