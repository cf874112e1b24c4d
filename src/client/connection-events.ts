import type { Delta, Note, RenewReply, SessionEvent, SessionView } from '../contracts/public.ts';
import type { ClientStatus } from './status.ts';

/** What a connection tells. */
export interface ConnectionEvents {
  status: ClientStatus;
  event: SessionEvent;
  delta: Delta;
  reset: { readonly session: string; readonly snapshot: SessionView };
  note: Note & { readonly session: string };
  /** A session is followed no longer: a new token does not allow it, or somebody has removed its subject. */
  ended: RenewReply['ended'][number];
}
