/** /v1/sessions/{id}/messages: send, and ask where a message stands. */
import { z } from 'zod';
import type { Request } from 'express';
import type { SendRequest, SessionRef } from '../../contracts/index.ts';
import {
  idempotencyKeySchema,
  idSchema,
  invalidAt,
  messageIdOfKey,
  sendBodySchema,
  validate,
} from '../../ingest/index.ts';
import { readJson } from '../body.ts';
import type { GatewayContext } from '../context.ts';
import { receiptReply } from '../replies.ts';
import { BODY, ENGINE, json, pathId, problems, sessionOf } from '../route.ts';
import type { ApiRoute } from '../route.ts';
import { idempotencyKey } from './idempotency.ts';

const TAGS = ['Messages'];

/** The request with a `messageId`: the body's, or the one that the Idempotency-Key stands for. */
async function sendRequest(ref: SessionRef, req: Request): Promise<SendRequest> {
  const key = idempotencyKey(req);
  const body = validate(sendBodySchema, await readJson(req));
  const messageId = body.messageId ?? (key === undefined ? undefined : messageIdOfKey(ref, key));
  if (messageId === undefined) throw invalidAt(['messageId'], 'give it, or an Idempotency-Key header.');
  return { ...body, messageId };
}

function sendRoute(context: GatewayContext): ApiRoute {
  return {
    access: 'key',
    method: 'post',
    path: '/v1/sessions/{id}/messages',
    operation: {
      operationId: 'sendMessage',
      summary: 'Send a message',
      description:
        'Answered once the message is persisted. The same messageId may be sent any number of times and has one effect.',
      tags: TAGS,
      requestParams: {
        path: z.object({ id: idSchema }),
        header: z.object({ 'Idempotency-Key': idempotencyKeySchema.optional() }),
      },
      requestBody: { content: { 'application/json': { schema: sendBodySchema } } },
      responses: {
        '202': json('The message is accepted and will not be lost.', receiptReply, {
          Location: z.string().meta({ description: 'Where to ask where it stands.' }),
        }),
        ...problems([...BODY, ...ENGINE, 'archive_unavailable', 'session_not_found', 'session_closed']),
      },
    },
    async handle(call) {
      const ref = sessionOf(call);
      const receipt = await context.submitter.send(ref, await sendRequest(ref, call.req));
      call.res
        .status(202)
        .location(`/v1/sessions/${ref.session}/messages/${receipt.messageId}`)
        .json(receipt);
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
      summary: 'Ask where a message stands',
      tags: TAGS,
      requestParams: { path: z.object({ id: idSchema, messageId: idSchema }) },
      responses: {
        '200': json('Its receipt.', receiptReply),
        ...problems([
          ...ENGINE,
          'archive_unavailable',
          'worker_unavailable',
          'session_not_found',
          'message_not_found',
        ]),
      },
    },
    async handle(call) {
      const ref = sessionOf(call);
      call.res.json(await context.delivery.receipt(ref, pathId(call.req, 'messageId')));
    },
  };
}

export function messageRoutes(context: GatewayContext): readonly ApiRoute[] {
  return [sendRoute(context), standingRoute(context)];
}
