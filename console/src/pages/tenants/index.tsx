/** Tenants, and what they use right now. */
import { useCallback } from 'react';
import type { ReactElement } from 'react';
import type { TenantUse, TenantUsePage } from '../../../../src/contracts/public.ts';
import { useAdmin } from '../../shared/access.tsx';
import { curlOf, useAsked } from '../../shared/api.ts';
import { Badge } from '../../shared/badge.tsx';
import { Copy } from '../../shared/copy.tsx';
import { count } from '../../shared/format.ts';
import { Grid } from '../../shared/grid.tsx';
import { ErrorNote, Loading } from '../../shared/notes.tsx';
import { Link, to } from '../../shared/router.tsx';

const PATH = '/v1/admin/usage';
const EVERY_MS = 3_000;

/** The limit of which the largest share is used. */
function nearest({ limits, status, reason }: TenantUse): string {
  if (status !== 'ok') return reason ?? 'unknown';
  const share = ({ used, most }: (typeof limits)[number]): number => used / Math.max(1, most);
  const [first] = [...limits].sort((one, other) => share(other) - share(one));
  return first ? `${first.limit}: ${count(first.used)} of ${count(first.most)}` : 'no limits';
}

function State({ state }: { readonly state: TenantUse['state'] | undefined }): ReactElement {
  if (state === undefined)
    return (
      <span
        className="soft"
        title="Its keys stand in CONVOKE_KEYS of the gateways; what is changed here are tenants of the registry."
      >
        set by CONVOKE_KEYS
      </span>
    );
  return <Badge status={state === 'suspended' ? 'paused' : 'open'} text={state} />;
}

export function TenantsPage(): ReactElement {
  const admin = useAdmin();
  const { data, error, isLoading, refresh } = useAsked(
    useCallback((signal) => admin<TenantUsePage>(PATH, { signal }), [admin]),
    EVERY_MS,
  );
  return (
    <section className="page admin">
      <header className="page-head">
        <h1>Tenants</h1>
        <Copy label="Copy as curl" text={() => curlOf(PATH)} />
      </header>
      {error && <ErrorNote error={error} retry={refresh} />}
      {isLoading && <Loading what="tenants" />}
      {data && (
        <section className="card">
          <Grid
            label="Tenants"
            head={[
              'Tenant',
              'State',
              'Turns running',
              'Turns waiting',
              'Refused in the last minute',
              'Nearest limit',
            ]}
            empty="No tenants yet. Add one: npx convoke tenants add acme"
            rows={data.data.map((each) => ({
              key: each.tenant,
              cells: [
                <Link key="id" to={to(`/tenants/${each.tenant}`)}>
                  {each.tenant}
                </Link>,
                <State key="state" state={each.state} />,
                ...[count(each.running), count(each.waiting), count(each.refused), nearest(each)],
              ],
            }))}
          />
          {data.next !== null && (
            <p className="soft small">The first 50 are shown. All of them: npx convoke tenants</p>
          )}
        </section>
      )}
    </section>
  );
}
