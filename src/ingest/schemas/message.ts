/** Messages. */
import { z } from 'zod';
import { LIMITS, POLICIES } from '../../contracts/index.ts';
import type { MessagePart, SendRequest } from '../../contracts/index.ts';
import { idSchema, jsonObjectSchema, personName, stepSchema, text, whole } from './common.ts';

const partSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: text(LIMITS.messageChars) }),
  z.strictObject({ type: z.literal('data'), data: jsonObjectSchema }),
]) satisfies z.ZodType<MessagePart>;

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
  })
  .refine(hasOneContent, CONTENT)
  .refine(fits, FITS)
  .meta({
    id: 'SendRequest',
    description: 'A message. `messageId` may be omitted if an Idempotency-Key is given.',
    examples: [{ messageId: 'm-1', text: 'Hello' }],
  }) satisfies z.ZodType<Omit<SendRequest, 'messageId'> & Partial<Pick<SendRequest, 'messageId'>>>;
