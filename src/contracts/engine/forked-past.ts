/** What a fork begins with, from its parent's events up to where it was forked. Pure. */
import type { Position } from '../cursor.ts';
import type { EventDraft, LoggedEvent } from '../events/envelope.ts';
import { endsStep } from '../events/step.ts';
import { endsTurn } from '../events/turn.ts';
import { eventId, turnNumber } from '../ids.ts';
import type { Roster } from '../member.ts';
import { reason } from '../reasons.ts';
import type { ForkPoint } from '../session.ts';
import { Ledger } from './ledger.ts';
import { unscheduledFact } from './scheduled.ts';
import type { CarriedState } from './session.ts';

const NOTHING = { receipts: [], inbox: [], turns: 0, open: [] };

/** Takes in the events in order. What had begun and not ended ends in the fork: it goes on in the parent only. */
export class ForkedPast {
  readonly #ledger: Ledger;
  /** Turns that have begun, as their own events or their steps' tell. */
  readonly #open = new Set<string>();
  /** The starts of steps that have not ended, by step. */
  readonly #steps = new Map<string, EventDraft>();

  /** `session`: the fork. `stated`: events that say what the team keeps, who takes part, and what was summarised. */
  constructor(session: string, stated: readonly LoggedEvent[]) {
    this.#ledger = new Ledger(session, NOTHING);
    for (const event of stated.toSorted((one, other) => one.seq - other.seq)) this.#ledger.note(event);
  }

  /** The newest events, in order: of all that waits or runs. */
  note(events: readonly LoggedEvent[]): void {
    for (const event of events) {
      const { type, turn = '', step } = event;
      this.#ledger.note(event);
      if (endsTurn(type)) this.#open.delete(turn);
      else if (type === 'turn.started' || step !== undefined) this.#open.add(turn);
      if (type === 'step.started') this.#steps.set(step ?? '', event);
      else if (endsStep(type)) this.#steps.delete(step ?? '');
    }
  }

  /** Who takes part; undefined: as the session was opened. */
  get roster(): Roster | undefined {
    return this.#ledger.roster;
  }

  /** `known`: where the fork's log is, at the seq of the point. `at`: now, ms since the Unix epoch. */
  carry(point: ForkPoint, known: Position, at: number): CarriedState {
    const id = eventId.sessionForked(point.session, point.seq);
    const forked: EventDraft = { id, type: 'session.forked', at, data: point };
    const ends = [...this.#stepEnds(at), ...this.#turnEnds(at), ...this.#unscheduled(at)];
    for (const end of ends) this.#ledger.note(end);
    const { receipts, turns, memory, roster, summary } = this.#ledger.state();
    return {
      ...{ status: 'open', closeReason: '', closedBefore: true, known, archivedTo: point.seq },
      ...{ turns, receipts, inbox: [], outbox: [forked, ...ends] },
      ...{ events: [], reconcile: false, release: [] },
      ...(memory === undefined ? {} : { memory }),
      ...(roster === undefined ? {} : { roster }),
      ...(summary === undefined ? {} : { summary }),
    };
  }

  #stepEnds(at: number): readonly EventDraft[] {
    const data = { reason: reason('forked'), text: '' };
    return [...this.#steps.values()].map(({ turn = '', step = '', agent = '', cause, attempt }) => ({
      ...{ id: eventId.stepEnded(step), type: 'step.cancelled', at, turn, step, agent, data },
      ...(cause === undefined ? {} : { cause }),
      ...(attempt === undefined ? {} : { attempt }),
    }));
  }

  /** Messages for later stay with the parent. */
  #unscheduled(at: number): readonly EventDraft[] {
    const { later = [] } = this.#ledger.state();
    return later.map(({ messageId }) => unscheduledFact(messageId, 'message_cancelled', at));
  }

  /** Of the turn that ran, then of those that waited. */
  #turnEnds(at: number): readonly EventDraft[] {
    const { inbox, receipts } = this.#ledger.state();
    const turns = new Set([...this.#open, ...inbox.map(({ turn }) => turn)]);
    const inOrder = [...turns].sort((one, other) => turnNumber(one) - turnNumber(other));
    return inOrder.map((turn) => {
      const cause = receipts.find((receipt) => receipt.turn === turn)?.messageId;
      const place = { turn, ...(cause === undefined ? {} : { cause }) };
      const data = { reason: reason('forked') };
      return { id: eventId.turnEnded(turn), type: 'turn.cancelled', at, ...place, data };
    });
  }
}
