/** Feedback, as answers tell it. */
import { z } from 'zod';
import type { FeedbackReply, GivenFeedback } from '../contracts/index.ts';
import { describes, ms } from './shapes.ts';

export const feedbackReply = describes<FeedbackReply>()(
  z
    .object({ session: z.string(), turn: z.string(), by: z.string(), status: z.literal('accepted') })
    .meta({ id: 'FeedbackReply', description: 'The feedback is persisted.' }),
);

export const givenFeedback = describes<GivenFeedback>()(
  z
    .object({
      turn: z.string(),
      step: z.string().optional().meta({ description: 'Absent: on the whole turn.' }),
      by: z.string().meta({ description: 'A subject, `application`, or `scorer:NAME`.' }),
      at: ms,
      thumb: z.enum(['up', 'down']).optional(),
      score: z.number().optional(),
      label: z.string().optional(),
      comment: z.string().optional(),
      retracted: z.literal(true).optional(),
      private: z.literal(true).optional(),
    })
    .meta({ id: 'Feedback', description: 'What somebody, or a scorer, says of a turn or a step.' }),
);
