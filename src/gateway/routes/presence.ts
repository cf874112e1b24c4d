/** /v1/sessions/{id}: who is present, how far somebody has read, what is published beside the log, removals. */
import { z } from 'zod';
import type { PresenceReply } from '../../contracts/index.ts';
import { idSchema, kickSchema, publishSchema, readSchema } from '../../ingest/index.ts';
import { readJson } from '../body.ts';
import type { GatewayContext } from '../context.ts';
import { BODY, ENGINE, json, problems, sessionOf, watchedOf } from '../route.ts';
import type { ApiRoute, Call } from '../route.ts';
import { describes, list, ms } from '../shapes.ts';

const path = z.object({ id: idSchema });
const ERRORS = [...ENGINE, 'session_not_found', 'log_unavailable', 'archive_unavailable'] as const;

const connection = z.object({
  connection: z.string(),
  gateway: z.string(),
  device: z.string().optional(),
  state: z.string().optional(),
  since: ms,
});
const reply = describes<PresenceReply>()(
  z
    .object({
      present: list(
        z.object({ subject: z.string(), name: z.string().optional(), connections: list(connection) }),
      ),
      count: z.number().meta({ description: 'People in all; the list may have fewer.' }),
      reads: z
        .record(z.string(), z.number())
        .readonly()
        .meta({ description: 'The `seq` of the last event that each has seen.', examples: [{ ana: 12 }] }),
      you: z.object({ subject: z.string(), connection: z.string() }).optional(),
    })
    .meta({ id: 'Presence', description: 'Who is present in a session.' }),
);

function listRoute({ presence, notes }: GatewayContext): ApiRoute {
  return {
    access: 'key',
    method: 'get',
    path: '/v1/sessions/{id}/presence',
    operation: {
      operationId: 'getPresence',
      summary: 'See who is present, and how far people have read',
      description: 'Over all gateways. Who follows a session is present only if her client says so.',
      tags: ['Presence'],
      requestParams: { path },
      responses: { '200': json('Who is present.', reply), ...problems(ERRORS) },
    },
    async handle(call) {
      const { session } = watchedOf(call);
      const { ref } = await notes.presence(call.principal, session, { observe: true });
      call.res.json(await presence.list(ref));
    },
  };
}

interface Act {
  readonly name: 'read' | 'publish' | 'kick';
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly schema: z.ZodType;
  readonly codes: readonly Parameters<typeof problems>[0][number][];
}

const ACTS: readonly Act[] = [
  {
    name: 'read',
    operationId: 'setRead',
    summary: 'Tell how far somebody has read',
    description: 'Never goes back. Told to the others within about a second, and kept for a week.',
    schema: readSchema,
    codes: ['overloaded'],
  },
  {
    name: 'publish',
    operationId: 'publish',
    summary: 'Publish beside the log',
    description:
      'Whoever follows the session at that moment is told, over sockets and streams with `notes`. Nothing is kept, and it can be lost. Counts as a message does against the limits of the tenant.',
    schema: publishSchema,
    codes: ['rate_limited'],
  },
  {
    name: 'kick',
    operationId: 'kick',
    summary: 'Remove somebody from a session',
    description:
      'Ends what the subject follows of this session, on every gateway within a second, with the code `kicked`, and refuses that for `forMs`. About session tokens; what they may do besides is for a revocation.',
    schema: kickSchema,
    codes: [],
  },
];

function actRoute({ notes }: GatewayContext, act: Act): ApiRoute {
  const { name, operationId, summary, description, schema, codes } = act;
  return {
    access: 'key',
    method: 'post',
    path: `/v1/sessions/{id}/${name}`,
    operation: {
      ...{ operationId, summary, description },
      tags: ['Presence'],
      requestParams: { path },
      requestBody: { content: { 'application/json': { schema } } },
      responses: {
        '200': json('Done.', z.object({})),
        ...problems([...BODY, ...ERRORS, ...codes]),
      },
    },
    async handle(call: Call) {
      const { session } = sessionOf(call);
      await notes[name](call.principal, session, await readJson(call.req));
      call.res.json({});
    },
  };
}

export function presenceRoutes(context: GatewayContext): readonly ApiRoute[] {
  return [listRoute(context), ...ACTS.map((act) => actRoute(context, act))];
}
