/** /v1/sessions/{id}/scheduled: messages that wait for their time. */
import { z } from 'zod';
import { idSchema } from '../../ingest/index.ts';
import type { GatewayContext } from '../context.ts';
import { receiptReply, scheduledReply } from '../replies.ts';
import { ANSWER, CONTROL, json, pathId, problems, sessionOf } from '../route.ts';
import type { ApiRoute } from '../route.ts';

const TAGS = ['Messages'];

function listRoute(context: GatewayContext): ApiRoute {
  return {
    access: 'key',
    method: 'get',
    path: '/v1/sessions/{id}/scheduled',
    operation: {
      operationId: 'listScheduled',
      summary: 'List the messages for later',
      description: 'Messages that were sent with `deliverAt` and wait for their time, the next one first.',
      tags: TAGS,
      requestParams: { path: z.object({ id: idSchema }) },
      responses: {
        '200': json('What waits.', scheduledReply),
        ...problems([...ANSWER]),
      },
    },
    async handle(call) {
      call.res.json(await context.intake.scheduled(call.principal, sessionOf(call).session));
    },
  };
}

function cancelRoute(context: GatewayContext): ApiRoute {
  return {
    access: 'key',
    method: 'delete',
    path: '/v1/sessions/{id}/scheduled/{messageId}',
    operation: {
      operationId: 'cancelScheduled',
      summary: 'Cancel a message for later',
      description:
        'Answers its receipt: `rejected` if it was cancelled; one that has been delivered stays so.',
      tags: TAGS,
      requestParams: { path: z.object({ id: idSchema, messageId: idSchema }) },
      responses: {
        '200': json('The receipt.', receiptReply),
        ...problems([...CONTROL, 'rate_limited', 'message_not_found']),
      },
    },
    async handle(call) {
      const messageId = pathId(call.req, 'messageId');
      const { session } = sessionOf(call);
      call.res.json(await context.intake.control(call.principal, session, 'unschedule', { messageId }));
    },
  };
}

export function scheduledRoutes(context: GatewayContext): readonly ApiRoute[] {
  return [listRoute(context), cancelRoute(context)];
}
