/** A research team: three look at a question from three sides at once, one writes, one reviews until it is good. */
import { agent, defineConfig } from 'convoke';

/** `convoke dev` hands it on if there is a model. */
const hasModel = process.env['CONVOKE_MODEL'] !== undefined;

/** A model that does a part, or a script that plays it. */
const part = (instructions: string, say: string) =>
  hasModel ? agent.model({ instructions }) : agent.scripted({ say, paceMs: 25 });

const REVIEW =
  'You are strict. Accept only a text of at most three sentences that names a cause and a doubt.';

export default defineConfig({
  agents: {
    history: part(
      'Say in two sentences what the past teaches about the question.',
      'The Babylonians kept tide tables; Newton explained them.',
    ),
    science: part(
      'Say in two sentences what physics or biology has to say about the question.',
      'The moon pulls the near side of the sea more than the far side.',
    ),
    doubt: part(
      'Say in two sentences what is uncertain about the question.',
      'The shape of a coast matters more than most people think.',
    ),
    writer: part(
      'Answer the question with what the others have found, in at most three sentences.',
      'Tides have a cause, the moon, and a doubt: every coast makes its own.',
    ),
    // The team asks it for JSON: a script that accepts every second draft.
    editor: hasModel
      ? agent.model({ instructions: REVIEW })
      : agent.code(async ({ conversation }) => {
          const drafts = conversation.filter(({ name }) => name === 'writer').length;
          const remarks = 'Name a doubt.';
          return JSON.stringify(drafts % 2 === 0 ? { accepted: true } : { accepted: false, remarks });
        }),
  },
  teams: './teams.ts',
});
