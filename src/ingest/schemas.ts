/**
 * Everything that strangers may say, as zod schemas. The types are the contracts' own: a schema that drifts from its type does not
 * compile. Objects are strict: a key that is not listed is refused, because it is a typing error or an attack.
 */
import { z } from 'zod';
import { ID_PATTERN, LIMITS, STEP_PATTERN, TURN_PATTERN } from '../contracts/index.ts';
import type {
  AgentScript,
  AgentSpec,
  Cursor,
  JsonObject,
  MessagePart,
  OpenRequest,
  ScriptFault,
  SendRequest,
  SocketRequestName,
  SocketRequests,
} from '../contracts/index.ts';
import { isCleanText } from './json-guard.ts';

const text = (max: number): z.ZodString =>
  z.string().min(1).max(max).refine(isCleanText, 'must not hold NUL or half of a surrogate pair');
const whole = (min: number, max: number): z.ZodNumber => z.number().int().min(min).max(max);

export const idSchema = z
  .string()
  .regex(ID_PATTERN, 'must be 1 to 64 characters of A-Z a-z 0-9 _ -')
  .meta({ description: 'An id: 1 to 64 characters of `A-Z a-z 0-9 _ -`.', examples: ['support-42'] });

export const turnSchema = z
  .string()
  .regex(TURN_PATTERN, 'must be the id of a turn, like t1')
  .meta({ description: 'The id of a turn.', examples: ['t1'] });

const jsonObjectSchema = z.record(z.string(), z.json()) satisfies z.ZodType<JsonObject>;

const metadataSchema = jsonObjectSchema
  .refine(
    (value) => Buffer.byteLength(JSON.stringify(value)) <= LIMITS.metadataBytes,
    `must be at most ${LIMITS.metadataBytes} bytes of JSON`,
  )
  .meta({
    description: `Any JSON object up to ${LIMITS.metadataBytes} bytes.`,
    examples: [{ customer: 'c-17' }],
  });

const faultSchema = z
  .strictObject({
    attempt: whole(1, LIMITS.stepAttemptsMost).exactOptional(),
    afterTokens: whole(0, LIMITS.scriptTokens),
    kind: z.enum(['throw', 'refuse', 'hang', 'flood', 'limit', 'empty']),
    retryAfterMs: whole(0, LIMITS.stepTimeoutMs).exactOptional(),
  })
  .meta({
    id: 'ScriptFault',
    description: 'One misbehaviour of a scripted agent.',
  }) satisfies z.ZodType<ScriptFault>;

const scriptSchema = z
  .strictObject({
    say: text(LIMITS.scriptChars).exactOptional(),
    tokens: whole(0, LIMITS.scriptTokens).exactOptional(),
    paceMs: whole(0, LIMITS.stepIdleMs).exactOptional(),
    faults: z.array(faultSchema).max(LIMITS.scriptFaults).exactOptional(),
  })
  .refine((script) => script.say === undefined || script.tokens === undefined, 'give say or tokens, not both')
  .meta({
    id: 'AgentScript',
    description:
      'What a scripted agent says, declared as data. `{{message}}`, `{{previous}}`, `{{agent}}`, `{{turn}}` are replaced.',
    examples: [{ say: 'You said: {{message}}', paceMs: 20 }],
  }) satisfies z.ZodType<AgentScript>;

const agentSchema = z
  .strictObject({
    name: idSchema,
    runner: z.enum(['scripted', 'model']),
    instructions: text(LIMITS.instructionsChars).exactOptional(),
    model: text(LIMITS.modelChars).exactOptional(),
    script: scriptSchema.exactOptional(),
    quick: z.boolean().exactOptional(),
    maxAttempts: whole(1, LIMITS.stepAttemptsMost).exactOptional(),
    timeoutMs: whole(1, LIMITS.stepTimeoutMs).exactOptional(),
    idleMs: whole(1, LIMITS.stepIdleMs).exactOptional(),
  })
  .refine((agent) => agent.quick !== true || agent.runner === 'scripted', {
    path: ['quick'],
    message: 'a model call cannot be quick',
  })
  .refine((agent) => agent.script === undefined || agent.runner === 'scripted', {
    path: ['script'],
    message: 'only a scripted agent has a script',
  })
  .meta({
    id: 'AgentSpec',
    description: 'A named participant. Times in ms.',
    examples: [{ name: 'writer', runner: 'scripted', script: { say: 'Hello, {{message}}' } }],
  }) satisfies z.ZodType<AgentSpec>;

export const openSchema = z
  .strictObject({
    id: idSchema.exactOptional(),
    team: text(LIMITS.nameChars)
      .meta({
        description: 'The rule by which agents take turns; default `sequence`.',
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
      .meta({ description: 'The agents, in their order; default: those of the deployment.' })
      .exactOptional(),
    metadata: metadataSchema.exactOptional(),
  })
  .meta({ id: 'OpenRequest', description: 'Opens a session.' }) satisfies z.ZodType<OpenRequest>;

const partSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: text(LIMITS.messageChars) }),
  z.strictObject({ type: z.literal('data'), data: jsonObjectSchema }),
]) satisfies z.ZodType<MessagePart>;

