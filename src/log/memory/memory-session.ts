/** What the log in memory keeps of one session. Mirrors the Lua scripts, which say what each part is for. */
import {
  endsStep,
  endsTurn,
  eventId,
  LIMITS,
  type EventDraft,
  type LoggedEvent,
  type Position,
  type SessionInfo,
} from '../../contracts/index.ts';
import { takesText } from '../arguments.ts';
import type { BeginInput, Closing, LogListener, LogQuery, LogSlice, OpenLogStep } from '../log.ts';
import { infoIn, membersEvent, membersIn } from '../replies.ts';
import { firstOf, fitting } from './fitting.ts';

/** A step from its start to its end. `attempt` 0: it has started, and no attempt has begun. */
export interface Open {
  readonly turn: string;
  readonly agent: string;
  attempt: number;
  owner: string;
  order: number;
  text: string;
  reasoning: string;
}

interface Stored {
  readonly id: string;
  readonly json: string;
  /** The turn whose closing made it. */
  readonly closed: string | null;
}

export class MemorySession {
  readonly epoch: number;
  readonly open = new Map<string, Open>();
  readonly #info: SessionInfo;
  readonly #events = new Map<number, Stored>();
  readonly #seqs = new Map<string, number>();
  /** Ends that closing a turn, or a step, has made, by that. */
  readonly #closed = new Map<string, number[]>();
  readonly #tell: (hear: (listener: LogListener) => void) => void;
  #head = 0;
  #first = 1;
  #bytes = 0;
  /** JSON of the newest change of the members. */
  #members = '';

  /** `tell`: calls each listener of the session. */
  constructor(epoch: number, info: SessionInfo, tell: (hear: (listener: LogListener) => void) => void) {
    this.epoch = epoch;
    this.#info = copy(info);
    this.#tell = tell;
  }

