/** Erasing sessions and tenants everywhere. */
import { z } from 'zod';
import { idSchema } from '../../ingest/index.ts';
import type { ErasureReply } from '../../ingest/index.ts';
import type { GatewayContext } from '../context.ts';
import { ENGINE, json, pathId, problems } from '../route.ts';
import type { ApiRoute } from '../route.ts';
import { describes, ms } from '../shapes.ts';
import { adminRoute } from './admin-shapes.ts';

const path = z.object({ id: idSchema });

const reply = describes<ErasureReply>()(
  z
    .object({
      tenant: z.string(),
      session: z.string().optional(),
      status: z.enum(['erasing', 'erased']),
      at: ms.meta({ description: 'When it was asked for first, ms since the Unix epoch.' }),
      removed: z.record(z.string(), z.number()).meta({ description: 'How many of what were removed.' }),
    })
    .meta({ id: 'Erasure', description: '`erasing`: it goes on by itself; ask again.' }),
);

export function eraseRoutes({ eraser }: GatewayContext): readonly ApiRoute[] {
  return [
    {
      access: 'key',
      method: 'post',
      path: '/v1/sessions/{id}/erase',
      operation: {
        operationId: 'eraseSession',
        summary: 'Erase a session everywhere',
        description:
          'Ends its workflow and removes its runs, log, archive, and the schedules that write to it, for good: its id is not given again. Takes a key with `operate`. Can be repeated safely.',
        tags: ['Sessions'],
        requestParams: { path },
        responses: {
          '200': json('What was removed.', reply),
          ...problems([
            ...ENGINE,
            'rate_limited',
            'session_not_found',
            'log_unavailable',
            'archive_unavailable',
          ]),
        },
      },
      async handle({ req, res, principal }) {
        res.json(await eraser.session(principal, pathId(req, 'id')));
      },
    },
    adminRoute({
      ...{
        method: 'post',
        path: '/tenants/{id}/erase',
        id: 'eraseTenant',
        summary: 'Erase a tenant everywhere',
      },
      description:
        'Suspends it, erases its sessions, revokes its keys, and destroys the data keys that have sealed what was stored. One with many sessions is `erasing` for a while. Can be repeated safely.',
      ...{ reply, codes: [...ENGINE, 'log_unavailable'] },
      answer: ({ req, principal }) => eraser.tenant(principal, pathId(req, 'id')),
    }),
  ];
}
