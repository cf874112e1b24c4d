/** Positions in a log, and pages of it. */
import { z } from 'zod';
import { LIMITS } from '../../contracts/index.ts';
import type { Cursor } from '../../contracts/index.ts';
import { count, whole, stepSchema } from './common.ts';

export const cursorSchema = z.strictObject({
  epoch: whole(0, 1e15),
  seq: whole(0, 1e12),
  open: z
    .record(
      stepSchema,
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

export const eventsQuerySchema = z.strictObject({
  after: z
    .string()
    .max(64)
    .meta({ description: 'Events after this position: `{epoch}:{seq}`, or a plain seq.', examples: ['0'] })
    .default('0'),
  limit: count(LIMITS.pageEvents)
    .prefault(String(LIMITS.pageDefault))
    .meta({
      description: 'Events per page.',
      override: { type: 'integer', minimum: 1, maximum: LIMITS.pageEvents },
    }),
});

export const streamQuerySchema = z.strictObject({
  after: z
    .string()
    .max(64)
    .meta({
      description: 'Resume after this position, `{epoch}:{seq}`; `Last-Event-ID` takes precedence.',
      examples: ['1700000000000:12'],
    })
    .exactOptional(),
  ticket: z
    .string()
    .max(64)
    .meta({
      description: 'Instead of a key or token, for a browser’s `EventSource`; opens one stream, once.',
    })
    .exactOptional(),
  notes: z
    .literal('true')
    .meta({ description: 'Also tell what is beside the log, as events of the type `note`.' })
    .exactOptional(),
});
