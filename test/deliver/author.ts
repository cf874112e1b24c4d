/** The workflow and the worker of one session: it knows what it has said, writes it to the log, and mends the log when that is lost. */
import type { Archive } from '../../src/archive/index.ts';
import { ConvokeError, eventId, isConvokeError, START } from '../../src/contracts/index.ts';
import type {
  EventDraft,
  KnownEvents,
  LoggedEvent,
  Placement,
  Position,
  Receipt,
  SessionInfo,
  SessionRef,
} from '../../src/contracts/index.ts';
import { recoverLog } from '../../src/log/index.ts';
import type { Incomplete, SessionLog, SessionSource } from '../../src/log/index.ts';
import { eventually } from '../support/process.ts';

const INFO: SessionInfo = {
  team: { name: 'sequence' },
  agents: [{ name: 'ann', runner: 'scripted' }],
  metadata: {},
  createdAt: 1,
};
const { createdAt, ...CREATED } = INFO;

/** What a step of this author has said. */
interface Saying {
  readonly turn: string;
  attempt: number;
  text: string;
}

export class Author implements SessionSource {
  readonly ref: SessionRef;
  readonly log: SessionLog;
  readonly archive: Archive;
  /** Facts with their place, in order. */
  events: LoggedEvent[] = [];
  /** Facts that have been decided and not appended. */
  pending: EventDraft[];
  at: Position = START;
  archivedTo = 0;
  /** What asking the workflow throws, if it cannot be asked. */
  failure: ConvokeError | null = null;
  exists = true;
  /** The archive cannot be reached. */
  archiveAway = false;
  asked = 0;
  readonly #steps = new Map<string, Saying>();
  #owners = 0;

  constructor(ref: SessionRef, log: SessionLog, archive: Archive) {
    this.ref = ref;
    this.log = log;
    this.archive = archive;
    this.pending = [{ id: eventId.sessionCreated(), type: 'session.created', at: createdAt, data: CREATED }];
  }

  /** As the workflow answers: of what it has accepted. */
  async receipt(_ref: SessionRef, messageId: string): Promise<Receipt | null> {
    if (this.failure) throw this.failure;
    if (!this.exists) throw new ConvokeError('session_not_found');
    const accepted = [...this.events, ...this.pending].some(({ id }) => id === eventId.message(messageId));
    return accepted ? { session: this.ref.session, messageId, status: 'accepted' } : null;
  }

  async known(): Promise<KnownEvents | null> {
    this.asked += 1;
    if (this.failure) throw this.failure;
    if (!this.exists) return null;
    const events = this.events.filter((event) => event.seq > this.archivedTo);
    return { info: INFO, known: this.at, archivedTo: this.archivedTo, events, pending: this.pending };
  }

  async archived(ref: SessionRef, upTo: number, limit: number): Promise<readonly LoggedEvent[]> {
    if (this.archiveAway) throw new ConvokeError('archive_unavailable');
    return this.archive.readTail(ref, upTo, limit);
  }

  session(ref: SessionRef): ReturnType<Archive['session']> {
    return this.archive.session(ref);
  }

  /** Appends what is pending, and these. */
  async append(...drafts: EventDraft[]): Promise<void> {
    this.pending.push(...drafts);
    const batch = [...this.pending];
    const reply = await this.#write(() => this.log.append(this.ref, { known: this.at, drafts: batch }));
    this.#placed(batch, reply.placed, reply.position);
  }

  /** A message and the start of its turn. */
  message(turn: string, text = `hello ${turn}`): Promise<void> {
    const messageId = `m-${turn}`;
    const data = { messageId, parts: [{ type: 'text' as const, text }], queued: false };
    return this.append(
      { id: eventId.message(messageId), type: 'message.accepted', at: 2, turn, data },
      { id: eventId.turnStarted(turn), type: 'turn.started', at: 2, turn, data: { messageIds: [messageId] } },
    );
  }

