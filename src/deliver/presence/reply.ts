import { LIMITS, peopleOf } from '../../contracts/index.ts';
import type { PresenceReply, PresentMember } from '../../contracts/index.ts';

/** Who is present, in the order in which they came. */
export function replyOf(members: readonly PresentMember[], reads: PresenceReply['reads']): PresenceReply {
  const ordered = members.toSorted((one, other) => one.since - other.since);
  const count = new Set(members.map(({ subject }) => subject)).size;
  return { present: peopleOf(ordered.slice(0, LIMITS.presentListed)), count, reads };
}
