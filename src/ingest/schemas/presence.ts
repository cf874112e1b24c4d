/** Presence, typing, read positions, what is published, and removals. */
import { z } from 'zod';
import { LIMITS } from '../../contracts/index.ts';
import type {
  KickRequest,
  PresenceRequest,
  PublishRequest,
  ReadRequest,
  TypingRequest,
} from '../../contracts/index.ts';
import { idSchema, personName, text, whole } from './common.ts';

const from = personName
  .meta({
    description: 'Who it is; needed with an API key. A session token says it itself.',
    examples: ['ana'],
  })
  .exactOptional();

export const presenceSchema = z.strictObject({
  device: text(LIMITS.deviceChars).exactOptional(),
  state: text(LIMITS.deviceChars).exactOptional(),
  from,
  observe: z.boolean().exactOptional(),
}) satisfies z.ZodType<PresenceRequest>;

export const typingSchema = z.strictObject({ on: z.boolean(), from }) satisfies z.ZodType<TypingRequest>;

export const readSchema = z
  .strictObject({
    seq: whole(1, 1e12).meta({ description: 'The `seq` of the last event that was seen.', examples: [12] }),
    from,
  })
  .meta({ id: 'ReadRequest', description: 'How far somebody has read.' }) satisfies z.ZodType<ReadRequest>;

export const publishSchema = z
  .strictObject({
    channel: idSchema.meta({ description: 'A channel of the session.', examples: ['cursor'] }),
    data: z
      .json()
      .refine(
        (value) => Buffer.byteLength(JSON.stringify(value)) <= LIMITS.publishBytes,
        `must be at most ${LIMITS.publishBytes} bytes of JSON`,
      )
      .meta({
        description: `Any JSON up to ${LIMITS.publishBytes} bytes.`,
        override: {},
        examples: [{ x: 3 }],
      }),
    from: personName
      .meta({ description: 'Who publishes it; with a session token its subject.' })
      .exactOptional(),
  })
  .meta({
    id: 'PublishRequest',
    description: 'Is told to whoever follows the session at that moment, and kept nowhere.',
  }) satisfies z.ZodType<PublishRequest>;

export const kickSchema = z
  .strictObject({
    subject: personName.meta({ description: 'The subject of session tokens.', examples: ['ana'] }),
    forMs: whole(0, LIMITS.kickMostMs)
      .meta({
        description: `For how long the subject may not follow the session again, ms; default ${LIMITS.kickMs}.`,
      })
      .exactOptional(),
  })
  .meta({
    id: 'KickRequest',
    description: 'Removes somebody from a session.',
  }) satisfies z.ZodType<KickRequest>;
