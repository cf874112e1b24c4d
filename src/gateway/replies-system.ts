/** The answers of a gateway about itself, and its errors, as schemas for the description of the API. See `replies.ts`. */
import { z } from 'zod';
import { ERRORS, type LimitUse, type Problem } from '../contracts/index.ts';
import type { ReadinessReport } from './readiness.ts';
import { describes, list } from './shapes.ts';

type Code = keyof typeof ERRORS;

export const limitUseReply = describes<LimitUse>()(
  z
    .object({
      limit: z.string(),
      most: z.number(),
      windowMs: z.number().optional(),
      used: z.number(),
      left: z.number(),
      backInMs: z.number().optional(),
    })
    .meta({ id: 'LimitUse', description: 'A limit of the tenant, and how much of it is used.' }),
);

export const problemReply = describes<Problem>()(
  z
    .object({
      type: z.string(),
      title: z.string(),
      status: z.number(),
      code: z.enum(Object.keys(ERRORS) as [Code, ...Code[]]),
      detail: z.string().meta({ description: 'What to do.' }),
      retryable: z.boolean(),
      retryAfterMs: z.number().optional(),
      requestId: z.string().optional(),
      limits: list(limitUseReply).optional(),
      errors: list(z.object({ pointer: z.string(), message: z.string() })).optional(),
    })
    .meta({
      id: 'Problem',
      description: 'What went wrong (RFC 9457). Codes are stable, sentences may improve.',
    }),
);

export const readinessReply = describes<ReadinessReport>()(
  z
    .object({
      ready: z.boolean(),
      checks: z.record(z.string(), z.enum(['ok', 'failed', 'timeout'])),
      reasons: z
        .record(z.string(), z.string())
        .optional()
        .meta({ description: 'Of checks that have failed: what is wrong, and what mends it.' }),
    })
    .meta({ id: 'Readiness' }),
);
