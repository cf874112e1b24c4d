/** /v1/sessions/{id}/fork: a new session with another one's conversation. */
import { z } from 'zod';
import { forkSchema, idempotencyKeySchema, idSchema } from '../../ingest/index.ts';
import { readJson } from '../body.ts';
import type { GatewayContext } from '../context.ts';
import { forkReply } from '../replies.ts';
import { BODY, ENGINE, json, problems, sessionOf } from '../route.ts';
import type { ApiRoute } from '../route.ts';

function forkRoute(context: GatewayContext): ApiRoute {
  return {
    access: 'key',
    method: 'post',
    path: '/v1/sessions/{id}/fork',
    operation: {
      operationId: 'forkSession',
      summary: 'Fork a session',
      description:
        'Makes a new session that has the conversation of this one up to an event; with `message` it goes on from there. The session itself ' +
        'does not change, whether it runs or is closed. With an id of your own or an Idempotency-Key the request can be repeated safely.',
      tags: ['Sessions'],
      requestParams: {
        path: z.object({ id: idSchema }),
        header: z.object({ 'Idempotency-Key': idempotencyKeySchema.optional() }),
      },
      requestBody: { content: { 'application/json': { schema: forkSchema } } },
      responses: {
        '201': json('The fork is open.', forkReply, {
          Location: z.string().meta({ description: 'The path of the fork.' }),
          'Idempotency-Replayed': z
            .literal('true')
            .meta({ description: 'The fork was made by an earlier, equal request.' })
            .optional(),
        }),
        ...problems([
          ...BODY,
          ...ENGINE,
          'session_not_found',
          'message_not_found',
          'session_exists',
          'quota_exceeded',
          'rate_limited',
          'idempotency_mismatch',
          'session_closed',
          'inbox_full',
          'log_unavailable',
          'archive_unavailable',
          'worker_unavailable',
        ]),
      },
    },
    async handle(call) {
      const { req, res, principal } = call;
      const key = req.get('Idempotency-Key');
      const { session } = sessionOf(call);
      const { reply, replayed } = await context.intake.fork(principal, session, await readJson(req), { key });
      if (replayed) res.setHeader('Idempotency-Replayed', 'true');
      res.status(201).location(`/v1/sessions/${reply.id}`).json(reply);
    },
  };
}

export function forkRoutes(context: GatewayContext): readonly ApiRoute[] {
  return [forkRoute(context)];
}
