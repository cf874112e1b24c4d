/** What people have to decide upon, with what exactly it is. */
import { useState } from 'react';
import type { ReactElement } from 'react';
import type { Session } from '../../../../src/client/index.ts';
import { useApprovals } from '../../../../src/client/react/index.ts';
import type { JsonObject, OpenApproval } from '../../../../src/contracts/public.ts';
import { useAccess } from '../../shared/access.tsx';
import { duration } from '../../shared/format.ts';
import { Json } from '../../shared/json.tsx';
import { ErrorNote } from '../../shared/notes.tsx';
import { useNow } from '../../shared/use-now.ts';
import { useAct } from './head.tsx';

export function Approvals({ session }: { readonly session: Session }): ReactElement | null {
  const { approvals } = useApprovals(session);
  if (approvals.length === 0) return null;
  return (
    <section className="asks" aria-label="Approvals">
      {approvals.map((approval) => (
        <Card key={approval.hash} session={session} approval={approval} />
      ))}
    </section>
  );
}

interface CardProps {
  readonly session: Session;
  readonly approval: OpenApproval;
}

function Card({ session, approval }: CardProps): ReactElement {
  const now = useNow();
  const [edited, setEdited] = useState<string | null>(null);
  const { title, text, tool, agent, data, until, onExpiry, mayEdit } = approval;
  return (
    <article className="card ask" aria-label={`Approval: ${title}`}>
      <header>
        <h2>{title}</h2>
        <span className="soft numbers">
          {duration(Math.max(0, until - now))} left, then {onExpiry === 'deny' ? 'denied' : 'approved'}
        </span>
      </header>
      {text && <p className="text">{text}</p>}
      {tool && (
        <p className="soft">
          {agent} calls <code>{tool}</code> with
        </p>
      )}
      {data && edited === null && <Json value={data} />}
      {edited !== null && (
        <textarea
          aria-label="What is approved, as JSON"
          rows={6}
          value={edited}
          onChange={(event) => setEdited(event.target.value)}
        />
      )}
      <p className="soft small">
        {wanted(approval)}
        {mayEdit && data && edited === null && (
          <button
            type="button"
            className="button small quiet"
            onClick={() => setEdited(JSON.stringify(data, null, 2))}
          >
            Edit before you approve
          </button>
        )}
      </p>
      <Vote session={session} approval={approval} edited={edited} />
    </article>
  );
}

function wanted({ approvers, approvedBy }: OpenApproval): string {
  const { names, roles, count } = approvers;
  const who = [...(names ?? []), ...(roles ?? []).map((role) => `role ${role}`)].join(', ') || 'anybody';
  const votes = approvedBy.length > 0 ? ` Approved by ${approvedBy.join(', ')}.` : '';
  return `${count === 1 ? 'One' : String(count)} of: ${who}.${votes}`;
}

/** With a session token the vote is by its subject. */
function Vote({ session, approval, edited }: CardProps & { readonly edited: string | null }): ReactElement {
  const { approve, deny } = useApprovals(session);
  const { name, rename } = useAccess();
  const { isBusy, error, act } = useAct();
  const [reason, setReason] = useState('');
  const { approvers, approvedBy } = approval;
  const named = rename ? approvers.names : undefined;
  const may = named?.filter((each) => !approvedBy.includes(each)) ?? [name];
  const [chosen, setChosen] = useState('');
  const by = may.includes(chosen) ? chosen : (may[0] ?? name);
  const vote = { by, ...(approvers.roles && { roles: approvers.roles }), ...(reason && { reason }) };
  const approveIt = async (): Promise<void> => {
    const changed = edited === null ? {} : { data: JSON.parse(edited) as JsonObject };
    await approve(approval, { ...vote, ...changed });
  };
  return (
    <>
      <div className="vote">
        {may.length > 1 && (
          <select aria-label="Vote as" value={by} onChange={(event) => setChosen(event.target.value)}>
            {may.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        )}
        <input
          aria-label="Reason"
          placeholder="Reason, which the agent is told if you deny"
          value={reason}
          maxLength={500}
          onChange={(event) => setReason(event.target.value)}
        />
        <button
          type="button"
          className="button"
          disabled={isBusy}
          onClick={() => act(() => deny(approval, vote))}
        >
          Deny
        </button>
        <button type="button" className="button primary" disabled={isBusy} onClick={() => act(approveIt)}>
          Approve as {by}
        </button>
      </div>
      {error && <ErrorNote error={error} />}
    </>
  );
}
