/** What people have to decide upon in a session. */
import { useCallback } from 'react';
import type { OpenApproval, VoteReply, VoteRequest } from '../../contracts/public.ts';
import type { Session } from '../session.ts';
import { useSelected } from './use-session.ts';
import type { SessionNow } from './use-session.ts';

export interface ApprovalsNow {
  /** Those that are open, in the order in which they were asked for. */
  readonly approvals: readonly OpenApproval[];
  /** `approve(approvals[0], { by: 'ana' })`; see `Session.approve` for what it throws. */
  readonly approve: (approval: OpenApproval, vote: Omit<VoteRequest, 'vote' | 'hash'>) => Promise<VoteReply>;
  /** One who denies is enough. */
  readonly deny: (
    approval: OpenApproval,
    vote: Omit<VoteRequest, 'vote' | 'hash' | 'data'>,
  ) => Promise<VoteReply>;
}

const NONE: readonly OpenApproval[] = [];
const open = ({ view }: SessionNow): readonly OpenApproval[] => view?.approvals ?? NONE;

export function useApprovals(session: Session): ApprovalsNow {
  const approvals = useSelected(session, open);
  const approve = useCallback<ApprovalsNow['approve']>(
    (which, vote) => session.approve(which, vote),
    [session],
  );
  const deny = useCallback<ApprovalsNow['deny']>((which, vote) => session.deny(which, vote), [session]);
  return { approvals, approve, deny };
}
