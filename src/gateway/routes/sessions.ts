/** /v1/sessions: open, list, get, cancel, wake, members, close, reopen. */
import { z } from 'zod';
import {
  cancelSchema,
  idempotencyKeySchema,
  idSchema,
  membersSchema,
  openSchema,
  sessionsQuerySchema,
  wakeSchema,
} from '../../ingest/index.ts';
import { mayOperate } from '../../tenants/index.ts';
import { readJson } from '../body.ts';
import type { GatewayContext } from '../context.ts';
import { linkedViewReply } from '../links.ts';
import { cancelReply, membersReply, sessionPageReply, summaryReply, wakeReply } from '../replies.ts';
import { ANSWER, BODY, CONTROL, ENGINE, json, problems, sessionOf, watchedOf } from '../route.ts';
import type { ApiRoute } from '../route.ts';
import { describes } from '../shapes.ts';
import type { ReopenReply } from '../../contracts/index.ts';

const TAGS = ['Sessions'];
const path = z.object({ id: idSchema });

function openRoute(context: GatewayContext): ApiRoute {
  return {
    access: 'key',
    method: 'post',
    path: '/v1/sessions',
    operation: {
      operationId: 'openSession',
      summary: 'Open a session',
      description:
        'With an id of your own or an Idempotency-Key the request can be repeated safely: an equal repeat gets the same answer.',
      tags: TAGS,
      requestParams: { header: z.object({ 'Idempotency-Key': idempotencyKeySchema.optional() }) },
      requestBody: { content: { 'application/json': { schema: openSchema } } },
      responses: {
        '201': json('The session is open.', summaryReply, {
          Location: z.string().meta({ description: 'The path of the session.' }),
          'Idempotency-Replayed': z
            .literal('true')
            .meta({ description: 'The session was opened by an earlier, equal request.' })
            .optional(),
        }),
        ...problems([
          ...BODY,
          ...ENGINE,
          'archive_unavailable',
          'unknown_team',
          'session_exists',
          'quota_exceeded',
          'rate_limited',
          'idempotency_mismatch',
        ]),
      },
    },
    async handle({ req, res, principal }) {
      const key = req.get('Idempotency-Key');
      const { summary, replayed } = await context.intake.open(principal, await readJson(req), { key });
      if (replayed) res.setHeader('Idempotency-Replayed', 'true');
      res.status(201).location(`/v1/sessions/${summary.id}`).json(summary);
    },
  };
}

function listRoute(context: GatewayContext): ApiRoute {
  return {
    access: 'key',
    method: 'get',
    path: '/v1/sessions',
    operation: {
      operationId: 'listSessions',
      summary: 'List sessions',
      description: 'Newest first. Changes show up with a short delay.',
      tags: TAGS,
      requestParams: { query: sessionsQuerySchema },
      responses: {
        '200': json('One page of sessions.', sessionPageReply),
        ...problems([...ENGINE, 'unknown_team', 'invalid_cursor']),
      },
    },
    async handle({ req, res, principal }) {
      res.json(await context.intake.list(principal, { ...req.query }));
    },
  };
}

function snapshotRoute(context: GatewayContext): ApiRoute {
  return {
    access: 'key',
    method: 'get',
    path: '/v1/sessions/{id}',
    operation: {
      operationId: 'getSession',
      summary: 'Get the snapshot of a session',
      description:
        'A key, or a token with `operate`, is told where it is in the console and in Temporal’s Web UI, if the deployment says where these are.',
      tags: TAGS,
      requestParams: { path },
      responses: {
        '200': json('The session as it is now.', linkedViewReply),
        ...problems([
          ...ENGINE,
          'session_not_found',
          'log_unavailable',
          'archive_unavailable',
          'worker_unavailable',
        ]),
      },
    },
    async handle(call) {
      const ref = watchedOf(call);
      const links = mayOperate(call.principal) ? context.linksOf(ref) : {};
      const view = await context.delivery.snapshot(ref);
      call.res.json(Object.keys(links).length === 0 ? view : { ...view, links });
    },
  };
}

