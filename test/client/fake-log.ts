/** The log of one session, in memory: what a gateway reads, and what a client's view is measured against. */
import { applyEvent, deltasAfter, emptyView, openSteps, takeDelta } from '../../src/contracts/index.ts';
import type {
  Cursor,
  Delta,
  EventData,
  EventType,
  OpenStep,
  Position,
  SessionEvent,
  SessionView,
  ToolCall,
} from '../../src/contracts/index.ts';

type Extra = Partial<Pick<SessionEvent, 'turn' | 'step' | 'attempt' | 'agent' | 'at'>>;

export const TENANT = 'acme';

/** A frame as it goes over the wire. */
export type Frame =
  | { readonly kind: 'event'; readonly event: SessionEvent }
  | { readonly kind: 'delta'; readonly delta: Delta };

export class FakeLog {
  readonly session: string;
  readonly events: SessionEvent[] = [];
  epoch = 1_000;
  /** The fold of everything: what every client must come to. */
  view: SessionView;

  constructor(session = 's1') {
    this.session = session;
    this.view = this.#empty();
    this.append('session.created', { team: { name: 'sequence' }, agents: [], metadata: {} });
  }

  get position(): Position {
    return this.view.position;
  }

  append<T extends EventType>(type: T, data: EventData[T], extra: Extra = {}): Frame & { kind: 'event' } {
    const seq = this.events.length + 1;
    const place = { v: 1, tenant: TENANT, session: this.session, epoch: this.epoch, seq };
    // safety: `type` and `data` belong together by the signature.
    const event = { ...place, id: `e${seq}`, type, at: seq, ...extra, data } as unknown as SessionEvent;
    this.events.push(event);
    this.view = applyEvent(this.view, event);
    return { kind: 'event', event };
  }

  /** More text of a running step. */
  say(step: string, text: string): Frame & { kind: 'delta' } {
    const { attempt, text: have } = this.#open(step);
    return this.#delta({ session: this.session, step, attempt, offset: have.length, text });
  }

  /** More of its reasoning. */
  think(step: string, text: string): Frame & { kind: 'delta' } {
    const { attempt, reasoning: have = '' } = this.#open(step);
    const offset = have.length;
    return this.#delta({ session: this.session, step, attempt, offset, text, part: 'reasoning' });
  }

  #open(step: string): OpenStep {
    return openSteps(this.view).find((each) => each.step === step)!;
  }

  #delta(delta: Delta): Frame & { kind: 'delta' } {
    const taken = takeDelta(this.view, delta);
    if (taken.fit === 'new') this.view = taken.view;
    return { kind: 'delta', delta };
  }

  message(messageId: string, turn: string, text = 'hello'): Frame[] {
    const parts = [{ type: 'text', text }] as const;
    return [
      this.append('message.accepted', { messageId, parts, queued: false }, { turn }),
      this.append('turn.started', { messageIds: [messageId] }, { turn }),
    ];
  }

  start(turn: string, step: string, agent = 'ann', use?: ToolCall): Frame {
    return this.append('step.started', use ? { use } : {}, { turn, step, agent, attempt: 1 });
  }

  restart(turn: string, step: string): Frame {
    const { attempt } = this.#open(step);
    return this.append('step.restarted', { reason: 'worker lost' }, { turn, step, attempt: attempt + 1 });
  }

  complete(turn: string, step: string): Frame {
    const { attempt, text, reasoning } = this.#open(step);
    const data = { text, ...(reasoning === undefined ? {} : { reasoning }) };
    return this.append('step.completed', data, { turn, step, attempt });
  }

  /** The log is lost and built anew: same events, new epoch. */
  newEpoch(): void {
    this.epoch += 1_000;
    const events = this.events.splice(0);
    this.view = this.#empty();
    for (const event of events) {
      const again = { ...event, epoch: this.epoch };
      this.events.push(again);
      this.view = applyEvent(this.view, again);
    }
  }

  /** What a cursor misses; null if it takes the snapshot. */
  since(cursor: Cursor | undefined): Frame[] | null {
    if (cursor?.epoch !== this.epoch || cursor.seq > this.events.length) return null;
    const frames: Frame[] = this.events.slice(cursor.seq).map((event) => ({ kind: 'event', event }));
    const deltas = openSteps(this.view).flatMap((open) =>
      deltasAfter(this.session, open, cursor.open?.[open.step]),
    );
    return [...frames, ...deltas.map((delta) => ({ kind: 'delta', delta }) as const)];
  }

  #empty(): SessionView {
    const info = { team: { name: 'sequence' }, agents: [], metadata: {}, createdAt: 1 } as const;
    return emptyView(TENANT, this.session, info, { epoch: this.epoch, seq: 0 });
  }
}
