/** /v1/schedules: messages that are sent again and again. */
import { z } from 'zod';
import type { ScheduleAct } from '../../contracts/index.ts';
import { idSchema, scheduleSchema, schedulesQuerySchema } from '../../ingest/index.ts';
import { readJson } from '../body.ts';
import type { GatewayContext } from '../context.ts';
import { BODY, ENGINE, json, pathId, problems } from '../route.ts';
import type { ApiRoute } from '../route.ts';

const TAGS = ['Schedules'];
const path = z.object({ id: idSchema });
const listed = z
  .object({ paused: z.boolean(), next: z.array(z.number()).meta({ description: 'ms since the Unix epoch' }) })
  .loose()
  .meta({
    id: 'ScheduleSummary',
    description: 'A schedule as it was created (agents by their names), and its next firings.',
  });
const page = z
  .object({ data: z.array(listed), next: z.string().nullable() })
  .meta({ id: 'SchedulePage', description: '`next` is the cursor of the next page, null at the end.' });

function createRoute({ schedules }: GatewayContext): ApiRoute {
  return {
    access: 'key',
    method: 'post',
    path: '/v1/schedules',
    operation: {
      operationId: 'createSchedule',
      summary: 'Create a schedule',
      description:
        'Each firing sends a message into a session, or into a new one. An equal repeat gets the same answer.',
      tags: TAGS,
      requestBody: { content: { 'application/json': { schema: scheduleSchema } } },
      responses: {
        '201': json('The schedule, and when it fires next.', listed),
        ...problems([
          ...([...BODY, ...ENGINE, 'rate_limited', 'schedule_exists'] as const),
          ...(['session_not_found', 'archive_unavailable'] as const),
        ]),
      },
    },
    async handle({ req, res, principal }) {
      res.status(201).json(await schedules.create(principal, await readJson(req)));
    },
  };
}

function listRoute({ schedules }: GatewayContext): ApiRoute {
  return {
    access: 'key',
    method: 'get',
    path: '/v1/schedules',
    operation: {
      operationId: 'listSchedules',
      summary: 'List the schedules',
      description: 'Changes show up with a short delay.',
      tags: TAGS,
      requestParams: { query: schedulesQuerySchema },
      responses: {
        '200': json('One page of schedules.', page),
        ...problems([...ENGINE, 'invalid_cursor']),
      },
    },
    async handle({ req, res, principal }) {
      res.json(await schedules.list(principal, { ...req.query }));
    },
  };
}

function changeRoute({ schedules }: GatewayContext, act: ScheduleAct, summary: string): ApiRoute {
  const isRemoval = act === 'remove';
  return {
    access: 'key',
    method: isRemoval ? 'delete' : 'post',
    path: isRemoval ? '/v1/schedules/{id}' : `/v1/schedules/{id}/${act}`,
    operation: {
      operationId: `${act}Schedule`,
      summary,
      tags: TAGS,
      requestParams: { path },
      responses: {
        '204': { description: 'Done.' },
        ...problems([...ENGINE, 'rate_limited', 'schedule_not_found']),
      },
    },
    async handle({ req, res, principal }) {
      await schedules.change(principal, { id: pathId(req, 'id'), act });
      res.status(204).end();
    },
  };
}

export function scheduleRoutes(context: GatewayContext): readonly ApiRoute[] {
  return [
    createRoute(context),
    listRoute(context),
    changeRoute(context, 'pause', 'Pause a schedule'),
    changeRoute(context, 'resume', 'Resume a schedule'),
    changeRoute(context, 'remove', 'Delete a schedule'),
    changeRoute(context, 'trigger', 'Fire a schedule now, also a paused one'),
  ];
}
