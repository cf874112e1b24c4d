/**
 * A session as something that can be played: its events at moments of a tape on which long silences are short. Pure.
 *
 * The log keeps no deltas: how the text of a step grew is made up from its end, evenly between its first and its last token.
 */
import { applyEvent, emptyView, endsStep } from '../../../../../src/contracts/public.ts';
import type { Entry, SessionEvent, SessionInfo, SessionView } from '../../../../../src/contracts/public.ts';

/** The longest silence on the tape while nothing is said, and while something is, ms. */
const SILENCE_MS = 2_000;
const SPEECH_MS = 20_000;
/** A view is kept every so many events: from there any other is near. */
const EVERY = 200;

type StepEnd = Extract<SessionEvent, { type: 'step.completed' | 'step.failed' | 'step.cancelled' }>;

export interface Tape {
  readonly events: readonly SessionEvent[];
  /** When each event is played, ms from the beginning. */
  readonly moments: readonly number[];
  readonly ms: number;
  readonly views: readonly SessionView[];
  /** Ends of steps, by step. */
  readonly ends: ReadonlyMap<string, StepEnd>;
}

function firstView(events: readonly SessionEvent[], now: SessionView): SessionView {
  const created = events.find((event) => event.type === 'session.created');
  const [first] = events;
  const { tenant, session } = now;
  const opened =
    created?.type === 'session.created'
      ? created.data
      : { team: now.team, agents: now.agents.map((name) => ({ name })), metadata: now.metadata };
  // safety: a view needs of an opening what clients are told of it.
  const info = { ...opened, createdAt: first?.at ?? now.createdAt } as unknown as SessionInfo;
  return emptyView(tenant, session, info, { epoch: first?.epoch ?? 0, seq: (first?.seq ?? 1) - 1 });
}

function isEnd(event: SessionEvent): event is StepEnd {
  return endsStep(event.type);
}

/** `now`: the session as it is, which knows its name. */
export function tapeOf(given: readonly SessionEvent[], now: SessionView): Tape {
  // A log that was built anew has another epoch, and the same events.
  const epoch = given.at(-1)?.epoch ?? 0;
  const events = given.map((event) => (event.epoch === epoch ? event : { ...event, epoch }));
  let view = firstView(events, now);
  const moments: number[] = [];
  const views: SessionView[] = [view];
  const ends = new Map<string, StepEnd>();
  const open = new Set<string>();
  let moment = 0;
  let last = events[0]?.at ?? 0;
  for (const [index, event] of events.entries()) {
    const silence = Math.max(0, event.at - last);
    // Events of the same moment are played one after the other, so that each can be gone to.
    moment += Math.max(1, Math.min(silence, open.size > 0 ? SPEECH_MS : SILENCE_MS));
    last = Math.max(last, event.at);
    moments.push(moment);
    if (event.type === 'step.started') open.add(event.step ?? '');
    if (isEnd(event)) {
      open.delete(event.step ?? '');
      ends.set(event.step ?? '', event);
    }
    view = applyEvent(view, event);
    if ((index + 1) % EVERY === 0) views.push(view);
  }
  return { events, moments, ms: moment, views, ends };
}

/** How many events are played by then. */
export function playedAt({ moments }: Tape, moment: number): number {
  let [low, high] = [0, moments.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((moments[middle] ?? 0) <= moment) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The view after so many events. */
export function viewAfter({ events, views }: Tape, played: number): SessionView {
  const kept = Math.min(Math.floor(played / EVERY), views.length - 1);
  let view = views[kept] ?? views[0];
  if (!view) throw new Error('A tape has a first view.');
  for (const event of events.slice(kept * EVERY, played)) view = applyEvent(view, event);
  return view;
}

/** The time of day at a moment of the tape, ms since the Unix epoch. */
export function clockAt({ events, moments }: Tape, played: number, moment: number): number {
  const [before, after] = [events[played - 1], events[played]];
  if (!before) return events[0]?.at ?? 0;
  const [from, to] = [moments[played - 1] ?? 0, moments[played] ?? 0];
  if (!after || to <= from) return before.at;
  return before.at + ((moment - from) / (to - from)) * Math.max(0, after.at - before.at);
}

/** The view at a moment, with the text that had been said of running steps by then. */
export function viewAt(tape: Tape, moment: number): SessionView {
  const played = playedAt(tape, moment);
  const view = viewAfter(tape, played);
  const clock = clockAt(tape, played, moment);
  const speaks = (entry: Entry): boolean =>
    entry.kind === 'step' && entry.status === 'running' && tape.ends.has(entry.step);
  if (!view.entries.some(speaks)) return view;
  const entries = view.entries.map((entry) => {
    if (entry.kind !== 'step' || !speaks(entry)) return entry;
    const end = tape.ends.get(entry.step);
    if (!end || (end.attempt ?? 1) !== entry.attempt) return entry;
    const { first = end.at, last = end.at } = end.stamps ?? {};
    const part = clock <= first ? 0 : clock >= last ? 1 : (clock - first) / (last - first);
    return { ...entry, text: end.data.text.slice(0, Math.round(end.data.text.length * part)) };
  });
  return { ...view, entries };
}
