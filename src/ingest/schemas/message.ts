/** Messages. */
import { z } from 'zod';
import { LIMITS, POLICIES } from '../../contracts/index.ts';
import type { SendRequest, SentPart } from '../../contracts/index.ts';
import { idSchema, jsonObjectSchema, personName, stepSchema, text, whole } from './common.ts';

const told = <S extends z.ZodType>(schema: S): z.ZodExactOptional<S> =>
  schema.meta({ description: 'As it was told before; not looked at.' }).exactOptional();

const partSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: text(LIMITS.messageChars) }),
  z.strictObject({ type: z.literal('data'), data: jsonObjectSchema }),
  z
    .strictObject({
      ...{ type: z.literal('file'), file: idSchema },
      ...{
        name: told(z.string()),
        contentType: told(z.string()),
        bytes: told(z.number()),
        sha256: told(z.string()),
      },
    })
    .meta({ description: 'A file of the session, stored before; the server says what is known of it.' }),
]) satisfies z.ZodType<SentPart>;

interface Content {
  readonly text?: string;
  readonly parts?: readonly SentPart[];
}

const hasOneContent = (value: Content): boolean => (value.text === undefined) !== (value.parts === undefined);
const fits = (value: Content): boolean =>
  (value.parts ?? []).reduce((sum, part) => sum + (part.type === 'text' ? part.text.length : 0), 0) <=
  LIMITS.messageChars;
/** What only says how agents answer a message. */
const OF_TURNS = ['policy', 'answers', 'deliverAt'] as const;
type OfTurns = Partial<Record<(typeof OF_TURNS)[number] | 'channel' | 'to', unknown>>;
const CONTENT = 'give either text or parts';
const FITS = {
  path: ['parts'],
  message: `all text together must be at most ${LIMITS.messageChars} characters`,
};

/** Each would be ignored. */
function refuseOfTurns(value: OfTurns, context: z.RefinementCtx): void {
  const isOfChannel = value.channel !== undefined || value.to !== undefined;
  const given = isOfChannel ? OF_TURNS.filter((name) => value[name] !== undefined) : [];
  const message = 'leave it out with channel or to: no agent answers such a message';
  for (const name of given) context.addIssue({ code: 'custom', path: [name], message });
}

export const policySchema = z
  .enum(POLICIES)
  .meta({ description: 'What the message does if a turn runs, or messages wait; default: the session’s.' });

/** `messageId` may be omitted if an Idempotency-Key is given. */
export const sendSchema = z
  .strictObject({
    messageId: idSchema
      .meta({ description: 'Chosen by the client; makes every retry harmless.', examples: ['m-1'] })
      .exactOptional(),
    text: text(LIMITS.messageChars)
      .meta({ description: 'Short for one text part.', examples: ['Hello'] })
      .exactOptional(),
    parts: z.array(partSchema).min(1).max(LIMITS.messageParts).exactOptional(),
    from: personName
      .meta({
        description: 'The sender’s name, as shown to others; not the name of an agent.',
        examples: ['Ada'],
      })
      .exactOptional(),
    answers: stepSchema
      .meta({ description: 'The question to a person that it answers, as `person.asked` names it.' })
      .exactOptional(),
    deliverAt: whole(1, Number.MAX_SAFE_INTEGER)
      .meta({
        description:
          'When it is to be delivered, ms since the Unix epoch, at most 90 days ahead; default: now.',
      })
      .exactOptional(),
    policy: policySchema.exactOptional(),
    channel: idSchema
      .meta({
        description: 'It is an event of the application on this channel, which no agent answers.',
        examples: ['orders'],
      })
      .exactOptional(),
    to: z
      .array(personName)
      .min(1)
      .max(LIMITS.recipients)
      .meta({
        description:
          'A direct message: only they and its sender are told what it says. Default channel: `direct`.',
        examples: [['Bob']],
      })
      .exactOptional(),
    traceparent: z
      .string()
      .regex(/^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/, 'must be a traceparent of W3C Trace Context')
      .meta({
        description:
          'The sender’s span: the way of the message is recorded below it. Over HTTP the header of that name does as well.',
      })
      .exactOptional(),
  })
  .superRefine(refuseOfTurns)
  .refine(hasOneContent, CONTENT)
  .refine(fits, FITS)
  .meta({
    id: 'SendRequest',
    description: 'A message. `messageId` may be omitted if an Idempotency-Key is given.',
    examples: [{ messageId: 'm-1', text: 'Hello' }],
  }) satisfies z.ZodType<Omit<SendRequest, 'messageId'> & Partial<Pick<SendRequest, 'messageId'>>>;
