/** Runs turns of a session against a real log and archive; what the workflow holds is a list. Agents say what the test gives them. */
import type { Archive } from '../../../src/archive/index.ts';
import {
  eventId,
  LIMITS,
  START,
  type EventDraft,
  type KnownEvents,
  type LoggedEvent,
  type Position,
  type SessionRef,
} from '../../../src/contracts/index.ts';
import { recoverLog, type Incomplete, type SessionLog, type SessionSource } from '../../../src/log/index.ts';
import type { Conversations } from '../../../activities/conversation/index.ts';
import type { Utterance } from '../../../activities/agents/runner.ts';
import { accepted, answering, completed, INFO, stepStarted, turnEnded, turnStarted } from './scripted.ts';

let sessions = 0;

export class Engine {
  /** What agents may be shown, UTF-16 code units. */
  budgetChars: number = LIMITS.contextChars;
  readonly ref: SessionRef = { tenant: 'acme', session: `s${(sessions += 1)}` };
  readonly #log: SessionLog;
  readonly #archive: Archive;
  #known: Position = START;
  #archivedTo = 0;
  #held: LoggedEvent[] = [];
  #pending: EventDraft[];
  /** Steps that have ended in the running turn. */
  #steps: string[] = [];

  constructor(log: SessionLog, archive: Archive) {
    this.#log = log;
    this.#archive = archive;
    const { team, agents, metadata, createdAt: at } = INFO;
    this.#pending = [
      { id: eventId.sessionCreated(), type: 'session.created', at, data: { team, agents, metadata } },
    ];
  }

  get access(): { log: SessionLog; source: SessionSource } {
    return {
      log: this.#log,
      source: {
        known: async (): Promise<KnownEvents> => ({
          info: INFO,
          known: this.#known,
          archivedTo: this.#archivedTo,
          events: this.#held,
          pending: this.#pending,
        }),
        archived: (ref, upTo, limit) => this.#archive.readTail(ref, upTo, limit),
        session: (ref) => this.#archive.session(ref),
      },
    };
  }

  accept(turn: string, text: string): void {
    this.#pending.push(accepted(turn, text));
  }

  start(turn: string): void {
    this.#pending.push(turnStarted(turn));
    this.#steps = [];
  }

  end(turn: string): void {
    this.#pending.push(turnEnded(turn));
  }

  /** One step of the running turn; answers what its agent was shown. */
  async step(conversations: Conversations, turn: string, text: string): Promise<readonly Utterance[]> {
    const step = `${turn}.${this.#steps.length + 1}`;
    this.#pending.push(stepStarted(step));
    const begun = await this.#write((known) =>
      this.#log.begin(this.ref, {
        ...{ known, turn, step, agent: 'a', owner: step, order: 1, atLeast: 0, at: 1, reason: '' },
        lead: this.#pending,
        since: conversations.position(this.ref),
      }),
    );
    if (begun.status !== 'begun') throw new Error(begun.status);
    conversations.learn(this.ref, begun);
    const shown = await conversations.show(this.ref, answering(turn, this.#steps, this.budgetChars));
    const ends = [completed(step, text)];
    const { attempt } = begun;
    const ended = await this.#write((known) => this.#log.commit(this.ref, { known, step, attempt, ends }));
    if (ended.status !== 'ended') throw new Error(ended.status);
    const seqs = new Map(begun.placed.map(({ id, seq }) => [id, seq]));
    this.#held.push(
      ...this.#pending.map((draft) => ({ ...draft, seq: seqs.get(draft.id)! })),
      ...ended.events,
    );
    this.#pending = [];
    this.#steps.push(step);
    return shown;
  }

  /** What the workflow does between two turns when it holds much. */
  async archive(): Promise<void> {
    await this.#archive.write(this.ref, INFO, this.#held);
    this.#archivedTo = this.#held.at(-1)?.seq ?? this.#archivedTo;
    this.#held = [];
  }

  async first(): Promise<number> {
    return (await this.#log.read(this.ref, { limit: 1 }))?.first ?? 0;
  }

  async #write<T extends { status: string; position?: Position }>(
    call: (known: Position) => Promise<T | Incomplete>,
  ): Promise<Exclude<T, Incomplete>> {
    for (;;) {
      const reply = await call(this.#known);
      if (reply.status === 'lost' || reply.status === 'behind') {
        this.#known = await recoverLog(this.#log, this.access.source, this.ref, this.#known);
        continue;
      }
      const done = reply as Exclude<T, Incomplete>; // safety: the incomplete answers were handled above
      if (done.position) this.#known = done.position;
      return done;
    }
  }
}
