import { LIMITS, type BusySession } from '../../contracts/index.ts';
import type { Follower } from './follower.ts';

/** Over so long, ms. */
const SPAN_MS = 60_000;

/** Sessions by the events that were sent of them in the last minute, then by who watches. `now`: ms since the Unix epoch. */
export function busiestOf(
  followers: readonly Pick<Follower, 'ref' | 'watching' | 'pushes'>[],
  now: number,
): readonly BusySession[] {
  const told = followers.map(({ ref, watching, pushes }) => ({
    ...{ tenant: ref.tenant, session: ref.session, watchers: watching },
    events: pushes.sentAfter(now - SPAN_MS),
  }));
  return told
    .sort((one, other) => other.events - one.events || other.watchers - one.watchers)
    .slice(0, LIMITS.busySessions);
}
