/** Opening, listing and controlling sessions. */
import { z } from 'zod';
import { LIMITS } from '../../contracts/index.ts';
import type {
  AgentRequest,
  CancelRequest,
  WakeRequest,
  ForkRequest,
  Limits,
  MembersRequest,
  OpenRequest,
  PersonRequest,
  SummaryRequest,
} from '../../contracts/index.ts';
import { agentSchema } from './agent.ts';
import { rolesSchema } from './approval.ts';
import {
  boundedJsonSchema,
  count,
  idSchema,
  jsonObjectSchema,
  momentSchema,
  pageCursorSchema,
  personName,
  stepSchema,
  turnSchema,
  whole,
} from './common.ts';
import { policySchema, sendSchema } from './message.ts';

const metadataSchema = boundedJsonSchema.meta({
  description: `Any JSON object up to ${LIMITS.metadataBytes} bytes. Clients are told its field \`public\` and no other.`,
  examples: [{ customer: 'c-17', public: { title: 'Refund' } }],
});

const teamSchema = z
  .strictObject({
    name: idSchema,
    options: jsonObjectSchema
      .refine(
        (value) => Buffer.byteLength(JSON.stringify(value)) <= LIMITS.teamOptionsBytes,
        `must be at most ${LIMITS.teamOptionsBytes} bytes of JSON`,
      )
      .exactOptional(),
  })
  .meta({ id: 'TeamSpec', description: 'A team and its options.', examples: [{ name: 'sequence' }] });

const nameOf = (agent: AgentRequest): string => (typeof agent === 'string' ? agent : agent.name);

/** Where an agent gives tasks, or hands over, to one that the session does not have, or to itself. */
function strangersIn(agents: readonly AgentRequest[]): readonly (readonly (string | number)[])[] {
  const names = new Set(agents.map(nameOf));
  return agents.flatMap((agent, index) =>
    (['delegates', 'handoff'] as const).flatMap((field) => {
      const named = typeof agent === 'string' ? [] : (agent[field] ?? []);
      return named.flatMap((name, at) =>
        names.has(name) && name !== nameOf(agent) ? [] : [[index, field, at]],
      );
    }),
  );
}

const { budgetLeast: least, budgetMost: most } = LIMITS;

const limitsSchema = z
  .strictObject({
    steps: whole(least.steps, most.steps).exactOptional(),
    handoffs: whole(least.handoffs, most.handoffs).exactOptional(),
    depth: whole(least.depth, most.depth).exactOptional(),
    width: whole(least.width, most.width).exactOptional(),
    runMs: whole(least.runMs, most.runMs).exactOptional(),
    tokens: whole(least.tokens, most.tokens).exactOptional(),
    cost: z.number().positive().max(most.cost).exactOptional(),
    repeats: whole(least.repeats, most.repeats).exactOptional(),
  })
  .meta({
    id: 'Limits',
    description:
      'What one turn may spend: model and tool calls, handoffs, teams inside each other, parallel branches, ms of running, tokens, cost, equal answers in a row. What is absent has the default of the workers.',
    examples: [{ steps: 50, tokens: 200_000 }],
  }) satisfies z.ZodType<Limits>;

const { least: shortest, most: longest } = LIMITS.summaryAfterChars;

const summarySchema = z
  .strictObject({
    agent: z.union([idSchema, agentSchema]).meta({
      description:
        'Makes the summaries. A plain name is that of an agent of the session, else of a configured agent.',
    }),
    afterChars: whole(shortest, longest)
      .meta({
        description:
          'A summary is made when more text than this is in none; about half of it stays word for word. Default: half of what the agent with the smallest context may be shown.',
      })
      .exactOptional(),
  })
  .meta({
    id: 'SummaryRequest',
    description: 'Agents are shown a summary in place of what they are not shown any more.',
    examples: [{ agent: 'scribe' }],
  }) satisfies z.ZodType<SummaryRequest>;

