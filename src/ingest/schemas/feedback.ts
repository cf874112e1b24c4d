/** Feedback. */
import { z } from 'zod';
import { LIMITS } from '../../contracts/index.ts';
import type { FeedbackRequest } from '../../contracts/index.ts';
import { idSchema, personName, stepSchema, text, turnSchema } from './common.ts';

const SAID = ['thumb', 'score', 'label', 'comment'] as const;

/** Something is said, or taken back; a step is one of the turn. */
function check(value: FeedbackRequest, context: z.RefinementCtx): void {
  const { turn, step, retracted } = value;
  const said = SAID.filter((name) => value[name] !== undefined);
  if (said.length === 0 && !retracted)
    context.addIssue({ code: 'custom', message: `give at least one of ${SAID.join(', ')}` });
  if (retracted)
    for (const name of said)
      context.addIssue({ code: 'custom', path: [name], message: 'leave it out with retracted' });
  if (step !== undefined && !step.startsWith(`${turn}.`))
    context.addIssue({ code: 'custom', path: ['step'], message: `must be a step of ${turn}` });
}

export const feedbackSchema = z
  .strictObject({
    turn: turnSchema,
    step: stepSchema.meta({ description: 'A step of the turn; default: the whole turn.' }).exactOptional(),
    thumb: z.enum(['up', 'down']).exactOptional(),
    score: z.number().min(0).max(1).meta({ description: '0 (worst) to 1 (best).' }).exactOptional(),
    label: idSchema.meta({ description: 'An id.', examples: ['wrong-tool'] }).exactOptional(),
    comment: text(LIMITS.commentChars).exactOptional(),
    retracted: z
      .literal(true)
      .meta({ description: 'Takes back what the same giver has said of it before.' })
      .exactOptional(),
    private: z
      .literal(true)
      .meta({ description: 'Only its giver, keys, and tokens with `operate` are told.' })
      .exactOptional(),
    feedbackId: text(LIMITS.feedbackIdChars)
      .meta({ description: 'Names this feedback: a repeat takes effect once.' })
      .exactOptional(),
    from: personName
      .meta({ description: 'Who gives it, if it comes with a key; default: `application`.' })
      .exactOptional(),
  })
  .superRefine(check)
  .meta({
    id: 'FeedbackRequest',
    description:
      'Feedback on a turn or a step: at least one of `thumb`, `score`, `label`, `comment`, or `retracted`.',
    examples: [{ turn: 't1', thumb: 'down', label: 'wrong-tool', comment: 'That is last year’s price.' }],
  }) satisfies z.ZodType<FeedbackRequest>;
