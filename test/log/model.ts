/** The session log as its port describes it, for one session, in memory and without bounds: what a real log is compared with. */
import {
  endsStep,
  endsTurn,
  eventId,
  type Delta,
  type EventDraft,
  type LoggedEvent,
  type OpenStep,
  type Position,
  type SessionRef,
} from '../../src/contracts/index.ts';
import type {
  AppendInput,
  BeginInput,
  CommitInput,
  Ended,
  Incomplete,
  LogSlice,
  RebuildInput,
  SessionLog,
} from '../../src/log/index.ts';

interface Attempt {
  readonly owner: string;
  readonly order: number;
  readonly attempt: number;
  text: string;
}

export class ModelLog implements SessionLog {
  #epoch: number;
  #events: LoggedEvent[];
  readonly #info: LogSlice['info'];
  readonly #open = new Map<string, Attempt>();

  constructor(slice: LogSlice | null) {
    if (!slice) throw new Error('a model starts from a log');
    this.#epoch = slice.position.epoch;
    this.#events = [...slice.events];
    this.#info = slice.info;
  }

  slice(): LogSlice {
    const open: OpenStep[] = [...this.#open].map(([step, { attempt, text }]) => ({ step, attempt, text }));
    return { position: this.#position(), first: 1, info: this.#info, events: this.#events, open };
  }

  async begin(_ref: SessionRef, input: BeginInput): ReturnType<SessionLog['begin']> {
    const { known, step, owner, order, atLeast, lead, since } = input;
    if (this.#behind(known)) return { status: 'behind' };
    const open = this.#open.get(step);
    if (open && order > 0 && order < open.order) return { status: 'fenced', attempt: open.attempt };
    const ended = this.#ended(step, input.turn);
    const placed = this.#put(lead);
    if (ended) return { ...ended, position: this.#position(), placed };
    if (open?.owner !== owner) {
      const attempt = Math.max((open?.attempt ?? 0) + 1, atLeast, order);
      if (open) this.#put([this.#restart(input, attempt)]);
      this.#open.set(step, { owner, order, attempt, text: '' });
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
    const { step, attempt, offset, text } = delta;
    const open = this.#open.get(step);
    if (!open || open.attempt < attempt) return { status: 'closed' };
    if (open.attempt > attempt) return { status: 'fenced', attempt: open.attempt };
    if (offset + text.length <= open.text.length) return { status: 'ok' };
    if (offset !== open.text.length) return { status: 'offset', offset: open.text.length };
    open.text += text;
    return { status: 'ok' };
  }

  async commit(_ref: SessionRef, input: CommitInput): ReturnType<SessionLog['commit']> {
    const { known, step, attempt, ends } = input;
    if (this.#behind(known)) return { status: 'behind' };
    const turn = ends[0]?.turn ?? '';
    const before = this.#ended(step, turn);
    if (before) return before;
    const open = this.#open.get(step);
    if (!open || open.attempt < attempt) return { status: 'closed' };
    if (open.attempt > attempt) return { status: 'fenced', attempt: open.attempt };
    this.#put(ends);
    return this.#ended(step, turn)!;
  }

  async append(_ref: SessionRef, { known, drafts }: AppendInput): ReturnType<SessionLog['append']> {
    if (this.#behind(known)) return { status: 'behind' };
    const placed = this.#put(drafts);
    const ends = drafts.filter(({ type }) => endsStep(type) || endsTurn(type));
    return {
      status: 'ok',
      position: this.#position(),
      placed,
      events: ends.map(({ id }) => this.#find(id)!),
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

  #ended(step: string, turn: string): Exclude<Ended, Incomplete> | null {
    const end = this.#find(eventId.stepEnded(step));
    const last = this.#find(eventId.turnEnded(turn));
    if (!end) return null;
    return { status: 'ended', position: this.#position(), placed: [], events: last ? [end, last] : [end] };
  }

  #restart({ step, turn, agent, at, reason }: BeginInput, attempt: number): EventDraft {
    const id = eventId.stepRestarted(step, attempt);
    return { id, type: 'step.restarted', at, turn, step, attempt, agent, data: { reason } };
  }

  #put(drafts: readonly EventDraft[]): { id: string; seq: number }[] {
    return drafts.map((draft) => {
      const { id } = draft;
      if (!this.#find(id)) {
        const seq = this.#events.length + 1;
        this.#events.push({ ...this.#withText(draft), seq });
        if (endsStep(draft.type)) this.#open.delete(draft.step!);
      }
      return { id, seq: this.#find(id)!.seq };
    });
  }

  #withText(draft: EventDraft): EventDraft {
    if (draft.type !== 'step.cancelled' || draft.data.text !== '') return draft;
    return { ...draft, data: { ...draft.data, text: this.#open.get(draft.step!)?.text ?? '' } };
  }
}
