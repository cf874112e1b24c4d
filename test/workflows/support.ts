/** A log as the machine sees it: appends drafts once each, answers with reports, may be lost and come back in another epoch. */
import type {
  EventDraft,
  LoggedEvent,
  Message,
  Position,
  Report,
  SessionInput,
} from '../../src/contracts/index.ts';
import { endsStep, endsTurn } from '../../src/contracts/index.ts';

export const INPUT: SessionInput = {
  tenant: 'acme',
  session: 's',
  info: {
    team: { name: 'sequence' },
    agents: [
      { name: 'a', runner: 'scripted' },
      { name: 'b', runner: 'scripted' },
    ],
    metadata: {},
    createdAt: 1,
  },
};

export function message(messageId: string, text = 'hello'): Message {
  return { messageId, parts: [{ type: 'text', text }], receivedAt: 1 };
}

export class FakeLog {
  epoch: number;
  events: LoggedEvent[] = [];

  constructor(epoch = 100) {
    this.epoch = epoch;
  }

  get position(): Position {
    return { epoch: this.epoch, seq: this.events.length };
  }

  /** As `SessionLog.append`: an id that is there keeps its position; stored ends come back. */
  append(drafts: readonly EventDraft[], made: readonly EventDraft[] = []): Report {
    const place = (draft: EventDraft): LoggedEvent => {
      const there = this.events.find((event) => event.id === draft.id);
      if (there) return there;
      const event = { ...draft, seq: this.events.length + 1 };
      this.events.push(event);
      return event;
    };
    const stored = drafts.map(place);
    const others = made.map(place);
    const ends = stored.filter((event) => endsStep(event.type) || endsTurn(event.type));
    return {
      position: this.position,
      placed: stored.map(({ id, seq }) => ({ id, seq })),
      events: [...ends, ...others],
    };
  }

  /** All is lost; a new life begins with these events. */
  rebuild(events: readonly EventDraft[]): void {
    this.epoch += 1;
    this.events = [];
    this.append(events);
  }
}
