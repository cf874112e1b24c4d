/** Schedules. */
import { z } from 'zod';
import { LIMITS } from '../../contracts/index.ts';
import type { ScheduleRequest } from '../../contracts/index.ts';
import { count, idSchema, pageCursorSchema, whole } from './common.ts';
import { sendSchema } from './message.ts';
import { openSchema } from './session.ts';

const isZone = (zone: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
};

const messageSchema = sendSchema
  .refine(({ messageId }) => messageId === undefined, {
    path: ['messageId'],
    message: 'each firing sends a message with an id of its own',
  })
  .refine(({ deliverAt }) => deliverAt === undefined, {
    path: ['deliverAt'],
    message: 'the schedule says when',
  })
  .refine(({ parts = [] }) => parts.every(({ type }) => type !== 'file'), {
    path: ['parts'],
    message: 'a schedule sends no files: they are deleted with their session',
  })
  .meta({ description: 'What each firing sends; `policy` says what happens if a turn runs then.' });

export const scheduleSchema = z
  .strictObject({
    id: idSchema,
    cron: z
      .string()
      .regex(
        /^\S+( \S+){4}$/,
        'must have five fields: minute, hour, day of the month, month, day of the week',
      )
      .max(128)
      .meta({ examples: ['0 7 * * 1-5'] }),
    zone: z
      .string()
      .max(64)
      .refine(isZone, 'must be the name of a time zone, like Europe/Berlin')
      .meta({ description: 'Default: UTC.', examples: ['Europe/Berlin'] })
      .exactOptional(),
    session: idSchema.meta({ description: 'The session that gets each message.' }).exactOptional(),
    open: openSchema
      .refine(({ id }) => id === undefined, {
        path: ['id'],
        message: 'each firing opens a session with an id of its own',
      })
      .meta({ description: 'Each firing opens a session of its own like this.' })
      .exactOptional(),
    message: messageSchema,
  })
  .refine(
    ({ session, open }) => (session === undefined) !== (open === undefined),
    'give either session or open',
  )
  .meta({
    id: 'ScheduleRequest',
    description: 'A message that is sent again and again.',
    examples: [
      {
        id: 'digest',
        cron: '0 7 * * 1-5',
        zone: 'Europe/Berlin',
        session: 'team',
        message: { text: 'What is new?' },
      },
    ],
  }) satisfies z.ZodType<ScheduleRequest>;

/** In a URL's query, or as JSON. */
export const schedulesQuerySchema = z.strictObject({
  cursor: pageCursorSchema,
  limit: z
    .union([count(LIMITS.pageSessions), whole(1, LIMITS.pageSessions)])
    .prefault(LIMITS.pageDefault)
    .meta({
      description: 'Schedules per page.',
      override: { type: 'integer', minimum: 1, maximum: LIMITS.pageSessions },
    }),
});

export const scheduleChangeSchema = z.strictObject({
  id: idSchema,
  act: z.enum(['pause', 'resume', 'remove', 'trigger']),
});
