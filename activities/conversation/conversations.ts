/**
 * The conversations that a process remembers, and what a step of them is shown. What is remembered makes it fast and never changes it.
 */
import {
  ConvokeError,
  endsStep,
  LIMITS,
  sessionKey,
  START,
  turnNumber,
  type LoggedEvent,
  type Position,
  type SessionInfo,
  type SessionRef,
} from '../../src/contracts/index.ts';
import type { Begun } from '../../src/log/index.ts';
import type { Utterance } from '../agents/runner.ts';
import { passageOf, type Passage, type PassageQuery } from './passage.ts';
import { Reader, type ConversationAccess } from './reader.ts';
import { Transcript } from './transcript.ts';
import { search } from './search.ts';
import type { Steering } from './steering.ts';
import { windowOf, type Seen, type Sees } from './window.ts';

interface Session {
  readonly info: SessionInfo;
  /** Size of `info`, UTF-16 code units of JSON. */
  readonly infoChars: number;
  /** What the newest turn is shown, and any that starts later. */
  readonly transcript: Transcript;
  /** The same for older turns that are at work still, as far as the other has let go of what they are shown; the oldest first. */
  readonly older: ReadonlyMap<number, Transcript>;
}

function transcriptsOf({ transcript, older }: Session): readonly Transcript[] {
  return [transcript, ...older.values()];
}

/** UTF-16 code units. */
function charsOf(session: Session): number {
  return transcriptsOf(session).reduce((sum, { chars }) => sum + chars, session.infoChars);
}

/** Events of the log that are read at once to know a message that had to wait. */
const CATCH_UP = 500;

export class Conversations {
  readonly #access: ConversationAccess;
  /** The least recently used first. */
  readonly #sessions = new Map<string, Session>();
  #chars = 0;

  constructor(access: ConversationAccess) {
    this.#access = access;
  }

  /** What is remembered of all sessions, UTF-16 code units. */
  get chars(): number {
    return this.#chars;
  }

  /** From where the next `begin` of the session may read on; `START`: from the beginning of the log. */
  position(ref: SessionRef): Position {
    return this.#sessions.get(sessionKey(ref))?.transcript.position ?? START;
  }

  /** What the session is; it never changes. Null if it is not remembered: a `begin` that reads from `position` tells it. */
  info(ref: SessionRef): SessionInfo | null {
    return this.#sessions.get(sessionKey(ref))?.info ?? null;
  }

  /** The messages that are to join this turn, or have joined it, as far as the process has read. */
  steering(ref: SessionRef, turn: string): readonly Steering[] {
    return this.#sessions.get(sessionKey(ref))?.transcript.steering(turnNumber(turn)) ?? [];
  }

  /** Learns what a `begin` has read since `position`. */
  learn(ref: SessionRef, read: Pick<Begun, 'position' | 'info' | 'fresh'>): void {
    const key = sessionKey(ref);
    const there = this.#sessions.get(key);
    const info = read.info ?? there?.info;
    // Forgotten while the log was read: what came before is not known.
    if (!info) return;
    const session = there ?? {
      info,
      infoChars: JSON.stringify(info).length,
      transcript: new Transcript(START, LIMITS.contextChars),
      older: new Map<number, Transcript>(),
    };
    if (read.position.epoch < session.transcript.position.epoch) return;
    this.#forget(key);
    for (const transcript of transcriptsOf(session)) transcript.follow(read.position, read.fresh);
    const older = [...session.older].filter(([turn, transcript]) => !transcript.isOver(turn));
    this.#remember(key, { ...session, older: new Map(older) });
  }

  /**
   * What the step is shown, oldest first; the messages that it answers are `pinned`. A function of `sees` and of what was said. Throws what
   * the log, the archive and the workflow throw (to be waited for), and `context_incomplete` if none of them has what must be shown.
   */
  async see(ref: SessionRef, sees: Sees): Promise<Seen> {
    const key = sessionKey(ref);
    const turn = turnNumber(sees.turn);
    const session = this.#sessions.get(key);
    const known = [session?.transcript, session?.older.get(turn)].find((each) =>
      each?.serves(turn, sees.budgetChars),
    );
    if (!known) return this.#look(ref, sees, null);
    known.widen(sees.budgetChars);
    const window = windowOf(known, sees);
    if ('shown' in window) return window;
    // One about an older turn lacks messages that were for a later one, and have joined this.
    return this.#look(ref, sees, known.about === Infinity ? known.copy() : null);
  }

  /** The same, without what part of the session it is. */
  async show(ref: SessionRef, sees: Sees): Promise<readonly Utterance[]> {
    return (await this.see(ref, sees)).shown;
  }

