import { TeamOptions } from './options.ts';
import type { Team } from './team.ts';

const REVIEW = {
  type: 'object',
  properties: { accepted: { type: 'boolean' }, remarks: { type: 'string' } },
  required: ['accepted'],
};

/**
 * One agent drafts, another reviews, and the first revises until the review accepts it. Options: `writer` and `critic` (default: the first two
 * agents), `rounds` of review (default 3, at most 10); after the last of them the draft stands as it is.
 */
export const critic: Team = async (context) => {
  const options = new TeamOptions(context, ['writer', 'critic', 'rounds']);
  const writer = options.role('writer', 0);
  const reviewer = options.role('critic', 1);
  await context.ask(writer);
  for (let round = options.count('rounds', 3, 10); round > 0; round -= 1) {
    const { data } = await context.ask(reviewer, {
      task: 'Review the newest draft: accept it, or say what must change.',
      output: REVIEW,
    });
    const { accepted } = data as { readonly accepted: boolean }; // safety: an answer fits its schema
    if (accepted) return;
    const input = { task: 'Revise your draft after this review. Answer with the whole new draft.' };
    if (round === 1) return { agent: writer, input };
    await context.ask(writer, input);
  }
  return undefined;
};
