/** /v1/usage: how the limits of the caller's tenant stand. */
import { z } from 'zod';
import type { UsageReply } from '../../contracts/index.ts';
import { allow } from '../../tenants/index.ts';
import type { GatewayContext } from '../context.ts';
import { limitUseReply } from '../replies-system.ts';
import { ENGINE, json, problems } from '../route.ts';
import type { ApiRoute } from '../route.ts';
import { describes, list } from '../shapes.ts';

const reply = describes<UsageReply>()(
  z.object({ tenant: z.string(), limits: list(limitUseReply) }).meta({ id: 'Usage' }),
);

export function usageRoutes({ quota }: GatewayContext): readonly ApiRoute[] {
  return [
    {
      access: 'key',
      method: 'get',
      path: '/v1/usage',
      operation: {
        operationId: 'getUsage',
        summary: 'See how the limits of your tenant stand',
        description: 'Each limit of the tenant itself: what is used, what is left, and when it is back.',
        tags: ['Limits'],
        responses: {
          '200': json('The limits; a tenant without limits has none here.', reply),
          ...problems([...ENGINE, 'forbidden', 'log_unavailable']),
        },
      },
      async handle({ res, principal }) {
        allow(principal, 'operate');
        const { tenant } = principal;
        res.json({ tenant, limits: await quota.usage(tenant) });
      },
    },
  ];
}
