/** Events of a session, as a log holds them. */
import type { EventDraft, LoggedEvent } from '../../../src/contracts/index.ts';

export const GATEWAY = '1@edge';
export const WORKER = '7@w1';

type Given = Partial<Omit<EventDraft, 'data' | 'type'>> & {
  readonly type: EventDraft['type'];
  readonly data?: object;
};

/** Numbers them 1, 2, 3, … */
export function logged(...given: readonly Given[]): readonly LoggedEvent[] {
  return given.map(
    (each, index) =>
      ({ id: `e${index}`, at: 0, data: {}, ...each, seq: index + 1 }) as unknown as LoggedEvent, // safety: of a test
  );
}

export function accepted(more: Partial<Given> = {}): Given {
  return {
    ...{ type: 'message.accepted', at: 120, turn: 't1', cause: 'm', by: GATEWAY },
    stamps: { ingest: 100, admit: 105, orchestrate: 120 },
    data: { messageId: 'm', parts: [], queued: false },
    ...more,
  };
}

export const started = (at: number, turn = 't1'): Given => ({
  type: 'turn.started',
  at,
  turn,
  data: { messageIds: ['m'] },
});
export const ended = (at: number, turn = 't1'): Given => ({ type: 'turn.completed', at, turn });

export function step(at: number, more: Partial<Given> = {}): Given {
  return { type: 'step.started', at, turn: 't1', step: 't1.1', agent: 'a', attempt: 1, by: WORKER, ...more };
}

export function stepEnd(at: number, more: Partial<Given> = {}): Given {
  return {
    type: 'step.completed',
    at,
    turn: 't1',
    step: 't1.1',
    agent: 'a',
    attempt: 1,
    data: { text: '' },
    ...more,
  };
}
