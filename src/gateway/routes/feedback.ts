/** /v1/sessions/{id}/feedback: what is said of a turn or a step. */
import { z } from 'zod';
import { feedbackSchema, idempotencyKeySchema, idSchema } from '../../ingest/index.ts';
import { readJson } from '../body.ts';
import type { GatewayContext } from '../context.ts';
import { feedbackReply } from '../replies-feedback.ts';
import { BODY, ENGINE, json, problems, sessionOf } from '../route.ts';
import type { ApiRoute } from '../route.ts';

export function feedbackRoutes({ intake }: GatewayContext): readonly ApiRoute[] {
  return [
    {
      access: 'key',
      method: 'post',
      path: '/v1/sessions/{id}/feedback',
      operation: {
        operationId: 'giveFeedback',
        summary: 'Give feedback on a turn or a step',
        description:
          'Answers once it is persisted; the event `feedback.given` follows. It replaces what the same giver has said of the same turn or step before. It counts as a message against the limits of the tenant.',
        tags: ['Feedback'],
        requestParams: {
          path: z.object({ id: idSchema }),
          header: z.object({ 'Idempotency-Key': idempotencyKeySchema.optional() }),
        },
        requestBody: { content: { 'application/json': { schema: feedbackSchema } } },
        responses: {
          '202': json('The feedback is accepted and will not be lost.', feedbackReply),
          ...problems([
            ...BODY,
            ...ENGINE,
            'archive_unavailable',
            'log_unavailable',
            'worker_unavailable',
            'session_not_found',
            'session_closed',
            'session_not_stored',
            'turn_not_found',
            'step_not_found',
            'inbox_full',
            'rate_limited',
          ]),
        },
      },
      async handle(call) {
        const { req, res, principal } = call;
        const { session } = sessionOf(call);
        const key = req.get('Idempotency-Key');
        res.status(202).json(await intake.feedback(principal, session, await readJson(req), { key }));
      },
    },
  ];
}
