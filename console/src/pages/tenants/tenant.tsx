/** A tenant: what it uses of each limit, its limits to change, its keys, and what was done. */
import { useCallback, useState } from 'react';
import type { SubmitEvent, ReactElement } from 'react';
import type { TenantUse } from '../../../../src/contracts/public.ts';
import { useAdmin } from '../../shared/access.tsx';
import { curlOf, useAsked } from '../../shared/api.ts';
import type { Asked } from '../../shared/api.ts';
import { Badge } from '../../shared/badge.tsx';
import { Copy } from '../../shared/copy.tsx';
import { count, dateTime, duration } from '../../shared/format.ts';
import { Grid } from '../../shared/grid.tsx';
import { ErrorNote, Loading } from '../../shared/notes.tsx';
import { Link, to } from '../../shared/router.tsx';
import type { PageProps } from '../index.ts';

const EVERY_MS = 2_000;
/** Of keys and audit, ms. */
const SELDOM_MS = 3_000;

interface Tenant {
  readonly limits: Readonly<Record<string, unknown>>;
}
interface Key {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}
interface Entry {
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
}
interface Page<T> {
  readonly data: readonly T[];
}

function useAdminAsked<T>(path: string, everyMs: number) {
  const admin = useAdmin();
  return useAsked(
    useCallback((signal: AbortSignal) => admin<T>(path, { signal }), [admin, path]),
    everyMs,
  );
}

function Limits({ limits }: Pick<TenantUse, 'limits'>): ReactElement {
  if (limits.length === 0) return <p className="soft">This tenant has no limits that are counted.</p>;
  return (
    <ul className="meters">
      {limits.map(({ limit, used, most, backInMs }) => (
        <li key={limit}>
          <label>
            {limit} <span className="soft">{`${count(used)} of ${count(most)}`}</span>
            {backInMs !== undefined && used > 0 && (
              <span className="soft">{`, back in ${duration(backInMs)}`}</span>
            )}
            <meter min={0} max={Math.max(1, most)} high={most * 0.9} value={used} />
          </label>
        </li>
      ))}
    </ul>
  );
}

function ChangeLimits({ id }: { readonly id: string }): ReactElement | null {
  const admin = useAdmin();
  const path = `/v1/admin/tenants/${id}`;
  const { data, error, refresh } = useAdminAsked<Tenant>(path, SELDOM_MS);
  const [text, setText] = useState<string | null>(null);
  const [failed, setFailed] = useState<Error | null>(null);
  if (error) return <ErrorNote error={error} retry={refresh} />;
  if (!data) return null;
  const save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    try {
      const limits = JSON.parse(text ?? '{}') as Tenant['limits'];
      // What was taken out of the text is to be taken away: what is absent would stay.
      const gone = Object.keys(data.limits).filter((name) => !Object.hasOwn(limits, name));
      const away = Object.fromEntries(gone.map((name) => [name, null]));
      await admin(path, { method: 'POST', body: { limits: { ...away, ...limits } } });
      setText(null);
      setFailed(null);
      refresh();
    } catch (thrown) {
      setFailed(thrown instanceof SyntaxError ? new Error('That is no JSON.') : (thrown as Error));
    }
  };
  return (
    <form onSubmit={(event) => void save(event)} className="limits-form">
      <label>
        Limits, as JSON. A limit that you remove no longer applies.
        <textarea
          rows={6}
          spellCheck={false}
          value={text ?? JSON.stringify(data.limits, null, 2)}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      <button type="submit" className="button primary" disabled={text === null}>
        Change limits
      </button>
      {failed && <ErrorNote error={failed} />}
    </form>
  );
}

interface ListedProps {
  readonly title: string;
  readonly asked: Asked<unknown>;
  readonly children: ReactElement;
}

/** That there is nothing is said once that is known. */
function Listed({ title, asked: { data, error, refresh }, children }: ListedProps): ReactElement {
  return (
    <section className="card">
      <h2>{title}</h2>
      {error && <ErrorNote error={error} retry={refresh} />}
      {data !== null && children}
    </section>
  );
}

const TONES = { active: 'open', expired: 'closed', revoked: 'closed' } as const;

const standing = ({ revokedAt, expiresAt }: Key): keyof typeof TONES =>
  revokedAt !== null ? 'revoked' : expiresAt !== null && expiresAt < Date.now() ? 'expired' : 'active';

function Keys({ id }: { readonly id: string }): ReactElement {
  const keys = useAdminAsked<Page<Key>>(`/v1/admin/keys?tenant=${id}&limit=50`, SELDOM_MS);
  return (
    <Listed title="Keys" asked={keys}>
      <Grid
        label="Keys"
        head={['Key', 'Name', 'State', 'Scopes', 'Last used']}
        empty={`No keys in the registry. Make one: npx convoke keys add --tenant ${id} --name NAME`}
        rows={(keys.data?.data ?? []).map((key) => ({
          key: key.id,
          cells: [
            ...[key.id, key.name],
            <Badge key="state" status={TONES[standing(key)]} text={standing(key)} />,
            ...[key.scopes.join(', '), key.lastUsedAt === null ? 'never' : dateTime(key.lastUsedAt)],
          ],
        }))}
      />
    </Listed>
  );
}

function Audit({ id }: { readonly id: string }): ReactElement {
  const audit = useAdminAsked<Page<Entry>>(`/v1/admin/audit?tenant=${id}&limit=20`, SELDOM_MS);
  return (
    <Listed title="Audit" asked={audit}>
      <Grid
        label="Audit"
        head={['When', 'Who', 'What', 'Of']}
        empty="Nothing was done yet."
        rows={(audit.data?.data ?? []).map(({ at, actor, action, target }, index) => ({
          key: `${at} ${index}`,
          cells: [dateTime(at), actor, action, target],
        }))}
      />
    </Listed>
  );
}

export function TenantPage({ params }: PageProps): ReactElement {
  const { id = '' } = params;
  const path = `/v1/admin/tenants/${id}/usage`;
  const { data, error, isLoading, refresh } = useAdminAsked<TenantUse>(path, EVERY_MS);
  return (
    <section className="page admin">
      <header className="page-head">
        <h1>{id}</h1>
        {data?.state && <Badge status={data.state === 'active' ? 'open' : 'paused'} text={data.state} />}
        <Link className="button small" to={to('/sessions', { tenant: id })}>
          Its sessions
        </Link>
        <Copy label="Copy as curl" text={() => curlOf(path)} />
      </header>
      {error && <ErrorNote error={error} retry={refresh} />}
      {isLoading && <Loading what="the tenant" />}
      {data && (
        <>
          <dl className="tiles">
            {(['running', 'waiting', 'refused'] as const).map((name) => (
              <div key={name} className="tile">
                <dt>
                  {
                    {
                      running: 'Turns running',
                      waiting: 'Turns waiting',
                      refused: 'Refused in the last minute',
                    }[name]
                  }
                </dt>
                <dd>{count(data[name])}</dd>
              </div>
            ))}
          </dl>
          <section className="card">
            <h2>Limits</h2>
            <Limits limits={data.limits} />
            {data.state === undefined ? (
              <p className="soft">
                Its keys stand in the environment of the gateways, and its limits in CONVOKE_LIMITS.
              </p>
            ) : (
              <ChangeLimits id={id} />
            )}
          </section>
          <Keys id={id} />
          <Audit id={id} />
        </>
      )}
    </section>
  );
}
