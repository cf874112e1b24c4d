import type { Team } from 'convoke/team';

const PARTS = ['opening', 'main part', 'end'];

/**
 * The writer is asked for one part after the other. What people say meanwhile with the policy `steer` it is shown before the next part; what
 * comes too late for the last one gets a turn of its own.
 */
export const article: Team<{ parts?: string[] }> = async ({ ask, options: { parts = PARTS } }) => {
  for (const part of parts) await ask('writer', { task: `Write the ${part}, and nothing else.` });
};
