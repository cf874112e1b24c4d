/** From what the port is given to what the scripts are told. */
import {
  LIMITS,
  endsStep,
  endsTurn,
  eventId,
  type EventDraft,
  type Position,
  type SessionInfo,
} from '../contracts/index.ts';
import type { Closing } from './log.ts';

/** What opens a step: who speaks, in which turn, and the id of the end that it will have. */
export function startArg(step: string, turn = '', agent = ''): string {
  return JSON.stringify({ step, turn, agent, ends: eventId.stepEnded(step) });
}

/** What a draft opens or ends. */
function meaningOf({ type, step, turn, agent }: EventDraft, data?: string): string {
  if (type === 'session.members') return '{"members":true}';
  if (endsTurn(type)) return JSON.stringify({ ends: 'turn', turn });
  if (step === undefined) return '';
  if (type === 'step.started') return `{"starts":${startArg(step, turn, agent)}}`;
  return endsStep(type) ? JSON.stringify({ ends: 'step', step, data }) : '';
}

/** True for an end that gets what the step has said: it has no text, and no reasoning, of its own. */
export function takesText(draft: EventDraft): boolean {
  if (draft.type !== 'step.cancelled' && draft.type !== 'step.failed') return false;
  return draft.step !== undefined && draft.data.text === '' && !draft.data.reasoning;
}

/** Id, JSON and meaning of each draft. */
export function draftArgs(drafts: readonly EventDraft[]): string[] {
  const args = [String(drafts.length)];
  for (const draft of drafts) {
    if (takesText(draft)) {
      const { data, ...rest } = draft;
      const other = JSON.stringify({ ...data, text: undefined, reasoning: undefined });
      args.push(draft.id, JSON.stringify(rest), meaningOf(draft, other));
    } else {
      args.push(draft.id, JSON.stringify(draft), meaningOf(draft));
    }
  }
  return args;
}

/** How the open steps of a turn end. */
export function closingArg(closing: Closing | undefined): string {
  if (!closing) return '';
  const { turn, step, end } = closing;
  const { data, ...rest } = end;
  return JSON.stringify({
    turn,
    ...(step === undefined ? {} : { step, ends: eventId.stepEnded(step) }),
    mark: `closed:${step ?? turn}`,
    json: JSON.stringify(rest),
    data: JSON.stringify(data),
    room: LIMITS.closesBytes,
  });
}

/** Messages that wait no longer. */
export function releaseArgs(messageIds: readonly string[] = []): (string | number)[] {
  return [messageIds.length, ...messageIds];
}

/** A session that nothing is known of may be created by the writer that brings its `session.created`. */
export function creationArgs(known: Position, drafts: readonly EventDraft[]): [string, string, string] {
  const created = drafts.find((draft) => draft.type === 'session.created');
  if (known.epoch !== 0 || created?.type !== 'session.created') return ['', '', ''];
  const info: SessionInfo = { ...created.data, createdAt: created.at };
  return ['1', String(Date.now()), JSON.stringify(info)];
}