  /** Opens a step; again: supersedes its attempt. */
  async begin(turn: string, step: string): Promise<void> {
    const start: EventDraft = {
      ...{ id: eventId.stepStarted(step), type: 'step.started', at: 3, turn, step, attempt: 1 },
      ...{ agent: 'ann', data: {} },
    };
    if (!this.#steps.has(step)) this.pending.push(start);
    const lead = [...this.pending];
    const owner = `owner ${(this.#owners += 1)}`;
    const had = this.#steps.get(step)?.attempt ?? 0;
    const reply = await this.#write(() =>
      this.log.begin(this.ref, {
        ...{ known: this.at, turn, step, agent: 'ann', owner, order: 0, lead, at: 3, since: this.at },
        ...{ atLeast: had, reason: 'worker lost' },
      }),
    );
    if (reply.status !== 'begun') throw new Error(`${step} is ${reply.status}`);
    this.#placed(lead, reply.placed, reply.position);
    if (reply.restarted) this.events.push(reply.restarted);
    this.#steps.set(step, { turn, attempt: reply.attempt, text: '' });
  }

  async say(step: string, text: string): Promise<void> {
    const saying = this.#steps.get(step)!;
    const whole = saying.text + text;
    saying.text = whole;
    let offset = whole.length - text.length;
    for (;;) {
      const { attempt } = saying;
      const reply = await this.#patiently(() =>
        this.log.delta(this.ref, { step, attempt, offset, text: whole.slice(offset) }),
      );
      if (reply.status === 'ok') return;
      if (reply.status === 'offset') offset = reply.offset;
      else if (reply.status === 'fenced') throw new Error(`${step} is fenced`);
      else await this.#reopen(step);
    }
  }

  async complete(step: string): Promise<void> {
    for (;;) {
      const { turn, attempt, text } = this.#steps.get(step)!;
      const end: EventDraft = {
        ...{ id: eventId.stepEnded(step), type: 'step.completed', at: 4, turn, step, attempt },
        ...{ agent: 'ann', data: { text } },
      };
      const reply = await this.#write(() =>
        this.log.commit(this.ref, { known: this.at, step, attempt, ends: [end] }),
      );
      if (reply.status === 'fenced') throw new Error(`${step} is fenced`);
      if (reply.status === 'ended') {
        this.events.push(...reply.events);
        this.#moveTo(reply.position);
        return;
      }
      await this.#reopen(step);
    }
  }

  /** A whole turn of one step. */
  async turn(turn: string, ...words: string[]): Promise<void> {
    await this.message(turn);
    await this.begin(turn, `${turn}.1`);
    for (const word of words) await this.say(`${turn}.1`, word);
    await this.complete(`${turn}.1`);
    await this.append({ id: eventId.turnEnded(turn), type: 'turn.completed', at: 5, turn, data: {} });
  }

  /** Hands everything that it knows to the archive and lets go of it. */
  async store(): Promise<void> {
    await this.archive.write(
      this.ref,
      INFO,
      this.events.filter((event) => event.seq > this.archivedTo),
    );
    this.archivedTo = this.at.seq;
  }

  /** Opens the step in a log that was built anew, with the text that it had. */
  async #reopen(step: string): Promise<void> {
    const { turn, text } = this.#steps.get(step)!;
    await this.begin(turn, step);
    this.#steps.get(step)!.text = text;
  }

  #placed(drafts: readonly EventDraft[], placed: readonly Placement[], position: Position): void {
    for (const { id, seq } of placed) {
      const draft = drafts.find((each) => each.id === id)!;
      if (!this.events.some((each) => each.id === id)) this.events.push({ ...draft, seq });
    }
    this.pending = this.pending.filter((draft) => !drafts.includes(draft));
    this.#moveTo(position);
  }

  #moveTo(position: Position): void {
    this.at = position;
    this.events.sort((a, b) => a.seq - b.seq);
  }

  async #write<T extends { readonly status: string }>(
    call: () => Promise<T | Incomplete>,
  ): Promise<Exclude<T, Incomplete>> {
    for (;;) {
      const reply = await this.#patiently(call);
      if (reply.status !== 'lost' && reply.status !== 'behind') return reply as Exclude<T, Incomplete>;
      await this.#patiently(() => recoverLog(this.log, this, this.ref, this.at));
    }
  }

  /** Repeats the call while Redis is away. */
  async #patiently<T>(call: () => Promise<T>): Promise<T> {
    let result: T | undefined;
    await eventually('the log answers', async () => {
      try {
        result = await call();
        return true;
      } catch (error) {
        if (isConvokeError(error) && error.code === 'log_unavailable') return false;
        throw error;
      }
    });
    return result as T; // safety: `eventually` returns once it is set
  }
}
