/** The timeline of a message, as a schema for the description of the API. */
import { z } from 'zod';
import { SPANS } from '../contracts/index.ts';
import type { Timeline } from '../contracts/index.ts';
import { describes, list, ms } from './shapes.ts';

const stages = z.enum(['ingest', 'orchestrate', 'execute', 'deliver']);
const reasons = z.enum([
  'quota',
  'overload',
  'queue',
  'schedule',
  'worker',
  'slot',
  'provider',
  'retry',
  'approval',
  'person',
  'engine',
  'client',
]);

const name = z.enum(Object.keys(SPANS) as [keyof typeof SPANS]).meta({
  description: Object.entries(SPANS)
    .map(([each, { title }]) => `- \`${each}\`: ${title}`)
    .join('\n'),
});

const kind = z.enum(['work', 'wait', 'gap']).meta({ description: '`gap`: nothing was recorded for it.' });

/** Of a span, and of what was in front of a message. */
const what = {
  cause: z.object({ code: z.string(), message: z.string().optional() }).optional(),
  step: z.string().optional(),
  agent: z.string().optional(),
  tool: z.string().optional(),
  process: z.string().optional().meta({ description: '`pid@host`; told to `operate`.' }),
  limit: z.string().optional().meta({ description: 'Told to `operate`, with `most` and `used`.' }),
  most: z.number().optional().meta({ description: 'The limit itself.' }),
  used: z.number().optional().meta({ description: 'In use when it began to wait.' }),
  holders: list(z.object({ session: z.string(), turn: z.string() }))
    .optional()
    .meta({
      description:
        'Turns that hold the places for which it waits now, some of them if there are many; told to `operate`.',
    }),
  needs: z.string().optional().meta({
    description: 'What a worker must have for it, such as `agent.<name>`; told to `operate`.',
  }),
  provider: z.string().optional().meta({ description: 'The model endpoint; told to `operate`.' }),
  model: z.string().optional().meta({ description: 'Told to `operate`.' }),
};

const span = z.object({
  ...{ stage: stages, name, kind },
  startedAt: ms,
  endedAt: ms.optional(),
  ms: z.number().meta({ description: 'How long, up to now if it goes on.' }),
  reason: reasons.optional(),
  turn: z.string().optional(),
  attempt: z.number().optional(),
  ...what,
  aside: z
    .literal(true)
    .optional()
    .meta({ description: 'A connection that the answer was not late for: it came later, or is another’s.' }),
  connection: z
    .object({ id: z.string(), kind: z.enum(['socket', 'stream']), subject: z.string().optional() })
    .optional(),
  behind: list(z.string()).optional().meta({ description: 'Turns that it waited for.' }),
  front: list(
    z.object({
      turn: z.string(),
      ms: z.number(),
      by: z.object({ name, kind, ms: z.number(), reason: reasons.optional(), ...what }).optional(),
    }),
  )
    .optional()
    .meta({ description: 'What these turns did or waited for longest meanwhile, as far as that is known.' }),
  by: list(z.string()).optional(),
  times: z.number().optional(),
  crossesHosts: z
    .literal(true)
    .optional()
    .meta({ description: 'Its ends are by the clocks of two hosts: `ms` is as exact as these agree.' }),
  clampedMs: z
    .number()
    .optional()
    .meta({ description: 'By these clocks it would have ended so long before it began.' }),
});

export const timelineReply = describes<Timeline>()(
  z
    .object({
      session: z.string(),
      messageId: z.string(),
      status: z.enum([
        'accepted',
        'scheduled',
        'queued',
        'published',
        'superseded',
        'rejected',
        'running',
        'completed',
        'failed',
        'cancelled',
      ]),
      turn: z.string().optional(),
      failure: z
        .object({ code: z.string(), title: z.string(), detail: z.string() })
        .optional()
        .meta({ description: 'Why its turn failed, or it was rejected.' }),
      from: ms,
      until: ms,
      ms: z.number(),
      spans: list(span),
      longest: z.number().optional().meta({ description: 'Index of the span that took longest.' }),
      truncated: z.literal(true).optional(),
      gateways: z
        .object({ asked: z.number(), answered: z.number() })
        .optional()
        .meta({ description: 'Told to `operate`: who was asked about delivery, and has answered in time.' }),
    })
    .meta({ id: 'Timeline', description: 'The way of a message, and what held it up.' }),
);