  get position(): Position {
    return { epoch: this.epoch, seq: this.#head };
  }

  /** As the log was created. */
  get created(): SessionInfo {
    return copy(this.#info);
  }

  has(id: string): boolean {
    return this.#seqs.has(id);
  }

  /** The stored events under these ids. */
  stored(...ids: readonly string[]): LoggedEvent[] {
    return ids.flatMap((id) => this.#at(this.#seqs.get(id)) ?? []);
  }

  /** The ends under these ids, and between them those that closing the turn has made. */
  ended(step: string, turn: string, closes: Closing | undefined): LoggedEvent[] {
    const made = closes ? (this.#closed.get(closes.turn) ?? []) : [];
    return [...this.stored(step), ...made.flatMap((seq) => this.#at(seq) ?? []), ...this.stored(turn)];
  }

  after(seq: number): LoggedEvent[] {
    return this.slice({ after: seq, limit: Infinity }).events.slice();
  }

  slice({ after, limit, bytes }: LogQuery): LogSlice {
    const seqs = [...this.#events.keys()];
    const newer = seqs.filter((seq) => seq > (after ?? 0));
    const wanted =
      after === undefined ? newer.slice(Math.max(0, newer.length - limit)) : newer.slice(0, limit);
    const info = membersIn(infoIn(JSON.stringify(this.#info)), membersEvent(this.#members));
    const found = wanted.flatMap((seq) => this.#at(seq) ?? []);
    const events = after === undefined || !bytes ? found : firstOf(found, bytes);
    return { position: this.position, first: this.#first, info, events, open: this.#opened() };
  }

  /** Puts an event where it was, in a log that is built anew. */
  restore({ seq, ...draft }: LoggedEvent): void {
    if (this.#events.size === 0) this.#first = seq;
    this.#put(seq, draft.id, JSON.stringify(draft), null);
    this.#head = seq;
  }

  /** A step that is open stays as it is; one that has ended is not opened. */
  start({ step = '', turn = '', agent = '' }: Pick<EventDraft, 'step' | 'turn' | 'agent'>): void {
    if (this.open.has(step) || this.has(eventId.stepEnded(step))) return;
    this.open.set(step, { turn, agent, attempt: 0, owner: '', order: 0, text: '', reasoning: '' });
  }

  /** Another attempt speaks from the beginning. Answers its number. */
  attempt({ owner, order, atLeast, ...input }: BeginInput): number {
    this.start(input);
    const open = this.open.get(input.step);
    if (!open) throw new Error(`step ${input.step} is not open`);
    if (open.owner === owner && open.attempt > 0) return open.attempt;
    const before = open.attempt;
    const attempt = Math.max(before + 1, atLeast);
    if (before > 0) this.#restart(input, attempt);
    Object.assign(open, { attempt, owner, order, text: '', reasoning: '' });
    return attempt;
  }

  #restart(
    {
      step,
      turn,
      agent,
      trace,
      by,
      waits,
      at,
      reason,
      usage,
    }: Omit<BeginInput, 'owner' | 'order' | 'atLeast'>,
    attempt: number,
  ): void {
    const id = eventId.stepRestarted(step, attempt);
    const data = { reason, ...(usage ? { usage } : {}) };
    const place = { at, turn, step, agent, trace, by, waits };
    this.#add(id, JSON.stringify({ id, attempt, type: 'step.restarted', ...place, data }));
  }

  /** Appends the drafts that are new. `barred`: a step that has not started does not start any more. */
  append(
    drafts: readonly EventDraft[],
    { closes, barred = false }: { readonly closes?: Closing | undefined; readonly barred?: boolean } = {},
  ): { readonly placed: { id: string; seq: number }[]; readonly events: LoggedEvent[] } {
    const placed: { id: string; seq: number }[] = [];
    const seqs: number[] = [];
    let closing = closes;
    for (const draft of drafts) {
      if (closing && endsTurn(draft.type) && draft.turn === closing.turn) {
        seqs.push(...this.#close(closing));
        closing = undefined;
      }
      const seq = this.#seqs.get(draft.id) ?? this.#take(draft, barred);
      if (seq === undefined) continue;
      placed.push({ id: draft.id, seq });
      if (endsTurn(draft.type) || endsStep(draft.type)) seqs.push(seq);
    }
    if (closing) seqs.push(...this.#close(closing));
    return { placed, events: seqs.flatMap((seq) => this.#at(seq) ?? []) };
  }

  /** Drops the oldest events until at most `most` bytes are left; the newest stays. */
  trim(most: number): void {
    for (; this.#bytes > most && this.#first < this.#head; this.#first += 1) {
      const { id = '', json = '', closed = null } = this.#events.get(this.#first) ?? {};
      this.#events.delete(this.#first);
      this.#seqs.delete(id);
      if (closed !== null) this.#closed.delete(closed);
      this.#bytes -= Buffer.byteLength(json);
    }
  }

  #take(draft: EventDraft, barred: boolean): number | undefined {
    const starts = draft.type === 'step.started' && draft.step !== undefined;
    if (barred && starts) return undefined;
    const { step } = draft;
    const said = step === undefined ? undefined : this.open.get(step);
    const event = takesText(draft) ? withText(draft, said) : draft;
    if (step !== undefined && endsStep(draft.type)) this.open.delete(step);
    const json = JSON.stringify(event);
    const seq = this.#add(draft.id, json);
    if (draft.type === 'session.members') this.#members = json;
    if (starts) this.start(draft);
    return seq;
  }

  /** Ends the open steps of a turn, in the order of their opening. Answers all that this, and earlier calls, have made. */
  #close({ turn, step: only, end }: Closing): readonly number[] {
    const before = only === undefined ? undefined : this.#seqs.get(eventId.stepEnded(only));
    if (before !== undefined) return [before];
    const steps = [...this.open].filter(
      ([step, open]) => open.turn === turn && (only === undefined || step === only),
    );
    const room = Math.floor(LIMITS.closesBytes / Math.max(1, steps.length));
    const mark = only ?? turn;
    const made = this.#closed.get(mark) ?? [];
    for (const [step, open] of steps) {
      const { agent, attempt } = open;
      const id = eventId.stepEnded(step);
      const place = { ...(agent === '' ? {} : { agent }), ...(attempt === 0 ? {} : { attempt }) };
      const text = fitting(open.text, room);
      const left = Math.max(0, room - Buffer.byteLength(JSON.stringify(text)));
      const said = open.reasoning === '' ? { text } : { text, reasoning: fitting(open.reasoning, left) };
      const event = { id, turn, step, ...place, ...end, data: { ...said, ...end.data } };
      this.open.delete(step);
      made.push(this.#add(id, JSON.stringify(event), mark));
    }
    if (made.length > 0) this.#closed.set(mark, made);
    return made;
  }

  #add(id: string, json: string, closed: string | null = null): number {
    this.#head += 1;
    const seq = this.#head;
    this.#put(seq, id, json, closed);
    this.#tell((listener) => {
      const event = this.#at(seq);
      if (event) listener.event(this.epoch, event);
    });
    return seq;
  }

  #put(seq: number, id: string, json: string, closed: string | null): void {
    this.#events.set(seq, { id, json, closed });
    this.#seqs.set(id, seq);
    this.#bytes += Buffer.byteLength(json);
  }

  #at(seq: number | undefined): LoggedEvent | null {
    const stored = seq === undefined ? undefined : this.#events.get(seq);
    return stored && seq !== undefined ? { ...(JSON.parse(stored.json) as EventDraft), seq } : null; // safety: written here only
  }

  #opened(): readonly OpenLogStep[] {
    return [...this.open]
      .filter(([, { attempt }]) => attempt > 0)
      .map(([step, { turn, agent, attempt, text, reasoning }]) => ({
        ...{ step, turn, agent, attempt, text },
        ...(reasoning === '' ? {} : { reasoning }),
      }));
  }
}

/** An end without a text gets what its step has said. */
function withText(draft: EventDraft, said: Open | undefined): unknown {
  const { text = '', reasoning = '' } = said ?? {};
  return { ...draft, data: { ...draft.data, text, ...(reasoning === '' ? {} : { reasoning }) } };
}

function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T; // safety: what it was made of
}
