/** /v1/sessions/{id}/events and /stream: past events in pages, new ones as they happen. */
import { setImmediate as nextRound } from 'node:timers/promises';
import { z } from 'zod';
import { eventsQuerySchema, idSchema, placeOf, positionOf, streamQuerySchema } from '../../ingest/index.ts';
import type { GatewayContext } from '../context.ts';
import { eventPageReply } from '../replies.ts';
import { ENGINE, json, problems, queryOf, watchedOf } from '../route.ts';
import type { ApiRoute } from '../route.ts';
import { ms } from '../shapes.ts';
import { openStream } from '../sse.ts';
import { readerOf } from '../../tenants/index.ts';

const TAGS = ['Events'];
const path = z.object({ id: idSchema });
const ERRORS = [
  ...ENGINE,
  'session_not_found',
  'invalid_cursor',
  'log_unavailable',
  'archive_unavailable',
  'worker_unavailable',
] as const;

function pageRoute(context: GatewayContext): ApiRoute {
  return {
    access: 'key',
    method: 'get',
    path: '/v1/sessions/{id}/events',
    operation: {
      operationId: 'listEvents',
      summary: 'Page the events of a session',
      description:
        'Oldest first, without gaps. Pass `next` as `after` to get the next page; it is null at the end.',
      tags: TAGS,
      requestParams: { path, query: eventsQuerySchema },
      responses: { '200': json('One page of events.', eventPageReply), ...problems(ERRORS) },
    },
    async handle(call) {
      const ref = watchedOf(call);
      const { after, limit } = queryOf(eventsQuerySchema, call.req);
      const page = await context.delivery.page(ref, placeOf(after), limit, readerOf(call.principal));
      // What others have asked for comes between this page and the tenant's next.
      await context.pages.run(ref.tenant, async () => {
        call.res.json(page);
        await nextRound();
      });
    },
  };
}

const STREAM = [
  'Server-sent events: `event` is the type of the event, `id` its cursor, `data` its envelope. Other frames:',
  '- `delta`: a piece of a running step, `{step, attempt, offset, text, part?}`; it has no id.',
  '- `reset`: discard what you have and take this snapshot. A stream without a cursor starts with one.',
  '- `note`: with `notes=true`, something beside the log, `{kind, …}`; it has no id.',
  '- `bye`: the server is closing the stream, `{code, retry, retryAfterMs}`.',
].join('\n');

function streamRoute(context: GatewayContext): ApiRoute {
  return {
    access: 'key',
    takesTicket: true,
    method: 'get',
    path: '/v1/sessions/{id}/stream',
    operation: {
      operationId: 'streamEvents',
      summary: 'Follow a session',
      description: STREAM,
      tags: TAGS,
      requestParams: {
        path,
        query: streamQuerySchema,
        header: z.object({
          'Last-Event-ID': z
            .string()
            .meta({ description: 'Resume after this cursor, `{epoch}:{seq}`.' })
            .optional(),
        }),
      },
      responses: {
        '200': { description: 'The stream.', content: { 'text/event-stream': { schema: z.string() } } },
        ...problems(ERRORS),
      },
    },
    async handle(call) {
      const ref = watchedOf(call);
      const { after, notes } = queryOf(streamQuerySchema, call.req);
      const from = call.req.get('Last-Event-ID') ?? after;
      // EventSource sends an empty Last-Event-ID if it has seen no id.
      const cursor = from === undefined || from === '' ? undefined : positionOf(from);
      const { req, res, principal } = call;
      await openStream(context, ref, { req, res, cursor, principal, notes: notes !== undefined });
    },
  };
}

const ticketReply = z.object({
  ticket: z.string().meta({ description: 'For `?ticket=` of the stream of this session, once.' }),
  expiresAt: ms,
});

function ticketRoute({ tickets }: GatewayContext): ApiRoute {
  return {
    access: 'key',
    method: 'post',
    path: '/v1/sessions/{id}/tickets',
    operation: {
      operationId: 'createTicket',
      summary: 'Ask for a ticket to follow a session',
      description: 'For `EventSource` in a browser, which cannot send a key or token.',
      tags: TAGS,
      requestParams: { path },
      responses: {
        '201': json('The ticket.', ticketReply),
        ...problems(['session_not_found', 'log_unavailable']),
      },
    },
    async handle(call) {
      const { session } = watchedOf(call);
      call.res.status(201).json(await tickets.issue(call.principal, session));
    },
  };
}

export function eventRoutes(context: GatewayContext): readonly ApiRoute[] {
  return [pageRoute(context), streamRoute(context), ticketRoute(context)];
}