export const openSchema = z
  .strictObject({
    id: idSchema.exactOptional(),
    team: z
      .union([idSchema, teamSchema])
      .meta({
        description:
          'The rule by which agents take turns; default `sequence`. A plain name is short for a team without options.',
        examples: ['sequence'],
      })
      .exactOptional(),
    agents: z
      .array(z.union([idSchema, agentSchema]))
      .min(1)
      .max(LIMITS.agentsPerSession)
      .refine(
        (agents) => new Set(agents.map(nameOf)).size === agents.length,
        'each agent needs a name of its own',
      )
      .superRefine((agents, context) => {
        for (const path of strangersIn(agents))
          context.addIssue({
            code: 'custom',
            path: [...path],
            message: 'the session has no other agent of this name',
          });
      })
      .meta({
        description:
          'The agents, in order; default: the agents of the deployment. A plain name is that of a configured agent.',
      })
      .exactOptional(),
    metadata: metadataSchema.exactOptional(),
    policy: policySchema
      .meta({ description: 'What messages do that name no policy; default: `queue`.' })
      .exactOptional(),
    limits: limitsSchema.exactOptional(),
    summary: summarySchema.exactOptional(),
    ttlMs: whole(LIMITS.idleLeastMs, LIMITS.idleMostMs)
      .meta({
        description:
          'The session closes by itself once nothing has happened in it, and nothing waits in it, for so long, ms.',
        examples: [86_400_000],
      })
      .exactOptional(),
  })
  .meta({ id: 'OpenRequest', description: 'Opens a session.' }) satisfies z.ZodType<OpenRequest>;

export const cancelSchema = z
  .strictObject({
    turn: turnSchema.exactOptional(),
    step: stepSchema.exactOptional(),
    all: z.literal(true).exactOptional(),
  })
  .refine((request) => Object.keys(request).length <= 1, 'give one of turn, step, all')
  .meta({
    id: 'CancelRequest',
    description:
      'The turn to cancel, a step of the running one (the turn goes on), or `all`: the running one and all that wait. Default: the running one, otherwise the next.',
    examples: [{ turn: 't3' }, { step: 't3.2' }, { all: true }],
  }) satisfies z.ZodType<CancelRequest>;

export const wakeSchema = z.strictObject({ turn: turnSchema.exactOptional() }).meta({
  id: 'WakeRequest',
  description: 'The turn whose sleep is to end; default: the running one.',
  examples: [{ turn: 't3' }],
}) satisfies z.ZodType<WakeRequest>;

const personSchema = z
  .strictObject({
    kind: z.literal('person'),
    name: personName,
    roles: rolesSchema.exactOptional(),
  })
  .meta({
    id: 'Person',
    description: 'A person, by the name under which she sends (`from`).',
  }) satisfies z.ZodType<PersonRequest>;

const memberName = personName;

export const membersSchema = z
  .strictObject({
    join: z.union([idSchema, agentSchema, personSchema]).exactOptional(),
    leave: memberName.exactOptional(),
    pause: memberName.exactOptional(),
    resume: memberName.exactOptional(),
  })
  .refine((request) => Object.keys(request).length === 1, 'give one of join, leave, pause, resume')
  .meta({
    id: 'MembersRequest',
    description:
      'One change of the members: an agent (as in `agents` of an open) or a person joins, a member leaves, an agent is paused or resumed.',
    examples: [{ join: 'billing' }, { join: { kind: 'person', name: 'Anna' } }, { pause: 'billing' }],
  }) satisfies z.ZodType<MembersRequest>;

export const forkSchema = z
  .strictObject({
    id: idSchema.exactOptional(),
    at: whole(1, 1e12)
      .meta({ description: 'The last event (`seq`) that the fork has; default: all that there are.' })
      .exactOptional(),
    before: idSchema
      .meta({ description: 'The fork has what came before the turn of this message (`messageId`).' })
      .exactOptional(),
    message: sendSchema.meta({ description: 'What the fork goes on with.' }).exactOptional(),
  })
  .refine(({ at, before }) => at === undefined || before === undefined, 'give at or before, not both')
  .refine(({ before, message }) => before === undefined || before !== message?.messageId, {
    path: ['message', 'messageId'],
    message: 'the new message needs an id of its own',
  })
  .meta({
    id: 'ForkRequest',
    description: 'Makes a new session that has the conversation of another up to some event.',
    examples: [{ at: 12 }, { before: 'm-3', message: { text: 'What I meant was …' } }],
  }) satisfies z.ZodType<ForkRequest>;

export const unscheduleSchema = z.strictObject({ messageId: idSchema });

/** A close has no parameters. */
export const closeSchema = z.strictObject({});

export const sessionsQuerySchema = z.strictObject({
  status: z.enum(['open', 'hibernated', 'closed', 'interrupted']).exactOptional(),
  team: idSchema.exactOptional(),
  parent: idSchema.meta({ description: 'Only forks of this session.' }).exactOptional(),
  createdAfter: momentSchema
    .meta({ description: 'Only those that were opened at this time or later, ms since the Unix epoch.' })
    .exactOptional(),
  cursor: pageCursorSchema,
  limit: count(LIMITS.pageSessions)
    .prefault(String(LIMITS.pageDefault))
    .meta({
      description: 'Sessions per page.',
      override: { type: 'integer', minimum: 1, maximum: LIMITS.pageSessions },
    }),
});