function cancelRoute(context: GatewayContext): ApiRoute {
  return {
    access: 'key',
    method: 'post',
    path: '/v1/sessions/{id}/cancel',
    operation: {
      operationId: 'cancelTurn',
      summary: 'Cancel a turn',
      description:
        'Cancels the named turn, otherwise the running one, otherwise one beside it, otherwise the next; or a step of one that runs; or all turns. A terminal event follows.',
      tags: TAGS,
      requestParams: { path },
      requestBody: { content: { 'application/json': { schema: cancelSchema } } },
      responses: {
        '200': json('The turn is being cancelled, or was already over.', cancelReply),
        ...problems([...BODY, ...CONTROL, 'rate_limited', 'turn_not_found', 'step_not_found']),
      },
    },
    async handle(call) {
      const { session } = sessionOf(call);
      call.res.json(
        await context.intake.control(call.principal, session, 'cancel', await readJson(call.req)),
      );
    },
  };
}

function wakeRoute(context: GatewayContext): ApiRoute {
  return {
    access: 'key',
    method: 'post',
    path: '/v1/sessions/{id}/wake',
    operation: {
      operationId: 'wakeTurn',
      summary: 'End a sleep',
      description:
        'The team of the named turn, otherwise of the first that runs and sleeps, sleeps no longer and goes on.',
      tags: TAGS,
      requestParams: { path },
      requestBody: { content: { 'application/json': { schema: wakeSchema } } },
      responses: {
        '200': json('The sleep is over, or nothing sleeps.', wakeReply),
        ...problems([...BODY, ...CONTROL, 'rate_limited']),
      },
    },
    async handle(call) {
      const { session } = sessionOf(call);
      call.res.json(await context.intake.control(call.principal, session, 'wake', await readJson(call.req)));
    },
  };
}

function membersRoute(context: GatewayContext): ApiRoute {
  return {
    access: 'key',
    method: 'post',
    path: '/v1/sessions/{id}/members',
    operation: {
      operationId: 'changeMembers',
      summary: 'Change the members of a session',
      description:
        'Agents and people join and leave, agents are paused and resumed, while the session runs. Can be repeated safely.',
      tags: TAGS,
      requestParams: { path },
      requestBody: { content: { 'application/json': { schema: membersSchema } } },
      responses: {
        '200': json('The members as they are now.', membersReply),
        ...problems([
          ...BODY,
          ...ENGINE,
          'rate_limited',
          'archive_unavailable',
          'log_unavailable',
          'worker_unavailable',
          'session_not_found',
          'session_closed',
          'member_not_found',
          'member_exists',
          'too_many_members',
          'last_agent',
          'agent_unknown',
          'tool_unknown',
        ]),
      },
    },
    async handle(call) {
      const { session } = sessionOf(call);
      call.res.json(
        await context.intake.control(call.principal, session, 'members', await readJson(call.req)),
      );
    },
  };
}

function closeRoute(context: GatewayContext): ApiRoute {
  return {
    access: 'key',
    method: 'delete',
    path: '/v1/sessions/{id}',
    operation: {
      operationId: 'closeSession',
      summary: 'Close a session',
      description: 'Messages that were accepted are still answered. Closing a closed session succeeds.',
      tags: TAGS,
      requestParams: { path },
      responses: {
        '204': { description: 'The session is closing.' },
        ...problems([...ANSWER, 'rate_limited']),
      },
    },
    async handle(call) {
      await context.intake.control(call.principal, sessionOf(call).session, 'close', {});
      call.res.status(204).end();
    },
  };
}

const reopenReply = describes<ReopenReply>()(
  z
    .object({ status: z.enum(['reopened', 'open']) })
    .meta({ id: 'ReopenReply', description: '`open`: it was not closed.' }),
);

function reopenRoute(context: GatewayContext): ApiRoute {
  return {
    access: 'key',
    method: 'post',
    path: '/v1/sessions/{id}/reopen',
    operation: {
      operationId: 'reopenSession',
      summary: 'Reopen a session',
      description:
        'A closed session goes on: its events, receipts, members and memory are kept. One that is open stays so. Can be repeated safely.',
      tags: TAGS,
      requestParams: { path },
      responses: {
        '200': json('It is open.', reopenReply),
        ...problems([...ANSWER, 'rate_limited', 'quota_exceeded', 'session_closing', 'session_not_stored']),
      },
    },
    async handle(call) {
      const { session } = sessionOf(call);
      call.res.json(await context.intake.control(call.principal, session, 'reopen', {}));
    },
  };
}

export function sessionRoutes(context: GatewayContext): readonly ApiRoute[] {
  return [
    openRoute(context),
    listRoute(context),
    snapshotRoute(context),
    cancelRoute(context),
    wakeRoute(context),
    membersRoute(context),
    closeRoute(context),
    reopenRoute(context),
  ];
}
