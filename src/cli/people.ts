/** What concerns the people of a session, in a line each: members, questions, approvals. */
import { LIMITS } from '../contracts/index.ts';
import type { Approvers, EventData, OpenApproval, SessionEvent } from '../contracts/index.ts';
import { harmless } from './terminal.ts';

/** What is approved, as it is shown before somebody decides: never cut, or she would approve what she has not seen. */
export function approvedData({ tool, data }: Pick<OpenApproval, 'tool' | 'data'>): string {
  return harmless([tool, data && JSON.stringify(data)].filter((each) => each !== undefined).join(' '));
}

/** Who has to decide: "2 of lead", "ana". */
export function approversOf({ names = [], roles = [], count = 1 }: Approvers): string {
  const who = [...names, ...roles].join(', ');
  if (who === '') return count === 1 ? 'anybody' : `${count} people`;
  return count === 1 && names.length + roles.length === 1 ? who : `${count} of ${who}`;
}

/** A time that lies ahead: a part of it is enough for people. */
export function untilText(until: number): string {
  return new Date(Math.min(until, Date.now() + LIMITS.approvalMostMs)).toISOString().slice(0, 16);
}

/** What waits for whom. */
export function waitLine(
  open: Pick<OpenApproval, 'approval' | 'title' | 'approvers' | 'tool' | 'data'>,
): string {
  const what = approvedData(open);
  const who = approversOf(open.approvers);
  return `${open.approval} waits for approval by ${who}: ${open.title}${what === '' ? '' : `: ${what}`}`;
}

type PeopleEvent = Extract<
  SessionEvent,
  { type: `approval.${string}` | `person.${string}` | 'session.members' }
>;

/** What has happened. */
export function peopleLine(event: PeopleEvent): string {
  switch (event.type) {
    case 'session.members':
      return memberLine(event.data);
    case 'person.asked':
      return `${event.data.name} is asked: ${event.data.text}`;
    case 'person.unanswered':
      return `${event.data.name} is not asked any more`;
    case 'approval.requested':
      return waitLine(event.data);
    case 'approval.voted': {
      const { approval, by, data } = event.data;
      return `${by} ${data ? `edits ${approval}: ${approvedData({ data })}` : `approves ${approval}`}`;
    }
    case 'approval.decided':
      return decidedLine(event.data);
  }
}

function decidedLine({ approval, status, by, reason }: EventData['approval.decided']): string {
  const who = by.length === 0 ? '' : ` by ${by.join(', ')}`;
  return `${approval} is ${status}${who}${reason ? `: ${reason.message}` : ''}`;
}

function memberLine({ name, change }: Pick<EventData['session.members'], 'name' | 'change'>): string {
  return `${name} ${change === 'paused' || change === 'resumed' ? `was ${change}` : `has ${change}`}`;
}
