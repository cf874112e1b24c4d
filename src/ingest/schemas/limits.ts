/** Limits of tenants, as operators write them. */
import { z } from 'zod';
import { ID_PATTERN, LIMITS } from '../../contracts/index.ts';
import type { TenantLimits } from '../../contracts/index.ts';

const { tenantLimitMost, tenantWeightMost } = LIMITS;

const count = (description: string, least = 1): z.ZodExactOptional<z.ZodNumber> =>
  z.int().min(least).max(tenantLimitMost).meta({ description }).exactOptional();

/** Null: the tenant has this limit no more. */
export type LimitsChange = { readonly [K in keyof TenantLimits]?: TenantLimits[K] | null };

export const tenantLimitsSchema = z
  .strictObject({
    messagesPerMinute: count('Messages that the tenant may send, on average.'),
    messagesBurst: count('Messages that it may send at once; default: as many as in ten seconds.'),
    messageBytesPerMinute: count('Bytes of messages, as JSON in UTF-8.'),
    sessionMessagesPerMinute: count('Messages in each session.'),
    subjectMessagesPerMinute: count('Messages of each sender.'),
    operationsPerMinute: count(
      'Requests that start or change something and are no messages: open, fork, close, cancel, schedules, …',
    ),
    subjectOperationsPerMinute: count(
      'Those of each subject of session tokens; default: a quarter of operationsPerMinute.',
    ),
    waitingMessages: count('Messages that wait in each session.'),
    openSessions: count('Sessions that are open, hibernated ones not counted.'),
    connections: count('Sockets and event streams at a time.'),
    runningTurns: count('Turns that run at a time; further ones wait.'),
    tokensPerDay: count('Tokens of models from midnight to midnight UTC.', 0),
    costMicrosPerDay: count('Cost of models in the same time, in millionths of the currency.', 0),
    fileBytes: z
      .int()
      .min(1)
      .max(LIMITS.fileMostBytes)
      .meta({ description: 'Bytes of one file.' })
      .exactOptional(),
    sessionFiles: count('Files in each session.', 0),
    storedBytes: count('Bytes of all files together.', 0),
    weight: z
      .number()
      .min(0.001)
      .max(tenantWeightMost)
      .meta({
        description:
          'Share where tasks of tenants wait for workers, and model calls for a free slot; default 1.',
      })
      .exactOptional(),
    retentionDays: z
      .int()
      .min(1)
      .max(LIMITS.retentionDaysMost)
      .meta({ description: 'Sessions that were closed for so many days are erased.' })
      .exactOptional(),
  })
  .meta({ id: 'TenantLimits' }) satisfies z.ZodType<TenantLimits>;

/** What changes of the limits of a tenant. */
export const limitsChangeSchema = z
  .strictObject(
    Object.fromEntries(
      Object.entries(tenantLimitsSchema.shape).map(([name, limit]) => [
        name,
        limit.unwrap().nullable().exactOptional(),
      ]),
    ),
  )
  .meta({ id: 'TenantLimitsChange' }) as z.ZodType<LimitsChange>; // safety: it has the fields of the schema above

/** What `CONVOKE_LIMITS` holds: limits of a tenant take the place of the default ones, one by one. */
export const limitsFileSchema = z.strictObject({
  default: tenantLimitsSchema.exactOptional(),
  tenants: z.record(z.string().regex(ID_PATTERN), tenantLimitsSchema).exactOptional(),
});
export type LimitsFile = z.infer<typeof limitsFileSchema>;
