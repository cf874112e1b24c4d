/** A writer, a jury, and the team that makes them one: see teams.ts. */
import { agent, defineConfig } from 'convoke';

/** `convoke dev` hands it on if there is a model. */
const hasModel = process.env['CONVOKE_MODEL'] !== undefined;

/** A juror of the script likes nothing before the second draft. */
const juror = (taste: string) =>
  hasModel
    ? agent.model({ instructions: `You are on a jury. ${taste}` })
    : agent.code(async ({ conversation }) => {
        const drafts = conversation.filter(({ name }) => name === 'writer').length;
        return JSON.stringify({ good: drafts % 2 === 0, why: taste });
      });

export default defineConfig({
  agents: {
    writer: hasModel
      ? agent.model({ instructions: 'Write one slogan for what the user names, and nothing else.' })
      : agent.scripted({ say: 'Nothing beats {{message}}.', paceMs: 25 }),
    anna: juror('You like it short.'),
    bert: juror('You like it true.'),
    cleo: juror('You like it funny.'),
    announcer: hasModel
      ? agent.model({ instructions: 'Announce the slogan that the jury has chosen, in one sentence.' })
      : agent.scripted({ say: 'The jury has decided.', paceMs: 25 }),
  },
  teams: './teams.ts',
});