  /** What a step is shown that has not begun, although others may have gone on with the session. Throws as `see` does. */
  async foresee(ref: SessionRef, sees: Sees): Promise<Seen> {
    return (await this.#catchUp(ref)) ? this.see(ref, sees) : this.#look(ref, sees, null);
  }

  /** What a summary is to stand for next: see `passageOf`. */
  passage(ref: SessionRef, query: PassageQuery): Promise<Passage | null> {
    return passageOf(this.#access, ref, query);
  }

  /** The messages that a turn answers, in their order. Throws as `show` does. */
  async messages(ref: SessionRef, turn: string, causes: readonly string[]): Promise<readonly Utterance[]> {
    const transcript = this.#sessions.get(sessionKey(ref))?.transcript;
    if (!causes.every((id) => transcript?.line(id))) await this.#catchUp(ref);
    return this.show(ref, { turn, causes, steps: [], budgetChars: 0 });
  }

  /**
   * Reads on from where the process remembers the log: the next `begin` need not. False: it cannot, for the log has been built anew or has got too
   * far.
   */
  async #catchUp(ref: SessionRef): Promise<boolean> {
    const transcript = this.#sessions.get(sessionKey(ref))?.transcript;
    if (!transcript) return true;
    const { position } = transcript;
    const slice = await this.#access.log.read(ref, { after: position.seq, limit: CATCH_UP });
    if (slice?.position.epoch !== position.epoch || slice.first > position.seq + 1) return false;
    if (slice.events.length === CATCH_UP) return false;
    this.learn(ref, { position: slice.position, info: null, fresh: slice.events });
    return true;
  }

  /**
   * How these steps of a turn have ended, those that have. Throws as `show` does, also if one of them may have ended in an event that nobody
   * can tell at the moment.
   */
  async ends(
    ref: SessionRef,
    turn: string,
    steps: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, LoggedEvent>> {
    const found = new Map<string, LoggedEvent>();
    if (steps.size === 0) return found;
    const reader = new Reader(this.#access, ref);
    const { epoch, seq } = await reader.head();
    let unknown = 0;
    for (let below = seq + 1; below > 1;) {
      const piece = await reader.before(below, epoch);
      // The log was built anew meanwhile.
      if (!piece) return this.ends(ref, turn, steps);
      unknown += piece.unknown;
      let started = false;
      for (const event of piece.events) {
        if (event.turn !== turn) continue;
        if (event.type === 'turn.started') started = true;
        if (endsStep(event.type) && event.step !== undefined && steps.has(event.step)) {
          found.set(event.step, event);
        }
      }
      if (started || found.size === steps.size) break;
      below = piece.from;
    }
    if (unknown === 0 || found.size === steps.size) return found;
    throw new ConvokeError('context_incomplete', `Steps of ${turn} may be missing.`);
  }

  /** Reads back as far as the step needs, and remembers it unless somebody else has read on meanwhile. */
  async #look(ref: SessionRef, sees: Sees, from: Transcript | null): Promise<Seen> {
    const key = sessionKey(ref);
    const before = this.#sessions.get(key)?.transcript;
    const position = before?.position;
    const { transcript, seen } = await search(this.#access, ref, sees, from);
    const session = this.#sessions.get(key);
    const isSame = session?.transcript === before && before?.position === position;
    if (!session || !isSame || transcript.position.epoch === 0) return seen;
    const turn = turnNumber(sees.turn);
    if (transcript.about !== Infinity && transcript.isOver(turn)) return seen;
    this.#forget(key);
    transcript.settle();
    if (transcript.about === Infinity) this.#remember(key, { ...session, transcript });
    else this.#remember(key, { ...session, older: newest(session.older, turn, transcript) });
    return seen;
  }

  #remember(key: string, session: Session): void {
    this.#sessions.set(key, session);
    this.#chars += charsOf(session);
    for (const oldest of this.#sessions.keys()) {
      const fits = this.#sessions.size <= LIMITS.contextSessions && this.#chars <= LIMITS.contextTotalChars;
      if (fits || oldest === key) break;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    const session = this.#sessions.get(key);
    if (session) this.#chars -= charsOf(session);
    this.#sessions.delete(key);
  }
}

/** With that of this turn; as many as turns can be at work. */
function newest(
  older: ReadonlyMap<number, Transcript>,
  turn: number,
  transcript: Transcript,
): ReadonlyMap<number, Transcript> {
  const others = [...older].filter(([other]) => other !== turn);
  return new Map([...others.slice(-LIMITS.turnsBeside), [turn, transcript]]);
}
