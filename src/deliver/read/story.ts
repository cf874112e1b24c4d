/** The events that a message's timeline is made of: those from its arrival to the end of its turn that may be about it. */
import { endsTurn, eventId, jsonChars, LIMITS } from '../../contracts/index.ts';
import type { LoggedEvent, SessionRef } from '../../contracts/index.ts';
import type { LogSlice } from '../../log/index.ts';
import { readLog } from './load.ts';
import type { Sources } from './load.ts';
import { eventsAfter } from './page.ts';

export interface MessageStory {
  /** In the order of `seq`. What was said in them is left out. */
  readonly events: readonly LoggedEvent[];
  /** The `seq` of the newest that is about the message. */
  readonly newest: number;
  /** There is more than was read. */
  readonly truncated: boolean;
  /** Steps of the session that run and have said something; absent: not known. */
  readonly speaking?: readonly string[];
}

/** Events read at a time. */
const PAGE = 200;

/** Null: the session has no such message. Throws `session_not_found`, `log_unavailable`, `archive_unavailable`. */
export async function readStory(
  sources: Sources,
  ref: SessionRef,
  messageId: string,
): Promise<MessageStory | null> {
  const slice = await readLog(sources, ref, { limit: LIMITS.replayEvents });
  const first = await placeOf(sources, ref, { slice, messageId });
  if (first === null) return null;
  const thread = new Thread(messageId);
  const speaking = slice.open.filter(({ text, reasoning = '' }) => text !== '' || reasoning !== '');
  const told = async (truncated: boolean): Promise<MessageStory> => {
    const before = thread.wasQueued ? await runningBefore(sources, ref, first) : [];
    const { events, newest } = thread;
    return { events: [...before, ...events], newest, truncated, speaking: speaking.map(({ step }) => step) };
  };
  let chars = 0;
  let after = first - 1;
  for (let read = 0; !thread.isOver && after < slice.position.seq;) {
    const { events } = await eventsAfter(sources, ref, { after, limit: PAGE });
    if (events.length === 0) break;
    for (const event of events) {
      thread.take(event);
      chars += jsonChars(event);
    }
    read += events.length;
    after = events.at(-1)?.seq ?? after;
    if (read >= LIMITS.timelineEvents || chars >= LIMITS.timelineChars || thread.isFull)
      return told(!thread.isOver);
  }
  return told(false);
}

/** Events before this one of the turns that ran then: a queued message waits for these. */
async function runningBefore(
  sources: Sources,
  ref: SessionRef,
  seq: number,
): Promise<readonly LoggedEvent[]> {
  const running = new Map<string, LoggedEvent[]>();
  for (let after = Math.max(0, seq - 1 - LIMITS.timelineBefore); after + 1 < seq;) {
    const { events } = await eventsAfter(sources, ref, { after, limit: PAGE });
    if (events.length === 0) break;
    for (const event of events) {
      const { turn } = event;
      if (event.seq >= seq || turn === undefined || !isWork(event)) continue;
      if (endsTurn(event.type)) running.delete(turn);
      else running.set(turn, [...(running.get(turn) ?? []), brief(event)]);
    }
    after = events.at(-1)?.seq ?? seq;
  }
  return [...running.values()].flat().sort((one, other) => one.seq - other.seq);
}

/** Of what a turn does and waits for. */
function isWork({ type, data }: LoggedEvent): boolean {
  if (type === 'message.accepted') return data.answers !== undefined;
  return /^(turn|step|quota|approval|person)\./.test(type);
}

interface Sought {
  readonly slice: LogSlice;
  readonly messageId: string;
}

/** Where the message came in first: in the newest events, in the rest of the log, in the archive, or with the workflow. */
async function placeOf(
  sources: Sources,
  ref: SessionRef,
  { slice, messageId }: Sought,
): Promise<number | null> {
  const ids: readonly string[] = [
    eventId.messageScheduled(messageId),
    eventId.message(messageId),
    eventId.messageRejected(messageId),
  ];
  const among = (events: readonly LoggedEvent[]): number[] =>
    events.filter(({ id }) => ids.includes(id)).map(({ seq }) => seq);
  const found = among(slice.events);
  const start = slice.events[0]?.seq ?? slice.position.seq + 1;
  // Its acceptance is enough to go on from; a message for later has come in before that.
  const isWhole = found.length > 0 && slice.events.some(({ id }) => id === ids[0] || id === ids[2]);
  if (start > 1 && !isWhole) {
    for (let after = slice.first - 1; after + 1 < start;) {
      const older = await sources.log.read(ref, { after, limit: LIMITS.replayEvents });
      if (!older || older.events.length === 0) break;
      found.push(...among(older.events));
      after = older.events.at(-1)?.seq ?? start;
    }
    if (found.length === 0) found.push(...(await inArchive(sources, ref, { slice, ids })));
    if (found.length === 0) found.push(...among((await sources.source.known(ref))?.events ?? []));
  }
  return found.length === 0 ? null : Math.min(...found);
}

async function inArchive(
  { archive }: Sources,
  ref: SessionRef,
  { slice, ids }: { readonly slice: LogSlice; readonly ids: readonly string[] },
): Promise<readonly number[]> {
  const found: number[] = [];
  for (const id of ids) {
    const events = await archive.find(ref, `"id":"${id}"`, slice.position.seq);
    found.push(...events.filter((event) => event.id === id).map(({ seq }) => seq));
  }
  return found;
}

/** Follows the message from turn to turn. */
class Thread {
  readonly #messageId: string;
  readonly events: LoggedEvent[] = [];
  #turn: string | undefined;
  #waits = true;
  /** Events of other turns: of more than so many only the ends are kept. */
  #others = 0;
  newest = 0;
  isOver = false;
  /** It has waited for turns that ran. */
  wasQueued = false;

  constructor(messageId: string) {
    this.#messageId = messageId;
  }

  get isFull(): boolean {
    return this.events.length >= LIMITS.timelineKept;
  }

  take(event: LoggedEvent): void {
    if (this.isOver || this.isFull) return;
    const { type, turn } = event;
    const isIts =
      'messageId' in event.data && event.data.messageId === this.#messageId && !type.startsWith('session.');
    if (isIts) this.#turn = turn;
    if (isIts && type === 'message.accepted') this.wasQueued = event.data.queued;
    const ofTurn = turn !== undefined && turn === this.#turn;
    if (!isIts && !ofTurn && !this.#holds(event)) return;
    this.events.push(brief(event));
    if (isIts || ofTurn) this.newest = event.seq;
    if ((type === 'channel.published' || type === 'feedback.given') && isIts) this.isOver = true;
    if (!ofTurn) return;
    if (type === 'turn.merged') {
      this.#turn = event.data.into;
      this.#waits = event.data.reason.code !== 'joined';
    } else if (type === 'turn.started') this.#waits = false;
    else if (endsTurn(type)) this.isOver = true;
  }

  /** It is of a turn that the message may wait for. */
  #holds(event: LoggedEvent): boolean {
    if (!this.#waits || event.turn === undefined) return false;
    if (endsTurn(event.type)) return true;
    return isWork(event) && ++this.#others <= LIMITS.timelineBefore;
  }
}

/** Without what was said: a timeline tells when, not what. */
function brief(event: LoggedEvent): LoggedEvent {
  if (!('text' in event.data) && !('parts' in event.data)) return event;
  const {
    text: _text,
    reasoning: _reasoning,
    parts: _parts,
    ...data
  } = event.data as Record<string, unknown>;
  return { ...event, data: { text: '', parts: [], ...data } } as unknown as LoggedEvent; // safety: what the type requires is there, and empty
}
