/** The session log as its port describes it, for one session, in memory and without bounds: what a real log is compared with. */
import {
  endsStep,
  endsTurn,
  eventId,
  type Delta,
  type EventDraft,
  type LoggedEvent,
  type Position,
  type SessionRef,
} from '../../src/contracts/index.ts';
import type {
  AppendInput,
  BeginInput,
  Closing,
  CommitInput,
  Ended,
  Incomplete,
  LogSlice,
  RebuildInput,
  SessionLog,
} from '../../src/log/index.ts';

interface Open {
  readonly turn: string;
  readonly agent: string;
  owner?: string;
  order: number;
  /** 0: it has started, no attempt has begun. */
  attempt: number;
  text: string;
  reasoning: string;
}

/** Admission and notes are apart from the log, and have suites of their own. */
export type ModelledLog = Omit<SessionLog, 'admit' | 'placeOf' | 'release' | 'tell'>;

export class ModelLog implements ModelledLog {
  #epoch: number;
  #events: LoggedEvent[];
  readonly #info: LogSlice['info'];
  readonly #open = new Map<string, Open>();
  readonly #closed = new Map<string, LoggedEvent[]>();

  constructor(slice: LogSlice | null) {
    if (!slice) throw new Error('a model starts from a log');
    this.#epoch = slice.position.epoch;
    this.#events = [...slice.events];
    this.#info = slice.info;
  }