const sendShape = {
  messageId: idSchema.meta({
    description: 'Made by the client; makes every retry harmless.',
    examples: ['m-1'],
  }),
  text: text(LIMITS.messageChars)
    .meta({ description: 'Short for one text part.', examples: ['Hello'] })
    .exactOptional(),
  parts: z.array(partSchema).min(1).max(LIMITS.messageParts).exactOptional(),
  from: text(LIMITS.nameChars)
    .meta({ description: 'Who speaks, as shown to others.', examples: ['Ada'] })
    .exactOptional(),
  policy: z.enum(['queue']).meta({ description: 'What happens while a turn runs.' }).exactOptional(),
} as const;

interface Content {
  readonly text?: string;
  readonly parts?: readonly MessagePart[];
}

const hasOneContent = (value: Content): boolean => (value.text === undefined) !== (value.parts === undefined);
const fits = (value: Content): boolean =>
  (value.parts ?? []).reduce((sum, part) => sum + (part.type === 'text' ? part.text.length : 0), 0) <=
  LIMITS.messageChars;
const CONTENT = 'give either text or parts';
const FITS = {
  path: ['parts'],
  message: `all text together must be at most ${LIMITS.messageChars} characters`,
};

/** Body of the REST send: `messageId` may come from the Idempotency-Key header instead. */
export const sendBodySchema = z
  .strictObject({ ...sendShape, messageId: sendShape.messageId.exactOptional() })
  .refine(hasOneContent, CONTENT)
  .refine(fits, FITS)
  .meta({
    id: 'SendRequest',
    description: 'A message. `messageId` may be left out if an Idempotency-Key header is given.',
    examples: [{ messageId: 'm-1', text: 'Hello' }],
  }) satisfies z.ZodType<Omit<SendRequest, 'messageId'> & Partial<Pick<SendRequest, 'messageId'>>>;

export const cancelSchema = z
  .strictObject({ turn: turnSchema.exactOptional() })
  .meta({ id: 'CancelRequest', description: 'The turn to cancel; default: the running one, or the next.' });

const cursorSchema = z.strictObject({
  epoch: whole(0, 1e15),
  seq: whole(0, 1e12),
  open: z
    .record(
      z.string().regex(STEP_PATTERN, 'must be the id of a step'),
      z.strictObject({
        attempt: whole(0, 1e9),
        offset: whole(0, 1e9),
        reasoning: whole(0, 1e9).exactOptional(),
      }),
    )
    .refine(
      (open) => Object.keys(open).length <= LIMITS.cursorSteps,
      `at most ${LIMITS.cursorSteps} open steps`,
    )
    .exactOptional(),
}) satisfies z.ZodType<Cursor>;

const count = (max: number): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^\d{1,6}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= 1 && value <= max, `must be 1 to ${max}`)
    .meta({ override: { type: 'integer', minimum: 1, maximum: max } });

export const eventsQuerySchema = z.strictObject({
  after: z
    .string()
    .max(64)
    .meta({ description: 'Events after this position: `{epoch}:{seq}`, or a plain seq.', examples: ['0'] })
    .default('0'),
  limit: count(LIMITS.pageEvents)
    .prefault(String(LIMITS.pageDefault))
    .meta({
      description: 'Events on a page.',
      override: { type: 'integer', minimum: 1, maximum: LIMITS.pageEvents },
    }),
});

export const streamQuerySchema = z.strictObject({
  after: z
    .string()
    .max(64)
    .meta({
      description: 'Resume after this position, `{epoch}:{seq}`; `Last-Event-ID` wins.',
      examples: ['1700000000000:12'],
    })
    .exactOptional(),
});

export const sessionsQuerySchema = z.strictObject({
  status: z.enum(['open', 'closed']).exactOptional(),
  team: text(LIMITS.nameChars).exactOptional(),
  cursor: z
    .string()
    .max(LIMITS.pageTokenChars)
    .meta({ description: 'The `next` of the page before.' })
    .exactOptional(),
  limit: count(LIMITS.pageSessions)
    .prefault(String(LIMITS.pageDefault))
    .meta({
      description: 'Sessions on a page.',
      override: { type: 'integer', minimum: 1, maximum: LIMITS.pageSessions },
    }),
});

/** A key that names a request, so that a repeat finds the first answer. */
export const idempotencyKeySchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
  .meta({
    description: 'Names this request: a repeat with the same key gets the first answer.',
    examples: ['order-42'],
  });

const inSession = { session: idSchema } as const;

/** The request of each socket event. */
export const socketSchemas: { readonly [N in SocketRequestName]: z.ZodType<SocketRequests[N]['request']> } = {
  open: openSchema,
  attach: z.strictObject({ ...inSession, cursor: cursorSchema.exactOptional() }),
  detach: z.strictObject(inSession),
  send: z
    .strictObject({ ...inSession, ...sendShape })
    .refine(hasOneContent, CONTENT)
    .refine(fits, FITS),
  receipt: z.strictObject({ ...inSession, messageId: idSchema }),
  cancel: z.strictObject({ ...inSession, turn: turnSchema.exactOptional() }),
  close: z.strictObject(inSession),
  state: z.strictObject(inSession),
};
