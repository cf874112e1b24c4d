/** What a turn waits for: questions to people, approvals, and a place among the turns of its tenant. And what is said of it afterwards. */
import type { SessionEvent } from '../events/envelope.ts';
import { keepNewest } from './bound.ts';
import { editTurn } from './edit.ts';
import type { SessionView, TurnEntry } from './types.ts';

type ApprovalEvent = Extract<SessionEvent, { type: `approval.${string}` }>;
type QuotaEvent = Extract<SessionEvent, { type: `quota.${string}` }>;

/** Events that the view does not know change nothing. */
export function reduceWait(view: SessionView, event: SessionEvent): SessionView {
  switch (event.type) {
    case 'person.asked':
      return { ...view, asked: [...view.asked, { ...event.data, turn: event.turn ?? '' }] };
    case 'person.unanswered':
      return answered(view, event.data.question);
    case 'approval.requested':
    case 'approval.voted':
    case 'approval.decided':
      return reduceApproval(view, event);
    case 'quota.waiting':
    case 'quota.cleared':
      return reduceQuota(view, event);
    case 'feedback.given':
      return reduceFeedback(view, event);
    default:
      return view;
  }
}

/** Private feedback is in no view: snapshots are the same for all. */
function reduceFeedback(
  view: SessionView,
  { at, data }: Extract<SessionEvent, { type: 'feedback.given' }>,
): SessionView {
  if ('withheld' in data || data.private) return view;
  const others = (view.feedback ?? []).filter(
    ({ turn, step, by }) => turn !== data.turn || step !== data.step || by !== data.by,
  );
  return { ...view, feedback: data.retracted ? others : keepNewest([...others, { ...data, at }]) };
}

/** One that has ended waits for nothing: see `startTurn`. */
function reduceQuota(view: SessionView, { type, turn = '', data }: QuotaEvent): SessionView {
  const edit = ({ waiting: _before, ...entry }: TurnEntry): TurnEntry =>
    type === 'quota.waiting' && entry.status === 'running' ? { ...entry, waiting: data } : entry;
  return editTurn(view, turn, edit) ?? view;
}

function reduceApproval(view: SessionView, event: ApprovalEvent): SessionView {
  const others = view.approvals.filter(({ approval }) => approval !== event.data.approval);
  switch (event.type) {
    case 'approval.requested': {
      const approval = { ...event.data, turn: event.turn ?? '', approvedBy: [] };
      return { ...view, approvals: [...others, approval] };
    }
    case 'approval.voted': {
      const { approval, by: _by, ...change } = event.data;
      const approvals = view.approvals.map((each) =>
        each.approval === approval ? { ...each, ...change } : each,
      );
      return { ...view, approvals };
    }
    case 'approval.decided':
      return others.length === view.approvals.length ? view : { ...view, approvals: others };
  }
}

/** Nobody waits for an answer to this question any more. */
export function answered(view: SessionView, question: string | undefined): SessionView {
  const asked = view.asked.filter((each) => each.question !== question);
  return asked.length === view.asked.length ? view : { ...view, asked };
}

/** The turn waits for nobody any more. */
export function withoutWaits(view: SessionView, turn: string): SessionView {
  const asked = view.asked.filter((each) => each.turn !== turn);
  const approvals = view.approvals.filter((each) => each.turn !== turn);
  const same = asked.length === view.asked.length && approvals.length === view.approvals.length;
  return same ? view : { ...view, asked, approvals };
}
