/** /v1/admin: the deployment as it is now, for operators; they can drain a gateway. */
import { z } from 'zod';
import { LIMITS } from '../../contracts/index.ts';
import { tenantsQuerySchema, validate } from '../../ingest/index.ts';
import { allowOperator } from '../../tenants/index.ts';
import type { GatewayContext } from '../context.ts';
import { gatewayReply, systemReply, tenantUseReply } from '../replies-deployment.ts';
import { pathId } from '../route.ts';
import type { ApiRoute, Call } from '../route.ts';
import { tenantUse, tenantUses } from '../tenant-use.ts';
import { adminRoute, pageOf } from './admin-shapes.ts';

const gatewayId = z.string().min(1).max(LIMITS.processChars);
const gatewayPath = z.object({ id: gatewayId.meta({ description: 'Of a gateway: `pid@host`.' }) });

const gatewayOf = ({ req }: Call): string => validate(gatewayPath, { id: req.params['id'] }).id;

export function deploymentRoutes(context: GatewayContext): readonly ApiRoute[] {
  return [...fleetRoutes(context), ...useRoutes(context)];
}

/** A gateway that is drained still tells, and can be resumed. */
function fleetRoutes(context: GatewayContext): readonly ApiRoute[] {
  const change = { params: gatewayPath, reply: gatewayReply, whileDraining: true } as const;
  return [
    adminRoute({
      ...{ method: 'get', path: '/system', id: 'getSystem', summary: 'See the deployment' },
      description:
        'Gateways, workers, task queues, Redis, Temporal and the archive as they are now, at most 2 s old. A part that does not answer within a second is told as `unknown`; the whole takes 2 s at most.',
      ...{ reply: systemReply, whileDraining: true },
      async answer({ principal }) {
        allowOperator(principal);
        return context.system.report();
      },
    }),
    adminRoute({
      ...{ method: 'post', path: '/gateways/{id}/drain', id: 'drainGateway', summary: 'Drain a gateway' },
      description:
        'It takes no new connections, sends those that it has to other gateways within 3 s, and fails `/readyz`. Nothing is lost. It goes on running until it is stopped or resumed.',
      ...change,
      codes: ['gateway_not_found', 'last_gateway'],
      async answer(call) {
        allowOperator(call.principal);
        return context.system.drain(call.principal, gatewayOf(call));
      },
    }),
    adminRoute({
      ...{ method: 'post', path: '/gateways/{id}/resume', id: 'resumeGateway' },
      ...{ summary: 'Let a drained gateway take connections again', ...change, codes: ['gateway_not_found'] },
      async answer(call) {
        allowOperator(call.principal);
        return context.system.resume(call.principal, gatewayOf(call));
      },
    }),
  ];
}

function useRoutes(context: GatewayContext): readonly ApiRoute[] {
  return [
    adminRoute({
      ...{ method: 'get', path: '/usage', id: 'listUsage', summary: 'See what tenants use' },
      description:
        'Each tenant with its limits and what it uses now. Tenants whose keys stand in the environment come first.',
      ...{ query: tenantsQuerySchema, reply: pageOf(tenantUseReply, 'TenantUsePage') },
      codes: ['invalid_cursor'],
      answer: ({ req, principal }) => tenantUses(context, principal, { ...req.query }),
    }),
    adminRoute({
      ...{ method: 'get', path: '/tenants/{id}/usage', id: 'getTenantUsage' },
      ...{ summary: 'See what a tenant uses', reply: tenantUseReply, codes: ['tenant_not_found'] },
      answer: ({ req, principal }) => tenantUse(context, principal, pathId(req, 'id')),
    }),
  ];
}
