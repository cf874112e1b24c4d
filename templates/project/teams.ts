/** The teams of this project: every function that is exported is one, under its name. */
import type { Team } from 'convoke/team';

/** The analyst looks at the message, the editor has the last word, even if the analyst has failed. */
export const review: Team = async ({ settle, say }) => {
  const { status } = await settle('analyst');
  if (status === 'failed') await say('The analyst is not available; here is the editor.');
  return { agent: 'editor' };
};
