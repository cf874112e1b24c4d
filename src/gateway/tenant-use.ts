/** Tenants and what they use right now, for operators. */
import { LIMITS } from '../contracts/index.ts';
import type { SystemStatus, TenantUse, TenantUsePage } from '../contracts/index.ts';
import type { Principal, Tenant } from '../tenants/index.ts';
import type { GatewayContext } from './context.ts';
import { answered } from './system.ts';

type Parts = Pick<GatewayContext, 'admin' | 'quota' | 'system' | 'environmentTenants'>;
type Named = Pick<TenantUse, 'tenant' | 'name' | 'state'>;

const namedOf = ({ id, name, status }: Tenant): Named => ({ tenant: id, name, state: status });

/** Throws `forbidden`, `invalid_request`, `invalid_cursor`, `archive_unavailable`. */
export async function tenantUses(
  parts: Parts,
  principal: Principal,
  query: Readonly<Record<string, unknown>>,
): Promise<TenantUsePage> {
  const limit = Number(query['limit'] ?? LIMITS.tenantUses);
  const { data, next } = await parts.admin.tenants(principal, {
    ...query,
    limit: String(Math.min(limit, LIMITS.tenantUses)),
  });
  const known = new Set(data.map(({ id }) => id));
  const others = query['cursor'] === undefined ? parts.environmentTenants.filter((id) => !known.has(id)) : [];
  const tenants = [...others.map((tenant) => ({ tenant })), ...data.map(namedOf)];
  const system = await parts.system.report();
  return { data: await Promise.all(tenants.map((each) => useOf(parts, system, each))), next };
}

/** Throws `forbidden`, `tenant_not_found`, `archive_unavailable`. */
export async function tenantUse(parts: Parts, principal: Principal, id: string): Promise<TenantUse> {
  const named = await parts.admin.tenant(principal, id).then(namedOf, (error: unknown) => {
    const isKnown = parts.environmentTenants.includes(id);
    if (isKnown && (error as { readonly code?: unknown }).code === 'tenant_not_found') return { tenant: id };
    throw error;
  });
  return useOf(parts, await parts.system.report(), named);
}

async function useOf({ quota }: Parts, system: SystemStatus, named: Named): Promise<TenantUse> {
  const { tenant } = named;
  const asked = await answered(
    async () => {
      const [limits, waiting] = await Promise.all([quota.usage(tenant), quota.waiting(tenant)]);
      return { limits, waiting };
    },
    { limits: [], waiting: 0 },
  );
  const refused = system.gateways.data
    .flatMap((gateway) => gateway.refused)
    .filter((each) => each.tenant === tenant)
    .reduce((sum, each) => sum + each.refused, 0);
  const turns = system.workers.data.flatMap(({ longest }) => longest);
  return { ...named, ...asked, refused, running: turns.filter((turn) => turn.tenant === tenant).length };
}
