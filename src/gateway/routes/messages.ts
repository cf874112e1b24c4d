/** /v1/sessions/{id}/messages: send a message, get its receipt. */
import { z } from 'zod';
import { idempotencyKeySchema, idSchema, sendSchema } from '../../ingest/index.ts';
import { readerOf } from '../../tenants/index.ts';
import { readJson } from '../body.ts';
import type { GatewayContext } from '../context.ts';
import { timelineReply } from '../replies-timeline.ts';
import { receiptReply } from '../replies.ts';
import { ANSWER, BODY, ENGINE, json, pathId, problems, sessionOf, watchedOf } from '../route.ts';
import type { ApiRoute } from '../route.ts';

const TAGS = ['Messages'];

function sendRoute(context: GatewayContext): ApiRoute {
  return {
    access: 'key',
    method: 'post',
    path: '/v1/sessions/{id}/messages',
    operation: {
      operationId: 'sendMessage',
      summary: 'Send a message',
      description:
        'Answers once the message is persisted. A messageId may be sent any number of times and takes effect once. ' +
        'With `channel`, or with `to`, it is an event that no agent answers.',
      tags: TAGS,
      requestParams: {
        path: z.object({ id: idSchema }),
        header: z.object({
          'Idempotency-Key': idempotencyKeySchema.optional(),
          traceparent: z.string().optional().meta({ description: 'See `traceparent` of the body.' }),
        }),
      },
      requestBody: { content: { 'application/json': { schema: sendSchema } } },
      responses: {
        '202': json('The message is accepted and will not be lost.', receiptReply, {
          Location: z.string().meta({ description: 'The path of the receipt.' }),
        }),
        ...problems([
          ...BODY,
          ...ENGINE,
          'archive_unavailable',
          'session_not_found',
          'session_closed',
          'session_not_stored',
          'inbox_full',
          'message_id_reused',
          'rate_limited',
          'file_not_found',
          'files_not_set_up',
        ]),
      },
    },
    async handle(call) {
      const { req, res, principal } = call;
      const { session } = sessionOf(call);
      const key = req.get('Idempotency-Key');
      const receipt = await context.intake.send(principal, session, await readJson(req), {
        ...{ key, traceparent: req.get('traceparent') },
      });
      res.status(202).location(`/v1/sessions/${session}/messages/${receipt.messageId}`).json(receipt);
    },
  };
}

function standingRoute(context: GatewayContext): ApiRoute {
  return {
    access: 'key',
    method: 'get',
    path: '/v1/sessions/{id}/messages/{messageId}',
    operation: {
      operationId: 'getMessage',
      summary: 'Get the receipt of a message',
      tags: TAGS,
      requestParams: { path: z.object({ id: idSchema, messageId: idSchema }) },
      responses: {
        '200': json('The receipt.', receiptReply),
        ...problems([...ANSWER, 'message_not_found']),
      },
    },
    async handle(call) {
      const ref = watchedOf(call);
      const reader = readerOf(call.principal);
      call.res.json(await context.delivery.receipt(ref, pathId(call.req, 'messageId'), reader));
    },
  };
}

function timelineRoute(context: GatewayContext): ApiRoute {
  return {
    access: 'key',
    method: 'get',
    path: '/v1/sessions/{id}/messages/{messageId}/timeline',
    operation: {
      operationId: 'getTimeline',
      summary: 'See the way of a message, and what held it up',
      description:
        'From its arrival to the connections that have acknowledged the answer. Processes, limits and connections of others are told to keys and tokens with `operate`.',
      tags: TAGS,
      requestParams: { path: z.object({ id: idSchema, messageId: idSchema }) },
      responses: {
        '200': json('The timeline.', timelineReply),
        ...problems([...ANSWER, 'log_unavailable', 'message_not_found']),
      },
    },
    async handle(call) {
      const asked = { ref: watchedOf(call), messageId: pathId(call.req, 'messageId') };
      call.res.json(await context.timeline(call.principal, asked));
    },
  };
}

export function messageRoutes(context: GatewayContext): readonly ApiRoute[] {
  return [sendRoute(context), standingRoute(context), timelineRoute(context)];
}