  slice(): LogSlice {
    const open = [...this.#open]
      .filter(([, { attempt }]) => attempt > 0)
      .map(([step, { turn, agent, attempt, text, reasoning }]) => ({
        ...{ step, turn, agent, attempt, text },
        ...(reasoning === '' ? {} : { reasoning }),
      }));
    return { position: this.#position(), first: 1, info: this.#info, events: this.#events, open };
  }

  async begin(_ref: SessionRef, input: BeginInput): ReturnType<SessionLog['begin']> {
    const { known, turn, step, agent, owner, order, atLeast, lead, since } = input;
    if (this.#behind(known)) return { status: 'behind' };
    const open = this.#open.get(step);
    if (open?.owner && order > 0 && order < open.order) return { status: 'fenced', attempt: open.attempt };
    const ended = this.#ended(step, turn);
    const over = this.#find(eventId.turnEnded(turn));
    const placed = this.#put(over && !ended ? lead.filter(({ type }) => type !== 'step.started') : lead);
    if (ended) return { ...ended, position: this.#position(), placed };
    if (over) return { status: 'ended', position: this.#position(), placed, events: [over] };
    if (open?.owner !== owner) {
      const before = open?.attempt ?? 0;
      const attempt = Math.max(before + 1, atLeast);
      if (before > 0) this.#put([this.#restart(input, attempt)]);
      this.#open.set(step, { turn, agent, owner, order, attempt, text: '', reasoning: '' });
    }
    const { attempt } = this.#open.get(step)!;
    const restarted = this.#find(eventId.stepRestarted(step, attempt)) ?? null;
    const same = since.epoch === this.#epoch;
    return {
      status: 'begun',
      position: this.#position(),
      ...{ attempt, placed, restarted },
      info: same ? null : this.#info,
      fresh: this.#events.filter(({ seq }) => !same || seq > since.seq),
    };
  }

  async delta(_ref: SessionRef, delta: Omit<Delta, 'session'>): ReturnType<SessionLog['delta']> {
    const { step, attempt, offset, text, part = 'text' } = delta;
    const open = this.#open.get(step);
    if (!open || open.attempt < attempt) return { status: 'closed' };
    if (open.attempt > attempt) return { status: 'fenced', attempt: open.attempt };
    if (offset + text.length <= open[part].length) return { status: 'ok' };
    if (offset !== open[part].length) return { status: 'offset', offset: open[part].length };
    open[part] += text;
    return { status: 'ok' };
  }

  async commit(_ref: SessionRef, input: CommitInput): ReturnType<SessionLog['commit']> {
    const { known, step, attempt, ends, closes } = input;
    if (this.#behind(known)) return { status: 'behind' };
    const turn = ends[0]?.turn ?? '';
    const before = this.#ended(step, turn, closes);
    if (before) return before;
    const open = this.#open.get(step);
    if (!open || open.attempt < attempt) return { status: 'closed' };
    if (open.attempt > attempt) return { status: 'fenced', attempt: open.attempt };
    this.#put(ends.slice(0, 1));
    if (closes) this.#close(closes);
    this.#put(ends.slice(1));
    return this.#ended(step, turn, closes)!;
  }

  async append(_ref: SessionRef, { known, drafts, closes }: AppendInput): ReturnType<SessionLog['append']> {
    if (this.#behind(known)) return { status: 'behind' };
    const isEnd = ({ type, turn }: EventDraft): boolean => endsTurn(type) && turn === closes?.turn;
    const end = drafts.findIndex(isEnd);
    const before = this.#put(drafts.slice(0, end < 0 ? drafts.length : end));
    const closed = closes ? this.#close(closes) : [];
    const after = this.#put(end < 0 ? [] : drafts.slice(end));
    const ends = drafts.filter(({ type }) => endsStep(type) || endsTurn(type));
    const made = ends.map(({ id }) => this.#find(id)!);
    return {
      status: 'ok',
      position: this.#position(),
      placed: [...before, ...after],
      events: [...made, ...closed].toSorted((a, b) => a.seq - b.seq),
    };
  }

  async read(): Promise<LogSlice> {
    return this.slice();
  }

  async rebuild(_ref: SessionRef, input: RebuildInput): Promise<Position> {
    const { expected, epoch, events } = input;
    if (!expected || expected.epoch < this.#epoch) return this.#position();
    if (expected.epoch === this.#epoch && expected.seq < this.#events.length) return this.#position();
    this.#epoch = Math.max(epoch, expected.epoch + 1);
    this.#events = [...events];
    this.#open.clear();
    this.#closed.clear();
    for (const draft of input.started ?? []) this.#start(draft);
    return this.#position();
  }

  async heads(): Promise<readonly Position[]> {
    return [this.#position()];
  }

  async subscribe(): Promise<() => Promise<void>> {
    return () => Promise.resolve();
  }

  #position(): Position {
    return { epoch: this.#epoch, seq: this.#events.length };
  }

  #behind({ epoch, seq }: Position): boolean {
    return epoch > this.#epoch || (epoch === this.#epoch && seq > this.#events.length);
  }

  #find(id: string): LoggedEvent | undefined {
    return this.#events.find((event) => event.id === id);
  }

  #ended(step: string, turn: string, closes?: Closing): Exclude<Ended, Incomplete> | null {
    const end = this.#find(eventId.stepEnded(step));
    const last = this.#find(eventId.turnEnded(turn));
    if (!end) return null;
    const closed = (closes && this.#closed.get(turn)) ?? [];
    const events = [end, ...closed, ...(last ? [last] : [])];
    return { status: 'ended', position: this.#position(), placed: [], events };
  }

  #restart({ step, turn, agent, at, reason }: BeginInput, attempt: number): EventDraft {
    const id = eventId.stepRestarted(step, attempt);
    return { id, type: 'step.restarted', at, turn, step, attempt, agent, data: { reason } };
  }

  #close({ turn, end }: Closing): readonly LoggedEvent[] {
    for (const [step, open] of this.#open) {
      if (open.turn !== turn) continue;
      const { agent, attempt, text, reasoning } = open;
      const said = { text, ...(reasoning === '' ? {} : { reasoning }) };
      const whose = { ...(agent === '' ? {} : { agent }), ...(attempt === 0 ? {} : { attempt }) };
      const id = eventId.stepEnded(step);
      const draft = { ...end, ...whose, id, turn, step, data: { ...end.data, ...said } } as EventDraft; // safety: `end` says which
      this.#put([draft]);
      this.#closed.set(turn, [...(this.#closed.get(turn) ?? []), this.#find(id)!]);
    }
    return this.#closed.get(turn) ?? [];
  }

  #put(drafts: readonly EventDraft[]): { id: string; seq: number }[] {
    return drafts.map((draft) => {
      const { id } = draft;
      if (!this.#find(id)) {
        const seq = this.#events.length + 1;
        this.#events.push({ ...this.#withText(draft), seq });
        if (endsStep(draft.type)) this.#open.delete(draft.step!);
        if (draft.type === 'step.started') this.#start(draft);
      }
      return { id, seq: this.#find(id)!.seq };
    });
  }

  #start({ step = '', turn = '', agent = '' }: EventDraft): void {
    if (this.#open.has(step) || this.#find(eventId.stepEnded(step))) return;
    this.#open.set(step, { turn, agent, order: 0, attempt: 0, text: '', reasoning: '' });
  }

  #withText(draft: EventDraft): EventDraft {
    if (draft.type !== 'step.cancelled' || draft.data.text !== '') return draft;
    const { text = '', reasoning = '' } = this.#open.get(draft.step!) ?? {};
    return { ...draft, data: { ...draft.data, text, ...(reasoning === '' ? {} : { reasoning }) } };
  }
}
