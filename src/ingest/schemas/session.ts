/** Opening, listing and controlling sessions. */
import { z } from 'zod';
import { LIMITS } from '../../contracts/index.ts';
import type { OpenRequest } from '../../contracts/index.ts';
import { agentSchema } from './agent.ts';
import { boundedJsonSchema, count, idSchema, jsonObjectSchema, text, turnSchema } from './common.ts';

const metadataSchema = boundedJsonSchema.meta({ examples: [{ customer: 'c-17' }] });

const teamSchema = z
  .strictObject({
    name: text(LIMITS.nameChars),
    options: jsonObjectSchema
      .refine(
        (value) => Buffer.byteLength(JSON.stringify(value)) <= LIMITS.teamOptionsBytes,
        `must be at most ${LIMITS.teamOptionsBytes} bytes of JSON`,
      )
      .exactOptional(),
  })
  .meta({ id: 'TeamSpec', description: 'A team and its options.', examples: [{ name: 'sequence' }] });

export const openSchema = z
  .strictObject({
    id: idSchema.exactOptional(),
    team: z
      .union([text(LIMITS.nameChars), teamSchema])
      .meta({
        description:
          'The rule by which agents take turns; default `sequence`. A plain name is short for a team without options.',
        examples: ['sequence'],
      })
      .exactOptional(),
    agents: z
      .array(agentSchema)
      .min(1)
      .max(LIMITS.agentsPerSession)
      .refine(
        (agents) => new Set(agents.map((agent) => agent.name)).size === agents.length,
        'names must differ',
      )
      .meta({ description: 'The agents, in order; default: the agents of the deployment.' })
      .exactOptional(),
    metadata: metadataSchema.exactOptional(),
  })
  .meta({ id: 'OpenRequest', description: 'Opens a session.' }) satisfies z.ZodType<OpenRequest>;

export const cancelSchema = z.strictObject({ turn: turnSchema.exactOptional() }).meta({
  id: 'CancelRequest',
  description: 'The turn to cancel; default: the running one, otherwise the next.',
});

/** A close has no parameters. */
export const closeSchema = z.strictObject({});

export const sessionsQuerySchema = z.strictObject({
  status: z.enum(['open', 'closed', 'interrupted']).exactOptional(),
  team: text(LIMITS.nameChars).exactOptional(),
  cursor: z
    .string()
    .max(LIMITS.pageTokenChars)
    .meta({ description: 'The `next` of the previous page.' })
    .exactOptional(),
  limit: count(LIMITS.pageSessions)
    .prefault(String(LIMITS.pageDefault))
    .meta({
      description: 'Sessions per page.',
      override: { type: 'integer', minimum: 1, maximum: LIMITS.pageSessions },
    }),
});
