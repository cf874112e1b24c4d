/** /v1/sessions/{id}/approvals: what people have to decide upon, and their votes. */
import { z } from 'zod';
import { approvalIdSchema, idSchema, voteSchema } from '../../ingest/index.ts';
import { readJson } from '../body.ts';
import type { GatewayContext } from '../context.ts';
import { approvalsReply, voteReply } from '../replies.ts';
import { BODY, CONTROL, ENGINE, json, problems, sessionOf } from '../route.ts';
import type { ApiRoute } from '../route.ts';

const TAGS = ['Approvals'];
const path = z.object({ id: idSchema });

function listRoute(context: GatewayContext): ApiRoute {
  return {
    access: 'key',
    method: 'get',
    path: '/v1/sessions/{id}/approvals',
    operation: {
      operationId: 'listApprovals',
      summary: 'List what people have to decide upon',
      tags: TAGS,
      requestParams: { path },
      responses: {
        '200': json('The open approvals of the session.', approvalsReply),
        ...problems([...CONTROL]),
      },
    },
    async handle(call) {
      call.res.json(await context.intake.approvals(call.principal, sessionOf(call).session));
    },
  };
}

function voteRoute(context: GatewayContext): ApiRoute {
  return {
    access: 'key',
    method: 'post',
    path: '/v1/sessions/{id}/approvals/{approval}',
    operation: {
      operationId: 'vote',
      summary: 'Approve or deny',
      description:
        'Counts for what `hash` names and for nothing else. Can be repeated safely; what is decided is answered with the decision.',
      tags: TAGS,
      requestParams: { path: path.extend({ approval: approvalIdSchema }) },
      requestBody: { content: { 'application/json': { schema: voteSchema } } },
      responses: {
        '200': json('How the approval stands.', voteReply),
        ...problems([
          ...BODY,
          ...ENGINE,
          'rate_limited',
          'archive_unavailable',
          'log_unavailable',
          'worker_unavailable',
          'session_not_found',
          'session_closed',
          'approval_not_found',
          'approval_changed',
          'approver_not_allowed',
        ]),
      },
    },
    async handle(call) {
      const { session } = sessionOf(call);
      const body = { ...((await readJson(call.req)) as object), approval: call.req.params['approval'] };
      call.res.json(await context.intake.control(call.principal, session, 'approve', body));
    },
  };
}

export function approvalRoutes(context: GatewayContext): readonly ApiRoute[] {
  return [listRoute(context), voteRoute(context)];
}
